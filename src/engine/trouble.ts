import type { Clock } from '../ports/clock.ts';

/** How often a disk that failed is tried again while nobody writes. */
const RETRY_MS = 5_000;

export interface TroubleOptions {
  readonly clock: Clock;
  /** Writes something, so that the trouble ends when its cause does. */
  readonly retry: () => Promise<void>;
  /** Ends the trying. */
  readonly signal: AbortSignal;
}

/** What keeps an engine from writing: from the first failure until a write succeeds. */
export class Trouble {
  readonly #options: TroubleOptions;
  #text: string | undefined;
  #isRetried = false;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Why nothing can be accepted at present; undefined when all is well. */
  get text(): string | undefined {
    return this.#text;
  }

  note(error: unknown): void {
    this.#text = error instanceof Error ? error.message : String(error);
  }

  end(): void {
    this.#text = undefined;
  }

  /** Tries a write now and then for as long as there is trouble. */
  async retryUntilWell(): Promise<void> {
    if (this.#isRetried) return;
    const { clock, retry, signal } = this.#options;
    this.#isRetried = true;
    while (this.#text !== undefined && !signal.aborted) {
      await clock.sleep(RETRY_MS, signal);
      if (!signal.aborted) await retry().catch((error: unknown) => this.note(error));
    }
    this.#isRetried = false;
  }
}
