import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 5_000;

/** Who goes on trying, and until when. */
export interface Persistence {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when it is no longer of use. */
  readonly ended: AbortSignal;
}

/**
 * Does something until it succeeds: what fails and may succeed later is tried again, after pauses of 0.1 to 5 seconds.
 * @param isForGood  whether the same work can never succeed after an error
 * @returns undefined when it was ended before it succeeded
 * @throws what fails for good
 */
export async function persist<R>(
  what: string,
  { clock, logger, ended }: Persistence,
  work: () => Promise<R>,
  isForGood: (error: DaybookError) => boolean = ({ retryable }) => !retryable,
): Promise<R | undefined> {
  let waitMs = FIRST_WAIT_MS;
  for (let failures = 0; !ended.aborted; failures++) {
    try {
      const result = await work();
      if (failures > 0) logger.info({ what, failures }, 'it works again');
      return result;
    } catch (error) {
      if (!(error instanceof DaybookError) || isForGood(error)) throw error;
      logger.warn({ what, code: error.code, reason: error.message, waitMs }, 'it failed; trying again');
    }
    await clock.sleep(waitMs, ended);
    waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
  }
  return undefined;
}

/**
 * Does one step of a work after the other until it was ended. When one fails and may succeed later, the work is begun
 * anew after such a pause, as nothing that was known before a failure need be so after it.
 * @param begin  finds out where things stand
 * @throws what fails for good
 */
export async function persistAnew<W>(
  { clock, logger, ended }: Persistence,
  begin: () => Promise<W>,
  step: (work: W) => Promise<void>,
): Promise<void> {
  let begun: { readonly work: W } | undefined;
  let failures = 0;
  while (!ended.aborted) {
    try {
      begun ??= { work: await begin() };
      await step(begun.work);
      if (failures > 0) logger.info({ failures }, 'it works again');
      failures = 0;
    } catch (error) {
      if (!(error instanceof DaybookError) || !error.retryable) throw error;
      begun = undefined;
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** failures++, WAIT_MS_MAX);
      logger.warn(
        { code: error.code, reason: error.message, waitMs },
        'it failed; trying again where the store stands',
      );
      await clock.sleep(waitMs, ended);
    }
  }
}
