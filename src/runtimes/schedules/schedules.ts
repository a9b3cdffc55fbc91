import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RemoteRuntime } from '../remote.ts';
import { dailyClose } from './daily-close.ts';
import { fakeData } from './fake-data.ts';
import { runSchedules } from './run-schedules.ts';

export interface ScheduleOptions {
  /** The Daybook that the definition's schedules are of; whoever opened it closes it. */
  readonly runtime: RemoteRuntime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onNotice: (sentence: string) => void;
}

/**
 * Does what the definition has scheduled, until the signal. A run that fails is logged and told.
 * @throws DaybookError `SCHEDULE_WRONG`
 */
export async function keepSchedules(options: ScheduleOptions): Promise<void> {
  const { runtime, clock, signal, logger, onNotice } = options;
  const { schedules, stream } = runtime.plan;
  await runSchedules({
    schedules,
    timeZone: stream.timeZone,
    clock,
    signal,
    run: (schedule, dueMs) =>
      schedule.kind === 'dailyClose'
        ? dailyClose({ runtime, folder: schedule.exportTo, signal, onNotice })
        : fakeData({ runtime, schedule, dueMs, clock, signal, onNotice }),
    onFailure: ({ kind }, error) => {
      logger.error({ err: error, schedule: kind }, 'a schedule failed');
      onNotice(`The schedule ${kind} failed: ${error instanceof DaybookError ? error.message : String(error)}`);
    },
  });
}
