import { counted } from '../base/counted.ts';
import { dropCheckpoints } from '../engine/checkpoint.ts';
import { setPutBacksAside } from '../engine/put-backs.ts';
import { LOG_FOLDER } from '../log/format.ts';
import type { Loss } from '../log/repair.ts';
import { repairLog } from '../log/repair.ts';
import { freePath } from '../log/set-aside.ts';
import type { Disk } from '../ports/disk.ts';
import { openDisk } from './machine/disk.ts';
import { takeFolderLock } from './machine/lock.ts';

/**
 * Mends the log of a data folder that nobody holds. What was lost can be sent or imported again: it is new to the log.
 * @returns a sentence for each loss, and for what else went with it; none when the log was sound
 * @throws DaybookError `FOLDER_HELD`; what `repairLog` throws
 */
export async function repairDataFolder(root: string): Promise<readonly string[]> {
  await using _lock = await takeFolderLock(root);
  const disk = openDisk(root);
  let marks: string | undefined;
  const losses = await repairLog(disk, async () => {
    // Else the reports would go on counting records that no longer exist, and take them for repeats when they are sent again.
    await dropCheckpoints(disk);
    marks = await setMarksAside(disk);
  });
  return [...losses.map(lossSentence), ...(marks === undefined ? [] : [marks])];
}

/**
 * The marks of records that were put right name entries by their place in the quarantine, and where entries were lost all
 * behind them have moved. An entry that is open for nothing costs a look; one that is not is never looked at again.
 */
async function setMarksAside(disk: Disk): Promise<string | undefined> {
  const savedAs = await setPutBacksAside(disk, (name) => freePath(disk, `${name}.before-repair`));
  if (savedAs === undefined) return undefined;
  await disk.syncFolder(LOG_FOLDER);
  return (
    'Refused records may have other numbers now, so those that were put right are no longer marked: all of them are open ' +
    `again; the marks are kept in ${savedAs}.`
  );
}

function lossSentence({ segment, position, bytes, records, savedAs }: Loss): string {
  const what =
    records === undefined
      ? 'how many records they held, accepted or refused, is not known'
      : `${counted(records, 'record')} ${records === 1 ? 'is' : 'are'} lost, and refused ones may be, too`;
  const where = savedAs === undefined ? 'the bytes were gone' : `they are kept in ${savedAs}`;
  return `${bytes} damaged bytes at byte ${position} of segment ${segment} were set aside: ${what}; ${where}.`;
}
