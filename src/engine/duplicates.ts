import type { Clock } from '../ports/clock.ts';
import type { Duplicate, DuplicatePage } from '../ports/explanation.ts';
import type { RecordColumns } from '../record/columns.ts';
import type { WaitingBatch } from './group.ts';

/** So many of the newest are kept, and of one batch no more than so many: a file that comes again is one story. */
const KEPT_MAX = 5_000;
const KEPT_OF_A_BATCH = 500;
/** Longer records are cut: what they repeat is in the log. */
const TEXT_BYTES_MAX = 4_096;

type KeptRepeat = Omit<Duplicate, 'key'>;

/**
 * Repeats that were left out, for people to look at: the newest of them, since the start. How many there have been is
 * in the log.
 */
export class Duplicates {
  readonly #clock: Clock;
  readonly #primaryKey: string;
  /** Oldest first; those behind the first `KEPT_MAX` are dropped now and then. Their keys are read when somebody asks. */
  #entries: KeptRepeat[] = [];

  constructor(clock: Clock, primaryKey: string) {
    this.#clock = clock;
    this.#primaryKey = primaryKey;
  }

  /**
   * Notes what of a group was left out.
   * @param known   how many duplicates there were before the group
   * @param offset  the log's next offset before it
   */
  note(batches: readonly WaitingBatch[], known: number, offset: number): void {
    let id = known;
    for (const { columns, claim, intake } of batches) {
      const { picked } = claim;
      const count = columns.count - picked.length;
      if (count === 0) continue;
      id += count;
      const atMs = this.#clock.nowMs();
      const before = (intake.firstLine ?? 1) - 1;
      leftOut(columns, picked, KEPT_OF_A_BATCH).forEach((record, place) => {
        const line = (columns.lines[record] as number) + before;
        this.#entries.push({
          id: id - count + place + 1,
          atMs,
          origin: intake.origin,
          line,
          offset,
          record: textOf(columns, record),
        });
      });
    }
    if (this.#entries.length > KEPT_MAX * 2) this.#entries = this.#entries.slice(-KEPT_MAX);
  }

  page(total: number, limit: number, offset: number): DuplicatePage {
    const kept = this.#entries.slice(-KEPT_MAX).toReversed();
    return { total, kept: kept.length, entries: kept.slice(offset, offset + limit).map((each) => this.#told(each)) };
  }

  /** Those of some primary keys, newest first. */
  of(keys: ReadonlySet<string>): readonly Duplicate[] {
    const told = this.#entries.map((each) => this.#told(each));
    return told.filter(({ key }) => keys.has(key)).toReversed();
  }

  #told(repeat: KeptRepeat): Duplicate {
    return { ...repeat, key: keyIn(repeat.record, this.#primaryKey) };
  }
}

/** The first records that are not among those picked. */
function leftOut({ count }: RecordColumns, picked: Int32Array, most: number): readonly number[] {
  const wanted = Math.min(most, count - picked.length);
  const left: number[] = [];
  for (let record = 0, at = 0; left.length < wanted; record++) {
    if (at < picked.length && picked[at] === record) at++;
    else left.push(record);
  }
  return left;
}

function textOf({ bytes, starts, ends }: RecordColumns, record: number): string {
  const start = starts[record] as number;
  const end = Math.min(ends[record] as number, start + TEXT_BYTES_MAX);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** The primary key as UUIDs are compared; the record was accepted as one, so it has it, unless it was cut. */
function keyIn(text: string, primaryKey: string): string {
  try {
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return String(parsed[primaryKey]).toLowerCase();
  } catch (error) {
    if (error instanceof SyntaxError) return '';
    throw error;
  }
}
