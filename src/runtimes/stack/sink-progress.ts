import type { Logger } from 'pino';
import type { Clock } from '../../ports/clock.ts';

const TOLD_EVERY_MS = 10_000;

/** What one write brought. */
export interface Written {
  readonly rows: number;
  readonly amendments?: number;
  readonly quarantined?: number;
  readonly duplicates?: number;
  /** The frame that it completed. */
  readonly frame?: number | undefined;
  readonly tookMs: number;
}

/** What a sink has done since it was started: told in its log now and then, and to whoever asks for its metrics. */
export class SinkProgress {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #toldAtMs: number;
  rows = 0;
  writes = 0;
  amendments = 0;
  quarantined = 0;
  duplicates = 0;
  frame = 0;
  writingMs = 0;
  /** Messages that are in the topics and were not read yet. */
  lag = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#toldAtMs = clock.nowMs();
  }

  wrote({ rows, amendments = 0, quarantined = 0, duplicates = 0, frame, tookMs }: Written): void {
    this.writes++;
    this.rows += rows;
    this.amendments += amendments;
    this.quarantined += quarantined;
    this.duplicates += duplicates;
    this.writingMs += tookMs;
    if (frame !== undefined) this.frame = frame;
    if (this.#clock.nowMs() - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = this.#clock.nowMs();
    const { writes, lag } = this;
    this.#logger.info(
      { rows: this.rows, writes, duplicates: this.duplicates, quarantined: this.quarantined, frame: this.frame, lag },
      'progress',
    );
  }
}
