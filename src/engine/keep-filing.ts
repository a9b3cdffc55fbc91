import type { Clock } from '../ports/clock.ts';
import type { DayFiling } from './day-filing.ts';

/** Days that rested so long are written into their files; after a failure it is tried again much later. */
const INTERVAL_MS = 5_000;
const RETRY_MS = 300_000;

export interface FilingWitness {
  /** Told of what could not be written. */
  readonly onFailure: (error: unknown) => void;
  /** Told when all that rests is written. */
  readonly onFiled: () => void;
}

/** Has the files of days written that rest, until the signal. */
export async function keepFiling(
  filing: DayFiling,
  clock: Clock,
  signal: AbortSignal,
  { onFailure, onFiled }: FilingWitness,
): Promise<void> {
  let waitMs = INTERVAL_MS;
  while (!signal.aborted) {
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    waitMs = INTERVAL_MS;
    await filing.fileResting().then(onFiled, (error: unknown) => {
      waitMs = RETRY_MS;
      onFailure(error);
    });
  }
}
