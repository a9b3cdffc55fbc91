import { formatDay, parseDay } from '../base/calendar.ts';
import { present } from '../base/assert.ts';
import type { DayFile, DayFileFormat } from '../stores/parquet/day-files.ts';
import { writeDayFiles } from '../stores/parquet/day-files.ts';
import type { RemoteRuntime } from './remote.ts';

export type { DayFile, DayFileFormat } from '../stores/parquet/day-files.ts';

export interface ExportDaysOptions {
  readonly runtime: RemoteRuntime;
  /** Business days, both included; undefined: open. */
  readonly range: { readonly from?: string; readonly to?: string };
  readonly folder: string;
  readonly format: DayFileFormat;
  readonly onProgress: (records: number, recordsTotal: number | undefined) => void;
}

/**
 * Writes the raw records of some days, one file a day.
 * @throws what `writeDayFiles` throws
 */
export async function exportDays(options: ExportDaysOptions): Promise<readonly DayFile[]> {
  const { runtime, range, folder, format, onProgress } = options;
  const { newestDay } = await runtime.status();
  const firstOpenDay = newestDay === undefined ? undefined : openSince(newestDay, runtime.plan.stream.latenessDays);
  return writeDayFiles({
    records: runtime.records(range),
    plan: runtime.plan,
    folder,
    format,
    openDays: (day) => firstOpenDay === undefined || day >= firstOpenDay,
    onProgress,
  });
}

/** The oldest day for which records are still expected. */
function openSince(newestDay: string, latenessDays: number): string {
  return formatDay(present(parseDay(newestDay), 'the newest day is a day') - latenessDays);
}
