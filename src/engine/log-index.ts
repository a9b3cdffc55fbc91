import type { Plan } from '../plan/plan.ts';
import type { Log, LogPosition, StoredFrame } from '../ports/log.ts';
import type { RecordColumns } from '../record/columns.ts';
import { dayScanner } from '../record/day-scanner.ts';
import type { Scanner } from '../record/scanner.ts';

/** A block of the log is closed with this many bytes of records: what is read at least to find one record. */
const BLOCK_BYTES = 512 * 1024;
/** A block with more different days than this is only known by its first and last. */
const DAYS_MAX = 8;

/** A stretch of the log: frames from a place on, up to the next block. */
interface Block {
  readonly from: LogPosition;
  readonly firstOffset: number;
  nextOffset: number;
  bytes: number;
  firstDay: number;
  lastDay: number;
  /** Undefined: too many. */
  days: Set<number> | undefined;
}

/**
 * Says which stretches of the log hold records of a day, or an offset. It reads the log by itself when it is first asked,
 * and what has come since when it is asked again, so that those who write records pay nothing for it.
 */
export class LogIndex {
  readonly #log: Log;
  readonly #scanner: Scanner;
  readonly #blocks: Block[] = [];
  #next: LogPosition | undefined;
  #reading: Promise<void> | undefined;

  constructor(log: Log, plan: Plan) {
    this.#log = log;
    this.#scanner = dayScanner(plan);
  }

  /** Takes in what the log has by now. @param signal ends it early; what was read so far is kept */
  async refresh(signal: AbortSignal): Promise<void> {
    while (this.#reading !== undefined) await this.#reading;
    if (signal.aborted) return;
    this.#reading = this.#read(signal);
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Frames that may hold a record which passes, of the range of offsets, in log order. */
  async *frames(wanted: {
    readonly fromOffset: number;
    readonly toOffset: number;
    /** Whether records of a day are wanted; all unless told. */
    readonly days?: { readonly first: number; readonly last: number };
  }): AsyncGenerator<StoredFrame> {
    const { fromOffset, toOffset, days } = wanted;
    for (let index = this.#blockOf(fromOffset); index < this.#blocks.length; index++) {
      const block = this.#blocks[index] as Block;
      if (block.firstOffset >= toOffset) return;
      if (days !== undefined && !holdsAny(block, days)) continue;
      // Neighbours are read in one go, as opening a segment costs more than a block.
      let last = block;
      while (index + 1 < this.#blocks.length) {
        const next = this.#blocks[index + 1] as Block;
        if (next.firstOffset >= toOffset || (days !== undefined && !holdsAny(next, days))) break;
        last = next;
        index++;
      }
      for await (const frame of this.#log.read(block.from)) {
        if (frame.firstOffset >= last.nextOffset || frame.firstOffset >= toOffset) break;
        if (frame.firstOffset + frame.recordCount > fromOffset) yield frame;
      }
    }
  }

  /** From which offset the log has to be read to find the record at another one. */
  startAt(offset: number): number {
    // The log may begin with offsets that have no record.
    return Math.min(offset, this.#blocks[this.#blockOf(offset)]?.firstOffset ?? offset);
  }

  /** The last block that begins at or before an offset. */
  #blockOf(offset: number): number {
    let [low, high] = [0, this.#blocks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle] as Block).firstOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  async #read(signal: AbortSignal): Promise<void> {
    for await (const frame of this.#log.read(this.#next)) {
      if (frame.recordCount > 0) this.#add(frame, this.#scanner.scan(frame.records, 1).columns);
      this.#next = frame.next;
      if (signal.aborted) return;
    }
  }

  #add(frame: StoredFrame, { days, count }: RecordColumns): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.bytes >= BLOCK_BYTES || block.from.segment !== frame.at.segment) {
      const [firstDay, lastDay] = [Infinity, -Infinity];
      const { firstOffset, at } = frame;
      block = { from: at, firstOffset, nextOffset: firstOffset, bytes: 0, firstDay, lastDay, days: new Set() };
      this.#blocks.push(block);
    }
    block.nextOffset = frame.firstOffset + frame.recordCount;
    block.bytes += frame.records.length;
    for (let record = 0; record < count; record++) {
      const day = days[record] as number;
      block.firstDay = Math.min(block.firstDay, day);
      block.lastDay = Math.max(block.lastDay, day);
      block.days?.add(day);
    }
    if (block.days !== undefined && block.days.size > DAYS_MAX) block.days = undefined;
  }
}

function holdsAny(block: Block, { first, last }: { readonly first: number; readonly last: number }): boolean {
  if (block.lastDay < first || block.firstDay > last) return false;
  return block.days === undefined || [...block.days].some((day) => day >= first && day <= last);
}
