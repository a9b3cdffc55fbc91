import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Acceptance, Runtime } from '../../ports/runtime.ts';
import type { Batch } from './batches.ts';

/** Batches handed over and not yet answered: some are written together while others are checked and one is read. */
const BATCHES_IN_FLIGHT_MAX = 14;
/** Of so many bytes, unless told: half of what an engine lets wait, as there may be others who hand something over. */
const BYTES_IN_FLIGHT_MAX = 32 * 1024 * 1024;
const RETRY_WAIT_MS_MIN = 50;
const RETRY_WAIT_MS_MAX = 5000;
/** How long a batch is offered again before the import gives up. */
const RETRY_TOTAL_MS_MAX = 300_000;

export interface HandOver {
  readonly runtime: Pick<Runtime, 'accept'>;
  readonly clock: Clock;
  readonly origin: string;
  readonly signal: AbortSignal | undefined;
  /** So many bytes are handed over and not yet answered, or one batch; what the runtime takes no more is refused again and again. */
  readonly bytesInFlightMax?: number | undefined;
  /** Called for each batch, in order, once it is durable. */
  readonly onAccepted: (acceptance: Acceptance) => void;
}

type Outcome = { readonly acceptance: Acceptance } | { readonly error: unknown };

interface InFlight {
  readonly batch: Batch;
  readonly outcome: Promise<Outcome>;
}

/**
 * Hands batches to a runtime in order, and again after a pause when it is too busy. After a refusal no further batch is
 * handed over until the refused one is in; only those already on their way may have overtaken it.
 * Ends when all is durable, or when the signal is aborted and what was handed over is answered.
 * @throws what `accept` throws, once it is not worth another try; then all that was handed over is answered too
 */
export async function handOver(batches: AsyncIterable<Batch>, options: HandOver): Promise<void> {
  const { bytesInFlightMax = BYTES_IN_FLIGHT_MAX } = options;
  const inFlight: InFlight[] = [];
  let refusals = 0;
  const offer = async (batch: Batch): Promise<Outcome> => {
    try {
      const { lines, unreadable, originalOf, linesCounted } = batch;
      const acceptance = await options.runtime.accept({
        origin: options.origin,
        lines,
        // Asked for only when it is needed.
        get firstLine() {
          return batch.firstLine;
        },
        unreadable,
        ...(originalOf && { originalOf }),
        ...(linesCounted && { linesCounted }),
      });
      return { acceptance };
    } catch (error) {
      refusals++;
      return { error };
    }
  };
  const settleOldest = async (): Promise<void> => {
    const oldest = inFlight[0];
    if (oldest === undefined) return;
    let outcome = await oldest.outcome;
    for (let wait = RETRY_WAIT_MS_MIN, waited = 0; 'error' in outcome; wait = Math.min(wait * 2, RETRY_WAIT_MS_MAX)) {
      await Promise.all(inFlight.map((entry) => entry.outcome));
      if (options.signal?.aborted === true || !isRetryable(outcome.error)) throw outcome.error;
      if (waited >= RETRY_TOTAL_MS_MAX) throw givenUp(outcome.error);
      await options.clock.sleep(wait, options.signal);
      waited += wait;
      outcome = await offer(oldest.batch);
    }
    inFlight.shift();
    oldest.batch.release?.();
    options.onAccepted(outcome.acceptance);
  };
  const isFull = (next: Batch): boolean => {
    const bytes = inFlight.reduce((sum, { batch }) => sum + batch.lines.length, 0);
    return inFlight.length === BATCHES_IN_FLIGHT_MAX || bytes + next.lines.length > bytesInFlightMax;
  };
  const settleAll = async (): Promise<void> => {
    while (inFlight.length > 0) await settleOldest();
    refusals = 0;
  };
  try {
    for await (const batch of batches) {
      if (options.signal?.aborted === true) break;
      while (inFlight.length > 0 && isFull(batch)) await settleOldest();
      if (refusals > 0) await settleAll();
      inFlight.push({ batch, outcome: offer(batch) });
    }
    await settleAll();
  } catch (error) {
    // What is already in must be counted, whatever stopped the reading.
    await countSettled(inFlight, options);
    throw error;
  }
}

async function countSettled(inFlight: InFlight[], options: HandOver): Promise<void> {
  for (const { outcome } of inFlight.splice(0)) {
    const settled = await outcome;
    if ('acceptance' in settled) options.onAccepted(settled.acceptance);
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof DaybookError && error.retryable;
}

/** Says of what was not worth another try by itself that it was tried long enough, and what is left to do. */
function givenUp(error: unknown): unknown {
  if (!(error instanceof DaybookError)) return error;
  const message =
    `${error.message} It was tried for ${RETRY_TOTAL_MS_MAX / 60_000} minutes, and is given up: ` +
    'do the same again once that is mended; no record counts twice.';
  return new DaybookError(error.code, message, { retryable: true, details: error.details, cause: error });
}
