import type { Clock } from '../ports/clock.ts';
import type { Frame } from '../ports/rows.ts';
import type { EngineState } from './state.ts';

/** At most one frame in so many ms, so that a stream of single sales costs its readers little. */
const FRAME_INTERVAL_MS = 50;
/** Behind a longer pause, what comes in so many ms is told: who sees one sale an hour need not wait longer. */
const FIRST_FRAME_MS = 5;
/** A frame with more changed rows in a report says only that there are many; reading the report is cheaper then. */
const ROWS_MAX = 2_000;

/** Tells listeners what changed: one frame for all that changed since the last. */
export class FrameFeed {
  readonly #state: EngineState;
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #onSent: () => void;
  readonly #listeners = new Set<(frame: Frame) => void>();
  #offset = 0;
  #scheduled = false;
  #sentMs = -Infinity;

  /** @param onSent  told when a frame is due, also when nobody listens */
  constructor(state: EngineState, clock: Clock, closing: AbortSignal, onSent: () => void) {
    this.#state = state;
    this.#clock = clock;
    this.#closing = closing;
    this.#onSent = onSent;
  }

  subscribe(listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says that the reports are now as of `offset`; the frame follows soon, and holds what else comes until then. */
  changed(offset: number): void {
    this.#offset = offset;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A clock that was set back says that the last one is still to come.
    const sinceMs = Math.max(0, this.#clock.nowMs() - this.#sentMs);
    void this.#clock.sleep(Math.max(FIRST_FRAME_MS, FRAME_INTERVAL_MS - sinceMs), this.#closing).then(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** Forgets what changed so far: nobody has seen anything before it. */
  forget(): void {
    for (const report of this.#state.plan.reports) this.#state.takeChanges(report, 0);
  }

  #send(): void {
    this.#sentMs = this.#clock.nowMs();
    this.#onSent();
    if (this.#listeners.size === 0) return this.forget();
    const reports = this.#state.plan.reports.map((report) => ({
      report,
      rows: this.#state.takeChanges(report, ROWS_MAX),
    }));
    const frame: Frame = {
      offset: this.#offset,
      atMs: this.#clock.nowMs(),
      reports: reports.filter(({ rows }) => rows === undefined || rows.length > 0),
    };
    for (const listener of this.#listeners) listener(frame);
  }
}
