import type { Loss } from '../log/repair.ts';
import { repairLog } from '../log/repair.ts';
import { openDisk } from './machine/disk.ts';
import { takeFolderLock } from './machine/lock.ts';

/**
 * Mends the log of a data folder that nobody holds.
 * @returns a sentence for each loss; none when the log was sound
 * @throws DaybookError `FOLDER_HELD`; what `repairLog` throws
 */
export async function repairDataFolder(root: string): Promise<readonly string[]> {
  await using _lock = await takeFolderLock(root);
  return (await repairLog(openDisk(root))).map(lossSentence);
}

function lossSentence({ segment, position, bytes, records, savedAs }: Loss): string {
  const what = records === undefined ? 'how many records they held is not known' : `${records} records are lost`;
  const where = savedAs === undefined ? 'the bytes were gone' : `they are kept in ${savedAs}`;
  return `${bytes} damaged bytes at byte ${position} of segment ${segment} were set aside: ${what}; ${where}.`;
}
