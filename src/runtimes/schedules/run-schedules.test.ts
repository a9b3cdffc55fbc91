import { afterEach, describe, expect, it } from 'vitest';
import { HeldClock } from '../../../test/clock/held-clock.ts';
import { dailyClose } from '../../definition/schedules.ts';
import { checkSchedules, runSchedules } from './run-schedules.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 2, 7, 12);

const ended: (() => void)[] = [];
afterEach(() => ended.splice(0).forEach((end) => end()));

interface Watched {
  readonly clock: HeldClock;
  readonly due: string[];
  readonly failures: unknown[];
  readonly all: Promise<void>;
  readonly end: () => void;
  /** Lets time pass, once whoever sleeps does. */
  readonly advance: (ms: number) => Promise<void>;
}

function watched(cron: string, timeZone: string, run: () => Promise<void> = () => Promise.resolve()): Watched {
  const clock = new HeldClock(NOON);
  const controller = new AbortController();
  const due: string[] = [];
  const failures: unknown[] = [];
  const all = runSchedules({
    schedules: [dailyClose({ exportTo: 'days', cron })],
    timeZone,
    clock,
    signal: controller.signal,
    run: async (_schedule, dueMs) => {
      due.push(new Date(dueMs).toISOString());
      await run();
    },
    onFailure: (_schedule, error) => failures.push(error),
  });
  ended.push(() => controller.abort());
  return {
    clock,
    due,
    failures,
    all,
    end: () => controller.abort(),
    advance: async (ms) => {
      await expect.poll(() => clock.sleepers).toBe(1);
      clock.advance(ms);
    },
  };
}

describe('schedules', () => {
  it('run once each day in the store’s own time zone, also when clocks are put forward', async () => {
    const { due, advance, clock } = watched('30 1 * * *', 'America/New_York');
    for (let hours = 0; hours < 72; hours++) await advance(HOUR_MS);
    await expect.poll(() => clock.sleepers).toBe(1);
    // On 8 March 2026 it is 3:00 right after 1:59.
    expect(due).toEqual(['2026-03-08T06:30:00.000Z', '2026-03-09T05:30:00.000Z', '2026-03-10T05:30:00.000Z']);
  });

  it('leave out the times that a machine slept through', async () => {
    const { due, advance, clock } = watched('0 1 * * *', 'UTC');
    await advance(80 * HOUR_MS);
    await expect.poll(() => clock.sleepers).toBe(1);
    await advance(5 * HOUR_MS);
    await expect.poll(() => due).toEqual(['2026-03-08T01:00:00.000Z', '2026-03-11T01:00:00.000Z']);
  });

  it('do not run again when the clock is put back', async () => {
    const { due, advance, clock } = watched('0 1 * * *', 'UTC');
    await advance(13 * HOUR_MS);
    await expect.poll(() => due.length).toBe(1);
    await advance(-2 * HOUR_MS);
    await advance(3 * HOUR_MS);
    await expect.poll(() => clock.sleepers).toBe(1);
    expect(due).toHaveLength(1);
  });

  it('go on after a run that failed, which is told', async () => {
    const { due, failures, advance } = watched('0 * * * *', 'UTC', () => Promise.reject(new Error('no disk')));
    await advance(HOUR_MS);
    await advance(HOUR_MS);
    await expect.poll(() => due.length).toBe(2);
    expect(failures).toEqual([new Error('no disk'), new Error('no disk')]);
  });

  it('end with the signal, while they wait', async () => {
    const { all, end, clock } = watched('0 1 * * *', 'UTC');
    await expect.poll(() => clock.sleepers).toBe(1);
    end();
    await all;
    expect(clock.sleepers).toBe(0);
  });

  it('are refused when they say no time, or one that never comes', () => {
    const check = (cron: string): void => checkSchedules([dailyClose({ exportTo: 'days', cron })], 'UTC');
    for (const cron of ['61 1 * * *', 'a b c d e', '* * *', '0 0 30 2 *', '0 0 31 4,6,9,11 *']) {
      expect(() => check(cron), cron).toThrow(expect.objectContaining({ code: 'SCHEDULE_WRONG' }));
    }
    // In a leap year; and what has been, has come.
    for (const cron of ['0 0 29 2 *', '0 0 0 1 1 * 2020']) expect(() => check(cron), cron).not.toThrow();
  });
});
