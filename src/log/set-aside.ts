import type { Disk, DiskFile } from '../ports/disk.ts';
import { LOG_FOLDER } from './format.ts';

const COPY_BYTES = 8 * 1024 * 1024;

/**
 * Copies a range of a file beside it, durably, before the range is cut or overwritten.
 * @param name  the copy's name in the log's folder; a number follows when it is taken
 * @returns the copy's path
 * @throws DaybookError `DISK_FULL`, `DISK_FAILED`; no copy is left then, if the disk lets go of it
 */
export async function setAside(disk: Disk, file: DiskFile, from: number, to: number, name: string): Promise<string> {
  const path = await freePath(disk, name);
  const copy = await disk.open(path, 'create');
  try {
    for (let at = from; at < to;) {
      const bytes = await file.readAt(at, Math.min(COPY_BYTES, to - at));
      if (bytes.byteLength === 0) break;
      await copy.writeAt(at - from, [bytes]);
      at += bytes.byteLength;
    }
    await copy.sync();
  } catch (error) {
    // Half a copy is of no use and takes room that may be what is missing.
    await succeeds(() => disk.remove(path));
    throw error;
  } finally {
    await succeeds(() => copy.close());
  }
  await disk.syncFolder(LOG_FOLDER);
  return path;
}

/** The path of a name in the log's folder, with a number behind it when the name is taken. */
export async function freePath(disk: Disk, name: string): Promise<string> {
  const taken = new Set(await disk.list(LOG_FOLDER));
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}.${number}`;
  return `${LOG_FOLDER}/${free}`;
}

/** Does what may fail without harm. @returns whether it went well */
export async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    // The caller says why nothing depends on it, or asks for the answer.
    return false;
  }
}
