import { present } from '../../base/assert.ts';
import type { QuarantineEntry, QuarantinePage, QuarantineQuery } from '../../ports/runtime.ts';

const ENTRIES_AT_ONCE = 500;

/**
 * The oldest `total` entries of a quarantine, oldest first, each once, though more come in meanwhile: its pages are counted
 * from the newest one. One of which a page has the start alone is asked for by itself.
 */
export async function* oldestFirst(
  read: (query: QuarantineQuery) => Promise<QuarantinePage>,
  total: number,
): AsyncGenerator<readonly QuarantineEntry[]> {
  let given = 0;
  let givenId = 0;
  let known = total;
  /** How many may come in between two pages. */
  let margin = 0;
  while (given < total) {
    // One more than is wanted: where the last one that was given is not on the page, others lie between.
    const offset = Math.max(0, known - given - ENTRIES_AT_ONCE + margin);
    const page = await read({ limit: ENTRIES_AT_ONCE + 1, offset });
    known = page.total;
    const next = page.entries.filter(({ id }) => id > givenId).toReversed();
    const [first] = next;
    if (first === undefined) return;
    if (next.length > ENTRIES_AT_ONCE) {
      // With a larger one, a page on top of which nothing comes would have nothing new.
      margin = Math.min(2 * margin + 1, ENTRIES_AT_ONCE - 1);
      continue;
    }
    const entries = next.slice(0, total - given);
    yield* whole(read, entries);
    given += entries.length;
    givenId = entries.at(-1)?.id ?? givenId;
  }
}

/** The entries in their order; long ones are by themselves, so that one of them is held at a time. */
async function* whole(
  read: (query: QuarantineQuery) => Promise<QuarantinePage>,
  entries: readonly QuarantineEntry[],
): AsyncGenerator<readonly QuarantineEntry[]> {
  let short: QuarantineEntry[] = [];
  for (const entry of entries) {
    if (entry.cutFrom === undefined) {
      short.push(entry);
      continue;
    }
    if (short.length > 0) yield short;
    short = [];
    const alone = await read({ id: entry.id });
    yield [present(alone.entries[0], 'what was refused stays in the quarantine')];
  }
  if (short.length > 0) yield short;
}
