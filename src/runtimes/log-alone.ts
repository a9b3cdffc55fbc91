import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DaybookError } from '../base/errors.ts';
import { firstRecords } from '../engine/first-records.ts';
import { LOG_FOLDER } from '../log/format.ts';
import { openLog } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ExportSource } from './export-days.ts';
import { openDisk } from './machine/disk.ts';

/**
 * The log of a data folder, to export the records of one that cannot be opened because its log has repeats. Nothing is
 * changed, and nobody need hold the folder.
 * @throws DaybookError `DATA_FOLDER_MISSING`, `LOG_CORRUPT`
 */
export async function openLogAlone(plan: Plan, root: string): Promise<ExportSource & { close(): Promise<void> }> {
  if (!existsSync(join(root, LOG_FOLDER))) {
    throw new DaybookError(
      'DATA_FOLDER_MISSING',
      `There is no Daybook in the folder ${root}. Name another with --data.`,
      {
        details: { root },
      },
    );
  }
  const { log } = await openLog(openDisk(root), { readOnly: true });
  return {
    plan,
    records: () => firstRecords(log, plan),
    // Nothing was taken in that would say which days are open.
    status: async () => ({ newestDay: undefined }),
    close: () => log.close(),
  };
}
