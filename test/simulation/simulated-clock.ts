import type { Clock } from '../../src/ports/clock.ts';

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A process's clock, on which time passes when it is told to. */
export class SimulatedClock implements Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** When the next sleeper wakes; undefined when nobody sleeps. */
  get wakesAtMs(): number | undefined {
    return this.#sleepers.reduce<number | undefined>(
      (first, { wakesAtMs }) => (first === undefined || wakesAtMs < first ? wakesAtMs : first),
      undefined,
    );
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { wakesAtMs: this.#nowMs + ms, wake: resolve };
    this.#sleepers.push(sleeper);
    signal?.addEventListener('abort', () => {
      this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
      resolve();
    });
    await promise;
  }

  /** Lets so much time pass; those whose time has come wake in its order. */
  pass(ms: number): void {
    this.#nowMs += ms;
    const awake = this.#sleepers.filter(({ wakesAtMs }) => wakesAtMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ wakesAtMs }) => wakesAtMs > this.#nowMs);
    for (const { wake } of awake.toSorted((a, b) => a.wakesAtMs - b.wakesAtMs)) wake();
  }
}
