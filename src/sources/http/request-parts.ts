import type { Intake, Unreadable } from '../../ports/runtime.ts';

const LINE_FEED = 10;
/** What an unreadable record takes in a request besides its text and its reason, about. */
const UNREADABLE_HEAD_BYTES = 200;

/** How much of a batch goes into one request: so much of its lines, and as much of what could not be read. */
export interface PartLimits {
  readonly bytesMax: number;
  readonly countMax: number;
}

/** Less than half of what a Daybook takes in one request. */
const LIMITS: PartLimits = { bytesMax: 7 * 1024 * 1024, countMax: 100_000 };

/**
 * A batch in parts that each fit into a request, in order; almost always it is one. A line above the limit is the only
 * one of its part.
 */
export function* requestParts(intake: Intake, limits: PartLimits = LIMITS): Generator<Intake> {
  const { origin, lines, firstLine = 1, unreadable = [], originalsFollow } = intake;
  const pieces = [...linePieces(lines, limits)];
  // So that nobody has to count them again to number those that follow.
  intake.linesCounted?.(pieces.reduce((sum, { count }) => sum + count, 0));
  const groups = [...unreadableGroups(unreadable, limits)];
  let line = firstLine;
  for (let index = 0; index < Math.max(pieces.length, groups.length); index++) {
    const piece = pieces[index] ?? { lines: new Uint8Array(), count: 0 };
    const part = { origin, lines: piece.lines, firstLine: line, unreadable: groups[index] ?? [] };
    yield { ...part, ...(originalsFollow === true && { originalsFollow }) };
    line += piece.count;
  }
}

/** Whole lines, at least one piece. */
function* linePieces(
  lines: Uint8Array,
  { bytesMax, countMax }: PartLimits,
): Generator<{ readonly lines: Uint8Array; readonly count: number }> {
  let start = 0;
  do {
    let end = start;
    let count = 0;
    while (end < lines.length && count < countMax) {
      const next = lines.indexOf(LINE_FEED, end) + 1 || lines.length;
      if (next - start > bytesMax && count > 0) break;
      end = next;
      count++;
    }
    yield { lines: lines.subarray(start, end), count };
    start = end;
  } while (start < lines.length);
}

/** At least one group. */
function* unreadableGroups(
  unreadable: readonly Unreadable[],
  { bytesMax, countMax }: PartLimits,
): Generator<readonly Unreadable[]> {
  let group: Unreadable[] = [];
  let bytes = 0;
  for (const each of unreadable) {
    // In the head, which is JSON, a record in JSON takes up to twice its bytes.
    const convertedBytes = 2 * Buffer.byteLength(each.converted ?? '');
    const size =
      Buffer.byteLength(each.record) + Buffer.byteLength(each.reason) + convertedBytes + UNREADABLE_HEAD_BYTES;
    if (group.length > 0 && (group.length === countMax || bytes + size > bytesMax)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(each);
    bytes += size;
  }
  yield group;
}
