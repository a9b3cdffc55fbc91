import type { FieldPlan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Duplicate, DuplicatePage } from '../ports/explanation.ts';
import type { RecordColumns } from '../record/columns.ts';
import type { WaitingBatch } from './group.ts';

/** So many of the newest are kept, and of one batch no more than so many: a file that comes again is one story. */
const KEPT_MAX = 5_000;
const KEPT_OF_A_BATCH = 500;
/** Longer records are cut: what they repeat is in the log. */
const TEXT_BYTES_MAX = 4_096;

/** A repeat as it is kept; its record is read when somebody asks. */
interface KeptRepeat extends Omit<Duplicate, 'key' | 'record'> {
  /** Holds the record from `start` to `end`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Repeats that were left out, for people to look at: the newest of them, since the start. How many there have been is
 * in the log.
 */
export class Duplicates {
  readonly #clock: Clock;
  readonly #primaryKey: FieldPlan;
  /** Oldest first; those behind the first `KEPT_MAX` are dropped now and then. */
  #entries: KeptRepeat[] = [];

  constructor(clock: Clock, primaryKey: FieldPlan) {
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
      const records = leftOut(columns, picked, KEPT_OF_A_BATCH);
      const bytes = copyOf(columns, records);
      let start = 0;
      records.forEach((record, place) => {
        const line = (columns.lines[record] as number) + before;
        const end = start + keptBytes(columns, record);
        this.#entries.push({
          id: id - count + place + 1,
          atMs,
          origin: intake.origin,
          line,
          offset,
          bytes,
          start,
          end,
        });
        start = end;
      });
    }
    if (this.#entries.length > KEPT_MAX * 2) this.#entries = this.#entries.slice(-KEPT_MAX);
  }

  page(total: number, limit: number, offset: number): DuplicatePage {
    const kept = this.#entries.slice(-KEPT_MAX).toReversed();
    return { total, kept: kept.length, entries: kept.slice(offset, offset + limit).map((each) => this.#told(each)) };
  }

  #told({ bytes, start, end, ...repeat }: KeptRepeat): Duplicate {
    const record = bytes.toString('utf8', start, end);
    return { ...repeat, record, key: keyIn(record, this.#primaryKey) };
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

/** The bytes of some records, one behind the other: outside of the heap, as hardly any of them is ever read. */
function copyOf(columns: RecordColumns, records: readonly number[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(records.reduce((sum, record) => sum + keptBytes(columns, record), 0));
  let at = 0;
  for (const record of records) {
    const start = columns.starts[record] as number;
    copy.set(columns.bytes.subarray(start, start + keptBytes(columns, record)), at);
    at += keptBytes(columns, record);
  }
  return copy;
}

function keptBytes({ starts, ends }: RecordColumns, record: number): number {
  return Math.min((ends[record] as number) - (starts[record] as number), TEXT_BYTES_MAX);
}

/**
 * The primary key of an accepted record, spelled alike for all that have it: a UUID's letters may be large or small, a
 * text's may not. Empty where the record was cut.
 */
export function keyIn(record: string, { name, kind }: FieldPlan): string {
  try {
    const key = String((JSON.parse(record) as Readonly<Record<string, unknown>>)[name]);
    return kind === 'uuid' ? key.toLowerCase() : key;
  } catch (error) {
    if (error instanceof SyntaxError) return '';
    throw error;
  }
}
