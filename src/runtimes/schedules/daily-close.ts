import { formatDay, parseDay } from '../../base/calendar.ts';
import { counted } from '../../base/counted.ts';
import { DaybookError } from '../../base/errors.ts';
import { newestCompleteDay } from '../../stores/parquet/day-files.ts';
import { exportDays } from '../export-days.ts';
import type { RemoteRuntime } from '../remote.ts';
import { verify } from '../verify.ts';

const LISTED_MAX = 10;

export interface DailyCloseOptions {
  readonly runtime: RemoteRuntime;
  /** Where the days' files are. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told what was done. */
  readonly onNotice: (sentence: string) => void;
}

/**
 * Verifies the days that are closed and newer than the newest with all its records in a file of the folder, and exports
 * them; run again it does nothing. A day that was away is made up for, and one that was exported while it was open. What
 * changes a day after that is an amendment; `daybook export` writes it again.
 * @throws DaybookError `CLOSE_DIFFERS` when a figure does not agree: nothing is exported; what `verify` and `exportDays` throw
 */
export async function dailyClose(options: DailyCloseOptions): Promise<void> {
  const { runtime, folder, signal, onNotice } = options;
  const range = await daysToClose(runtime, folder);
  if (range === undefined) return;
  const verification = await verify({
    runtime,
    range,
    differencesMax: LISTED_MAX,
    signal,
    onProgress: () => undefined,
  });
  const { miscounted, reports } = verification;
  const differing = reports.filter((report) => report.differing > 0);
  if (miscounted !== undefined || differing.length > 0) {
    const names = differing.map(({ report, differing: rows }) => `${report.name} (${counted(rows, 'row')})`).join(', ');
    throw new DaybookError(
      'CLOSE_DIFFERS',
      `The days ${range.from} to ${range.to} do not agree with their raw records${names === '' ? '' : `: ${names}`}. They ` +
        'were not exported. daybook verify lists what differs.',
      { details: { ...range, miscounted } },
    );
  }
  const files = await exportDays({
    runtime,
    range,
    folder,
    format: 'parquet',
    isClosedOnly: true,
    signal,
    onProgress: () => undefined,
  });
  for (const { day, records, path } of files) {
    onNotice(`${day} is closed: all figures agree with its ${counted(records, 'record')}, which are in ${path}.`);
  }
}

async function daysToClose(
  runtime: RemoteRuntime,
  folder: string,
): Promise<{ readonly from: string; readonly to: string } | undefined> {
  const { newestDay } = await runtime.status();
  const newest = newestDay === undefined ? undefined : parseDay(newestDay);
  const from = await firstWithoutFile(runtime, folder);
  if (newest === undefined || from === undefined) return undefined;
  const to = newest - runtime.plan.stream.latenessDays - 1;
  return from > to ? undefined : { from: formatDay(from), to: formatDay(to) };
}

/** The day behind the newest with all its records in a file, or the oldest that has records. */
async function firstWithoutFile(runtime: RemoteRuntime, folder: string): Promise<number | undefined> {
  const last = parseDay((await newestCompleteDay(folder)) ?? '');
  if (last !== undefined) return last + 1;
  const { businessDate } = runtime.plan.stream;
  const sort = [{ column: businessDate.name, descending: false }];
  const oldest = await Promise.all(
    runtime.plan.reports.map(async ({ name }) => (await runtime.query(name, { sort, limit: 1 })).rows[0]),
  );
  const found = oldest.flatMap((row) => parseDay(String(row?.[businessDate.name])) ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
}
