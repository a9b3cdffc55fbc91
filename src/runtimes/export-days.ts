import { formatDay, parseDay } from '../base/calendar.ts';
import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { DayFile, DayFileFormat } from '../stores/parquet/day-files.ts';
import { writeDayFiles } from '../stores/parquet/day-files.ts';
import { makeDurableFolder, removeEmptyFolders } from './machine/disk.ts';
import type { Plan } from '../plan/plan.ts';
import type { Runtime, RuntimeStatus } from '../ports/runtime.ts';

export type { DayFile, DayFileFormat } from '../stores/parquet/day-files.ts';

/** Whose records are exported. */
export interface ExportSource extends Pick<Runtime, 'records'> {
  readonly plan: Plan;
  status(): Promise<Pick<RuntimeStatus, 'newestDay'>>;
}

export interface ExportDaysOptions {
  readonly runtime: ExportSource;
  /** Business days, both included; undefined: open. */
  readonly range: { readonly from?: string; readonly to?: string };
  readonly folder: string;
  readonly format: DayFileFormat;
  /** Whether a day for which records are still expected is refused. */
  readonly isClosedOnly?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (records: number, recordsTotal: number | undefined) => void;
}

/**
 * Writes the raw records of some days, one file a day, into a folder that is made when it is not there; one that was made in
 * vain is taken away again.
 * @throws DaybookError `DAY_OPEN`, `FOLDER_UNUSABLE`: nothing was written; `INTERRUPTED`: the files of some days may be; what
 *   `writeDayFiles` throws
 */
export async function exportDays(options: ExportDaysOptions): Promise<readonly DayFile[]> {
  const { runtime, range, folder, format, signal, onProgress } = options;
  const { newestDay } = await runtime.status();
  const firstOpenDay = newestDay === undefined ? undefined : openSince(newestDay, runtime.plan.stream.latenessDays);
  if (options.isClosedOnly === true) refuseOpen(range, newestDay, firstOpenDay);
  const made = await makeDurableFolder(folder, 'folder', 'Name another for the export.');
  try {
    return await writeDayFiles({
      records: runtime.records(range),
      plan: runtime.plan,
      folder,
      format,
      openDays: (day) => firstOpenDay === undefined || day >= firstOpenDay,
      // Called for each piece of the records, and for each file.
      onProgress: (records, total) => {
        if (signal.aborted) throw new DaybookError('INTERRUPTED', 'The export was interrupted before its end.');
        onProgress(records, total);
      },
    });
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}

function refuseOpen(
  { to }: ExportDaysOptions['range'],
  newestDay: string | undefined,
  firstOpenDay: string | undefined,
): void {
  if (to !== undefined && firstOpenDay !== undefined && to < firstOpenDay) return;
  const why =
    firstOpenDay === undefined
      ? 'there are no records yet'
      : `the newest record is of ${newestDay}, so days from ${firstOpenDay} on are open`;
  throw new DaybookError(
    'DAY_OPEN',
    `${to ?? 'The newest day'} is not closed: ${why}. Export it later, or without --closed.`,
    {
      retryable: true,
      details: { to, newestDay },
    },
  );
}

/** The oldest day for which records are still expected. */
function openSince(newestDay: string, latenessDays: number): string {
  return formatDay(present(parseDay(newestDay), 'the newest day is a day') - latenessDays);
}
