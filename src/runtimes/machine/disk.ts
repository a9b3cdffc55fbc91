import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { DaybookError } from '../../base/errors.ts';
import { isOutOfRoom } from '../../base/out-of-room.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { DirectWrites } from './direct-writes.ts';
import { SyncAhead } from './sync-ahead.ts';

/**
 * `append` does not open with O_APPEND: Linux would then ignore the position of every write.
 */
const OPEN_FLAGS = {
  append: constants.O_RDWR | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  read: constants.O_RDONLY,
} as const;

/**
 * The files below a folder of this machine. The folder itself need not exist yet.
 * Folders are durable once `makeFolder` resolves.
 */
export function openDisk(root: string): Disk {
  const at = (path: string): string => join(root, path);
  return {
    list: (folder) =>
      translated('list', at(folder), async () => {
        const names = await unlessMissing(readdir(at(folder)));
        return (names ?? []).toSorted();
      }),
    makeFolder: (folder) => translated('make the folder', at(folder), () => makeFolders(at(folder)).then(() => {})),
    read: (path) => translated('read', at(path), () => unlessMissing(readFile(at(path)))),
    open: (path, mode) =>
      translated('open', at(path), async () => machineFile(path, at(path), await open(at(path), OPEN_FLAGS[mode]))),
    rename: (from, to) => translated('rename', at(from), () => rename(at(from), at(to))),
    remove: (path) => translated('remove', at(path), () => rm(at(path), { force: true })),
    syncFolder: (folder) => translated('sync the folder', at(folder), () => syncFolder(at(folder))),
    tryRoom: (bytes) => translated('write', at(TRIAL_NAME), () => tryRoom(root, bytes)),
  };
}

/** A file that is gone as soon as it is there. */
const TRIAL_NAME = 'room.trial';
const TRIAL_PART_BYTES = 1024 * 1024;

