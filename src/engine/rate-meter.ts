import type { Clock } from '../ports/clock.ts';

const SECONDS = 60;
/** The last seconds, and the present one. */
const SLOTS = SECONDS + 1;

/** Counts records by the second, for the last minute. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #counts = new Float64Array(SLOTS);
  #second: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#second = Math.floor(clock.nowMs() / 1000);
  }

  add(records: number): void {
    this.#turn();
    const slot = this.#second % SLOTS;
    this.#counts[slot] = (this.#counts[slot] as number) + records;
  }

  /** Records of each of the last 60 whole seconds, oldest first; the present second is not in it. */
  perSecond(): readonly number[] {
    this.#turn();
    return Array.from({ length: SECONDS }, (_, i) => this.#counts[(this.#second + 1 + i) % SLOTS] as number);
  }

  /** Moves on to the present second and clears those that nothing was counted in. */
  #turn(): void {
    const now = Math.floor(this.#clock.nowMs() / 1000);
    // A clock that was set back, and not by the seconds that clocks are put right by.
    if (now < this.#second - SECONDS) {
      this.#counts.fill(0);
      this.#second = now;
    }
    const passed = Math.min(SLOTS, Math.max(0, now - this.#second));
    for (let i = 1; i <= passed; i++) this.#counts[(this.#second + i) % SLOTS] = 0;
    this.#second = Math.max(now, this.#second);
  }
}
