/** What a restart may have to read again, at least: about a second's work. */
const RECORDS_MIN = 1_000_000;
/**
 * A checkpoint is written once so many times its bytes have gone to the log, which are a third of the records' bytes: so all of
 * them cost a fixed share of what records do.
 */
const LOG_BYTES_PER_BYTE = 0.75;
/** When little comes in, a small one is written after a minute; larger ones after longer, in proportion. */
const INTERVAL_MS = 60_000;
const SMALL_BYTES = 16 * 1024 * 1024;

/** Where the engine is. */
export interface Progress {
  readonly offset: number;
  /** Of all frames up to the offset. */
  readonly logBytes: number;
  readonly nowMs: number;
}

/** Says when the next checkpoint is due. */
export class CheckpointSchedule {
  #last: Progress;
  #lastBytes: number;

  /** @param last  where the engine was at the newest checkpoint, or when it began with none */
  constructor(last: Progress, lastBytes: number) {
    this.#last = last;
    this.#lastBytes = lastBytes;
  }

  isDue({ offset, logBytes, nowMs }: Progress): boolean {
    const waitMs = INTERVAL_MS * Math.max(1, this.#lastBytes / SMALL_BYTES);
    const waitedMs = nowMs - this.#last.nowMs;
    if (waitedMs >= waitMs || waitedMs < 0) return true;
    if (offset - this.#last.offset < RECORDS_MIN) return false;
    return logBytes - this.#last.logBytes >= LOG_BYTES_PER_BYTE * this.#lastBytes;
  }

  /** Notes that one is written; should it fail, the next is as far off as if it had not. */
  begun(at: Progress, bytes: number): void {
    this.#last = at;
    this.#lastBytes = bytes;
  }
}
