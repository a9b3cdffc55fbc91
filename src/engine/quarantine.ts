import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { present } from '../base/assert.ts';
import type { Log, LogPosition } from '../ports/log.ts';
import type { Origin, QuarantineEntry, QuarantinePage, Refusal } from '../ports/runtime.ts';

const LINE_FEED = 10;

/** An entry as the log keeps it; its id is its place in the quarantine. */
type StoredEntry = Omit<QuarantineEntry, 'id'>;

/** A record that was refused, with its bytes as they came. */
export interface Refused {
  readonly refusal: Refusal;
  readonly line: number;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
}

/** So many entries stand in a frame of the log. */
interface FrameEntries {
  readonly at: LogPosition;
  readonly count: number;
}

/** What a checkpoint keeps of the quarantine. */
export interface QuarantineFacts {
  /** Frames with entries, in the log's order. */
  readonly frames: readonly FrameEntries[];
  readonly known: readonly string[];
}

/**
 * The index of what was refused; the records themselves stay in the log. The same bytes refused twice are kept once, so
 * that a batch sent again, or a file imported again, changes nothing here either.
 */
export class Quarantine {
  readonly #frames: FrameEntries[];
  readonly #known: Set<string>;
  #size: number;

  constructor(facts: QuarantineFacts = { frames: [], known: [] }) {
    this.#frames = [...facts.frames];
    this.#known = new Set(facts.known);
    this.#size = this.#frames.reduce((sum, { count }) => sum + count, 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Those whose bytes were not refused before, each once. `fingerprints` go to `add` once they are durable. */
  pick(refused: readonly Refused[]): { readonly picked: readonly Refused[]; readonly fingerprints: readonly string[] } {
    const fresh = new Map<string, Refused>();
    for (const each of refused) {
      const fingerprint = fingerprintOf(each.bytes);
      if (!this.#known.has(fingerprint) && !fresh.has(fingerprint)) fresh.set(fingerprint, each);
    }
    return { picked: [...fresh.values()], fingerprints: [...fresh.keys()] };
  }

  /** Remembers entries that stand in a frame of the log. */
  add(at: LogPosition, fingerprints: readonly string[]): void {
    if (fingerprints.length === 0) return;
    for (const fingerprint of fingerprints) this.#known.add(fingerprint);
    this.#frames.push({ at, count: fingerprints.length });
    this.#size += fingerprints.length;
  }

  /** Remembers the entries of a frame that was read from the log. */
  addStored(at: LogPosition, lines: Uint8Array): void {
    this.add(
      at,
      parseEntries(lines).map((entry) => fingerprintOf(Buffer.from(entry.record, entry.encoding))),
    );
  }

  /** Entries, newest first. Each frame that has some of them is read once. */
  async page(log: Log, limit: number, offset: number): Promise<QuarantinePage> {
    const total = this.#size;
    const newestId = total - offset;
    const oldestId = Math.max(1, newestId - limit + 1);
    const entries: QuarantineEntry[] = [];
    let above = total;
    for (let index = this.#frames.length - 1; index >= 0 && above >= oldestId; index--) {
      const { at, count } = present(this.#frames[index], 'the index is below the length');
      const first = above - count + 1;
      const from = Math.max(first, oldestId);
      const to = Math.min(above, newestId);
      if (from <= to) {
        const { quarantine } = await log.readFrame(at);
        const stored = parseEntries(quarantine, from - first, to - first + 1);
        stored.toReversed().forEach((entry, place) => entries.push({ id: to - place, ...entry }));
      }
      above -= count;
    }
    return { total, entries };
  }

  /** What a checkpoint needs. */
  save(): QuarantineFacts {
    return { frames: [...this.#frames], known: [...this.#known] };
  }
}

/** Refused records as lines of JSON, for a frame. */
export function printEntries(refused: readonly Refused[], atMs: number): Uint8Array {
  const lines = refused.map(({ refusal, line, origin, bytes }) => {
    const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
    const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
    const entry: StoredEntry = { atMs, origin, line, ...refusal, record, encoding };
    return `${JSON.stringify(entry)}\n`;
  });
  return Buffer.from(lines.join(''));
}

/** Entries `from` to `to - 1` of those that stand in lines; others are not parsed. */
function parseEntries(lines: Uint8Array, from = 0, to = Infinity): readonly StoredEntry[] {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const entries: StoredEntry[] = [];
  for (let start = 0, index = 0; start < bytes.length && index < to; index++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (index >= from) entries.push(JSON.parse(bytes.toString('utf8', start, end)) as StoredEntry);
    start = end + 1;
  }
  return entries;
}

function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
