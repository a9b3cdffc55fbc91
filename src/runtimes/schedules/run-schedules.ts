import { Cron } from 'croner';
import { DaybookError } from '../../base/errors.ts';
import type { Schedule } from '../../definition/schedules.ts';
import type { Clock } from '../../ports/clock.ts';

export interface RunSchedulesOptions {
  readonly schedules: readonly Schedule[];
  /** IANA name; the times of all schedules are in it. */
  readonly timeZone: string;
  readonly clock: Clock;
  /** Aborted when they are to end. */
  readonly signal: AbortSignal;
  /** Does what a schedule asks for. @param dueMs  the moment that it was due, Unix time in ms */
  readonly run: (schedule: Schedule, dueMs: number) => Promise<void>;
  /** Told of a run that failed; the schedule goes on. */
  readonly onFailure: (schedule: Schedule, error: unknown) => void;
}

/**
 * Runs schedules at their times until the signal. A time that passes while a run is under way, or while the machine
 * sleeps, is left out: each run finds out itself what is to be done. Resolves once the last run has ended.
 * @throws DaybookError `SCHEDULE_WRONG`, before anything is run
 */
export async function runSchedules(options: RunSchedulesOptions): Promise<void> {
  const { schedules, timeZone } = options;
  const times = schedules.map((schedule) => [schedule, cronOf(schedule, timeZone)] as const);
  await Promise.all(times.map(([schedule, cron]) => runSchedule(schedule, cron, options)));
}

/** @throws DaybookError `SCHEDULE_WRONG` for a time that never comes or is none */
export function checkSchedules(schedules: readonly Schedule[], timeZone: string): void {
  for (const schedule of schedules) cronOf(schedule, timeZone);
}

/** Only for its arithmetic: it is paused, and never sets a timer. */
function cronOf({ kind, cron }: Schedule, timezone: string): Cron {
  try {
    const times = new Cron(cron, { timezone, paused: true });
    if (times.nextRun(new Date(0)) === null) throw new RangeError('its time never comes.');
    return times;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DaybookError('SCHEDULE_WRONG', `The cron '${cron}' of the schedule ${kind} is wrong: ${reason}`, {
      details: { kind, cron },
      cause,
    });
  }
}

async function runSchedule(schedule: Schedule, cron: Cron, options: RunSchedulesOptions): Promise<void> {
  const { clock, signal, run, onFailure } = options;
  let afterMs = clock.nowMs();
  for (;;) {
    const dueMs = cron.nextRun(new Date(afterMs))?.getTime();
    if (dueMs === undefined) return;
    // A clock that was put back has the time come once more, and not twice.
    while (clock.nowMs() < dueMs && !signal.aborted) await clock.sleep(dueMs - clock.nowMs(), signal);
    if (signal.aborted) return;
    try {
      await run(schedule, dueMs);
    } catch (error) {
      if (signal.aborted) return;
      onFailure(schedule, error);
    }
    afterMs = Math.max(dueMs, clock.nowMs());
  }
}
