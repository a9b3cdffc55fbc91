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
 * @returns undefined when it was ended before it succeeded
 * @throws what fails for good, and `SINK_OVERTAKEN`, after which the same again is of no use
 */
export async function persist<R>(
  what: string,
  { clock, logger, ended }: Persistence,
  work: () => Promise<R>,
): Promise<R | undefined> {
  let waitMs = FIRST_WAIT_MS;
  for (let failures = 0; !ended.aborted; failures++) {
    try {
      const result = await work();
      if (failures > 0) logger.info({ what, failures }, 'it works again');
      return result;
    } catch (error) {
      if (!(error instanceof DaybookError) || !error.retryable || error.code === 'SINK_OVERTAKEN') throw error;
      logger.warn({ what, code: error.code, reason: error.message, waitMs }, 'it failed; trying again');
    }
    await clock.sleep(waitMs, ended);
    waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
  }
  return undefined;
}
