import { formatDay, zone } from '../../base/calendar.ts';
import { counted } from '../../base/counted.ts';
import type { Schedule } from '../../definition/schedules.ts';
import type { Clock } from '../../ports/clock.ts';
import { exportDays } from '../export-days.ts';
import { generate } from '../generate.ts';
import type { RemoteRuntime } from '../remote.ts';

export interface FakeDataOptions {
  readonly runtime: RemoteRuntime;
  readonly schedule: Extract<Schedule, { readonly kind: 'fakeData' }>;
  /** The day before this moment's is made up. */
  readonly dueMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onNotice: (sentence: string) => void;
}

/**
 * Makes up the sales of the day before; done again it changes nothing, as the same day has the same sales.
 * @throws DaybookError what `generate` and `exportDays` throw
 */
export async function fakeData(options: FakeDataOptions): Promise<void> {
  const { runtime, schedule, dueMs, clock, signal, onNotice } = options;
  const { perDay, seed, exportTo } = schedule;
  const day = formatDay(zone(runtime.plan.stream.timeZone).localTime(dueMs).day - 1);
  const { acceptance } = await generate({
    plan: runtime.plan,
    from: day,
    to: day,
    perDay,
    seed,
    duplicates: 0,
    late: 0,
    corrupt: 0,
    target: { kind: 'runtime', runtime },
    clock,
    signal,
    onProgress: () => undefined,
  });
  onNotice(`${day}: ${counted(acceptance?.accepted ?? 0, 'sale')} made up.`);
  if (exportTo === null || signal.aborted) return;
  await exportDays({
    runtime,
    range: { from: day, to: day },
    folder: exportTo,
    format: 'parquet',
    signal,
    onProgress: () => undefined,
  });
}