/** Free blocks tell neither of quotas nor of what a file system needs for itself, so that only writing shows that there is room. */
async function tryRoom(root: string, bytes: number): Promise<void> {
  // Whoever has none sees that without taking the last of it from others.
  const { bfree, bsize } = await statfs(root);
  if (bfree * bsize < bytes) throw Object.assign(new Error(`${bfree * bsize} bytes are free`), { code: 'ENOSPC' });
  const path = join(root, TRIAL_NAME);
  const handle = await open(path, 'w');
  try {
    // Its blocks go with the handle, however this process ends.
    await rm(path);
    // Some file systems have zeros, and what is alike, take no room.
    const { randomFillSync } = process.getBuiltinModule('node:crypto');
    const part = randomFillSync(new Uint8Array(Math.min(bytes, TRIAL_PART_BYTES)));
    for (let at = 0; at < bytes; at += part.length)
      await writeFully(handle, at, [part.subarray(0, Math.min(part.length, bytes - at))]);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function machineFile(path: string, fullPath: string, handle: FileHandle): DiskFile {
  const ahead = new SyncAhead(handle);
  const direct = new DirectWrites(fullPath);
  return {
    path,
    size: () => translated('stat', fullPath, async () => (await handle.stat()).size),
    readAt: (position, length) => translated('read', fullPath, () => readFully(handle, position, length)),
    writeAt: (position, chunks) => translated('write', fullPath, () => write(handle, position, chunks, direct, ahead)),
    truncate: (size) => translated('truncate', fullPath, () => handle.truncate(size)),
    // fdatasync leaves out times only: the size and the blocks, without which the content could not be read back, go
    // to the disk with it (POSIX: "synchronized I/O data integrity completion").
    sync: () => translated('sync', fullPath, () => ahead.sync()),
    close: () => translated('close', fullPath, () => Promise.all([ahead.close(), direct.close()]).then(() => {})),
  };
}

async function write(
  handle: FileHandle,
  position: number,
  chunks: readonly Uint8Array[],
  direct: DirectWrites,
  ahead: SyncAhead,
): Promise<void> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const { from, to } = direct.partOf(position, length);
  if (from === to) return writeInParts(handle, position, chunks, ahead);
  // What comes before and behind the whole blocks shares no page of the system's memory with them.
  const outcomes = await Promise.allSettled([
    writeFully(handle, position, between(chunks, 0, from - position)),
    direct.write(from, chunks, from - position, to - position),
    writeFully(handle, to, between(chunks, to - position, length)),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  if (outcomes[1].status === 'fulfilled' && !outcomes[1].value) await writeInParts(handle, position, chunks, ahead);
}

/** Writes so many bytes, then the next ones while the disk takes those. */
const PART_BYTES = 8 * 1024 * 1024;

async function writeInParts(
  handle: FileHandle,
  position: number,
  chunks: readonly Uint8Array[],
  ahead: SyncAhead,
): Promise<void> {
  let part: Uint8Array[] = [];
  let at = position;
  let bytes = 0;
  for (const chunk of chunks) {
    if (bytes >= PART_BYTES) {
      await writeFully(handle, at, part);
      ahead.begin();
      at += bytes;
      part = [];
      bytes = 0;
    }
    part.push(chunk);
    bytes += chunk.byteLength;
  }
  await writeFully(handle, at, part);
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function writeFully(handle: FileHandle, position: number, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = between(chunks, 0, Infinity);
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    // A disk that takes nothing and reports nothing would be asked for ever.
    if (bytesWritten === 0) throw new Error(`Nothing was written at byte ${at}, and no reason was given.`);
    at += bytesWritten;
    rest = between(rest, bytesWritten, Infinity);
  }
}

/** The bytes from one place to another of what the chunks are together. */
function between(chunks: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const end = at + chunk.byteLength;
    // Most chunks are wanted whole, and of a long write there are tens of thousands.
    const piece = at >= from && end <= to ? chunk : chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (piece.byteLength > 0) found.push(piece);
    at = end;
  }
  return found;
}

/**
 * Makes a folder and those above it, and returns once all that were made are durable.
 * @param folder  a path of this machine
 * @param name, advice  what it is, and what to do when it cannot be made, for the message
 * @returns those that were made, the highest first
 * @throws DaybookError `FOLDER_UNUSABLE` when it cannot be made, or is no folder; `DISK_FULL`
 */
export async function makeDurableFolder(
  folder: string,
  name = 'data folder',
  advice = 'Name another with --data.',
): Promise<readonly string[]> {
  try {
    return await makeFolders(folder);
  } catch (cause) {
    if (isOutOfRoom(cause)) throw diskFull('make the folder', folder, cause);
    const code = codeOf(cause) ?? String(cause);
    const reason = UNUSABLE_BECAUSE[code] ?? `no folder can be made there (${code})`;
    const message = `The ${name} ${folder} cannot be used: ${reason}. ${advice}`;
    throw new DaybookError('FOLDER_UNUSABLE', message, { details: { path: folder }, cause });
  }
}

const UNUSABLE_BECAUSE: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file, not a folder',
  ENOTDIR: 'something above it is a file, not a folder',
  EACCES: 'this user has no right to make it',
  EPERM: 'this user has no right to make it',
  EROFS: 'nothing can be written there',
};

/** Takes folders away that were made in vain, as `makeDurableFolder` gave them; what has anything in it stays. */
export async function removeEmptyFolders(made: readonly string[]): Promise<void> {
  // One that stays has those above it stay.
  for (const each of made.toReversed()) await rmdir(each).catch(() => undefined);
}

async function makeFolders(folder: string): Promise<readonly string[]> {
  const made = await makeMissing(resolve(folder));
  // A new folder is an entry in the one above it.
  for (const each of made.toReversed()) await syncFolder(dirname(each));
  return made;
}

/**
 * Makes a folder and those above it that are missing. The `recursive` of Node's own `mkdir` tries for ever where a
 * folder is there but takes no new ones, such as /proc.
 * @param folder  a whole path
 * @returns what was made, the highest first
 */
async function makeMissing(folder: string): Promise<readonly string[]> {
  if (await isFolder(folder)) return [];
  const above = dirname(folder);
  const made = above === folder ? [] : await makeMissing(above);
  try {
    await mkdir(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (codeOf(error) === 'EEXIST' && (await isFolder(folder))) return made;
    throw error;
  }
  return [...made, folder];
}

async function isFolder(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.isDirectory() ?? false;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders as files and makes entries durable by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function translated<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isOutOfRoom(cause)) throw diskFull(operation, path, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Could not ${operation} ${path}: ${reason}. Check that the disk is well and that Daybook may use this path.`;
    throw new DaybookError('DISK_FAILED', message, { details: { path, operation }, cause });
  }
}

function diskFull(operation: string, path: string, cause: unknown): DaybookError {
  const message = `The disk is full: could not ${operation} ${path}. Make room on the disk; Daybook then goes on by itself.`;
  return new DaybookError('DISK_FULL', message, { retryable: true, details: { path, operation }, cause });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
