import type { Clock } from '../ports/clock.ts';

/** How often a disk that failed is tried again while nobody writes. */
const RETRY_MS = 5_000;

/** The parts of an engine that write, with what it means when they cannot. */
const MEANINGS = {
  Log: 'Nothing can be accepted at present.',
  Keys: 'Primary keys cannot leave memory.',
  Quarantine: 'It cannot be written which refused records were put right; after a start those would be open again.',
  Checkpoints: 'No checkpoint can be written; a start reads more of the log without it.',
  'Day files': 'Files of closed days cannot be written; reports are not concerned.',
} as const;

export type WritingPart = keyof typeof MEANINGS;

export interface TroubleOptions {
  readonly clock: Clock;
  /** Has all parts try again that do not by themselves, so that their trouble ends when its cause does; they say what fails. */
  readonly retry: () => Promise<void>;
  /** Ends the trying. */
  readonly signal: AbortSignal;
  /** Told in a sentence when a part cannot write, and when it can again. */
  readonly onNotice: (sentence: string) => void;
}

/** What keeps parts of an engine from writing: of each, from its first failure until it succeeds. */
export class Trouble {
  readonly #options: TroubleOptions;
  readonly #reasons = new Map<WritingPart, string>();
  #isRetried = false;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Why a part cannot write at present; undefined when all is well with it. */
  of(part: WritingPart): string | undefined {
    return this.#reasons.get(part);
  }

  note(part: WritingPart, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isNew = !this.#reasons.has(part);
    this.#reasons.set(part, reason);
    if (isNew) this.#options.onNotice(`${MEANINGS[part]} ${reason}`);
  }

  end(part: WritingPart): void {
    if (this.#reasons.delete(part)) this.#options.onNotice(`${part}: all is well again.`);
  }

  /** Tries a write now and then for as long as there is trouble. */
  async retryUntilWell(): Promise<void> {
    if (this.#isRetried) return;
    const { clock, retry, signal } = this.#options;
    this.#isRetried = true;
    while (this.#reasons.size > 0 && !signal.aborted) {
      await clock.sleep(RETRY_MS, signal);
      // What fails again is noted again.
      if (!signal.aborted) await retry().catch(() => {});
    }
    this.#isRetried = false;
  }
}
