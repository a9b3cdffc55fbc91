import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** How often a disk that failed is tried again while nobody writes. */
const RETRY_MS = 5_000;

/** The parts of an engine that need the disk, with what it means when it fails them. */
const MEANINGS = {
  Log: 'Batches are refused at present.',
  Keys: 'Primary keys cannot leave memory.',
  'Key files': 'Records whose primary key may be in a file cannot be accepted.',
  Quarantine: 'It cannot be written which refused records were put right; after a start those would be open again.',
  Checkpoints: 'No checkpoint can be written; a start reads more of the log without it.',
  'Day files': 'Files of closed days cannot be written; reports are not concerned.',
} as const;

export type DiskPart = keyof typeof MEANINGS;

/** What no further try mends, only a start. */
const LASTING: ReadonlySet<string> = new Set(['KEYS_DAMAGED']);

export interface TroubleOptions {
  readonly clock: Clock;
  /** Has all parts try again that do not by themselves, so that their trouble ends when its cause does; they say what fails. */
  readonly retry: () => Promise<void>;
  /** Ends the trying. */
  readonly signal: AbortSignal;
  /** Told in a sentence when a part cannot do its work, and when it can again. */
  readonly onNotice: (sentence: string) => void;
}

/** What keeps parts of an engine from their work: of each, from its first failure until it succeeds. */
export class Trouble {
  readonly #options: TroubleOptions;
  readonly #errors = new Map<DiskPart, unknown>();
  #isRetried = false;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Why a part cannot do its work at present; undefined when all is well with it. */
  of(part: DiskPart): string | undefined {
    return this.#errors.has(part) ? reasonOf(this.#errors.get(part)) : undefined;
  }

  note(part: DiskPart, error: unknown): void {
    if (this.#lasts(part)) return;
    const isNew = !this.#errors.has(part);
    this.#errors.set(part, error);
    if (isNew) this.#options.onNotice(`${MEANINGS[part]} ${reasonOf(error)}`);
  }

  end(part: DiskPart): void {
    if (!this.#lasts(part) && this.#errors.delete(part)) this.#options.onNotice(`${part}: all is well again.`);
  }

  #lasts(part: DiskPart): boolean {
    const error = this.#errors.get(part);
    return error instanceof DaybookError && LASTING.has(error.code);
  }

  /** Tries a write now and then for as long as there is trouble. */
  async retryUntilWell(): Promise<void> {
    if (this.#isRetried) return;
    const { clock, retry, signal } = this.#options;
    this.#isRetried = true;
    while (this.#errors.size > 0 && !signal.aborted) {
      await clock.sleep(RETRY_MS, signal);
      // What fails again is noted again.
      if (!signal.aborted) await retry().catch(() => {});
    }
    this.#isRetried = false;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
