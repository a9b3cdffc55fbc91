import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import { dropCheckpoints, newestReach } from '../engine/checkpoint.ts';
import { setPutBacksAside } from '../engine/put-backs.ts';
import { LOG_FOLDER } from '../log/format.ts';
import { openLog } from '../log/log.ts';
import type { Loss } from '../log/repair.ts';
import { repairLog } from '../log/repair.ts';
import { freePath } from '../log/set-aside.ts';
import type { Disk } from '../ports/disk.ts';
import { setSpilledDaysAside } from '../stores/parquet/spilled-days.ts';
import { requireDaybook } from './data-folder.ts';
import { openDisk } from './machine/disk.ts';
import { takeFolderLock } from './machine/lock.ts';

/**
 * Mends the log of a data folder that nobody holds, and lets go of what it lost. What was lost can be sent or imported again: it is new to the log.
 * @returns a sentence for each loss, and for what else went with it; none when the log was sound
 * @throws DaybookError `DATA_FOLDER_MISSING`, `FOLDER_HELD`; what `repairLog` throws
 */
export async function repairDataFolder(root: string): Promise<readonly string[]> {
  requireDaybook(root);
  await using _lock = await takeFolderLock(root);
  const disk = openDisk(root);
  const others: string[] = [];
  const letGo = async (): Promise<void> => {
    others.push(...(await setMarksAside(disk)), ...(await setDaysAside(disk)));
    // Else the reports would go on counting records that no longer exist, and take them for repeats when they are sent
    // again. Last, as nothing else may say that any are missing.
    await dropCheckpoints(disk);
  };
  const losses = await repairLog(disk, letGo);
  const shortened = await shortening(disk);
  if (shortened !== undefined) await letGo();
  return [...losses.map(lossSentence), ...(shortened === undefined ? [] : [shortened]), ...others];
}

/** @returns a sentence that says what is missing from the end of a log that is whole; undefined when nothing is */
async function shortening(disk: Disk): Promise<string | undefined> {
  const reaches = await newestReach(disk);
  try {
    const { log } = await openLog(disk, { reaches, readOnly: true });
    await log.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof DaybookError) || error.code !== 'LOG_SHORTENED') throw error;
    const records = reaches.offset - Number(error.details['offset']);
    const what =
      records > 0
        ? `${counted(records, 'record')} ${records === 1 ? 'is' : 'are'} missing from the end of the log, and refused ones may be, too`
        : 'Refused records are missing from the end of the log';
    return `${what}: the log goes on without them.`;
  }
}

/**
 * The marks of records that were put right name entries by their place in the quarantine, and where entries were lost all
 * behind them have moved. An entry that is open for nothing costs a look; one that is not is never looked at again.
 */
async function setMarksAside(disk: Disk): Promise<readonly string[]> {
  const savedAs = await setPutBacksAside(disk, (name) => freePath(disk, `${name}.before-repair`));
  if (savedAs === undefined) return [];
  await disk.syncFolder(LOG_FOLDER);
  return [
    'Refused records may have other numbers now, so those that were put right are no longer marked: all of them are open ' +
      `again; the marks are kept in ${savedAs}.`,
  ];
}

/** What is lost from the log may still be in the files of its days, which go when no checkpoint names them. */
async function setDaysAside(disk: Disk): Promise<readonly string[]> {
  const savedAs = await setSpilledDaysAside(disk, (name) => freePath(disk, `${name}.before-repair`));
  if (savedAs === undefined) return [];
  await disk.syncFolder(LOG_FOLDER);
  return [
    `The files of closed days are kept in ${savedAs}, as they may have records that are lost: daybook import takes those in ` +
      'again. Remove them when they are not needed.',
  ];
}

function lossSentence({ segment, position, bytes, records, savedAs }: Loss): string {
  const what =
    records === undefined
      ? 'how many records they held, accepted or refused, is not known'
      : `${counted(records, 'record')} ${records === 1 ? 'is' : 'are'} lost, and refused ones may be, too`;
  const where = savedAs === undefined ? 'the bytes were gone' : `they are kept in ${savedAs}`;
  return `${bytes} damaged bytes at byte ${position} of segment ${segment} were set aside: ${what}; ${where}.`;
}
