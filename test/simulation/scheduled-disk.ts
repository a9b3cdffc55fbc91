import type { Disk, DiskFile } from '../../src/ports/disk.ts';
import type { Turns } from './turns.ts';

/** A disk each of whose calls happens when its turn has come. */
export function scheduledDisk(disk: Disk, turns: Turns): Disk {
  return {
    list: (folder) => turns.take(`list ${folder}`, () => disk.list(folder)),
    makeFolder: (folder) => turns.take(`make ${folder}`, () => disk.makeFolder(folder)),
    read: (path) => turns.take(`read ${path}`, () => disk.read(path)),
    open: (path, mode) => turns.take(`${mode} ${path}`, async () => scheduledFile(await disk.open(path, mode), turns)),
    rename: (from, to) => turns.take(`rename ${from}`, () => disk.rename(from, to)),
    remove: (path) => turns.take(`remove ${path}`, () => disk.remove(path)),
    syncFolder: (folder) => turns.take(`sync ${folder}`, () => disk.syncFolder(folder)),
    tryRoom: (bytes) => turns.take('try room', () => disk.tryRoom(bytes)),
  };
}

function scheduledFile(file: DiskFile, turns: Turns): DiskFile {
  const { path } = file;
  return {
    path,
    size: () => turns.take(`size ${path}`, () => file.size()),
    readAt: (position, length) => turns.take(`read ${path} at ${position}`, () => file.readAt(position, length)),
    writeAt: (position, chunks) => turns.take(`write ${path} at ${position}`, () => file.writeAt(position, chunks)),
    truncate: (size) => turns.take(`truncate ${path} to ${size}`, () => file.truncate(size)),
    sync: () => turns.take(`sync ${path}`, () => file.sync()),
    // What a closed file does to the disk is nothing, so it need not wait.
    close: () => file.close(),
  };
}
