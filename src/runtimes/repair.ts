import { counted } from '../base/counted.ts';
import { dropCheckpoints } from '../engine/checkpoint.ts';
import type { Loss } from '../log/repair.ts';
import { repairLog } from '../log/repair.ts';
import { openDisk } from './machine/disk.ts';
import { takeFolderLock } from './machine/lock.ts';

/**
 * Mends the log of a data folder that nobody holds. What was lost can be sent or imported again: it is new to the log.
 * @returns a sentence for each loss; none when the log was sound
 * @throws DaybookError `FOLDER_HELD`; what `repairLog` throws
 */
export async function repairDataFolder(root: string): Promise<readonly string[]> {
  await using _lock = await takeFolderLock(root);
  const disk = openDisk(root);
  const losses = await repairLog(disk);
  // Else the reports would go on counting records that no longer exist, and take them for repeats when they are sent again.
  if (losses.length > 0) await dropCheckpoints(disk);
  return losses.map(lossSentence);
}

function lossSentence({ segment, position, bytes, records, savedAs }: Loss): string {
  const what =
    records === undefined
      ? 'how many records they held is not known'
      : `${counted(records, 'record')} ${records === 1 ? 'is' : 'are'} lost`;
  const where = savedAs === undefined ? 'the bytes were gone' : `they are kept in ${savedAs}`;
  return `${bytes} damaged bytes at byte ${position} of segment ${segment} were set aside: ${what}; ${where}.`;
}
