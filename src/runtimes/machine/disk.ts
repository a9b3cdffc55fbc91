import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { DaybookError } from '../../base/errors.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';

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
    makeFolder: (folder) => translated('make the folder', at(folder), () => makeDurableFolder(at(folder))),
    read: (path) => translated('read', at(path), () => unlessMissing(readFile(at(path)))),
    open: (path, mode) =>
      translated('open', at(path), async () => machineFile(path, at(path), await open(at(path), OPEN_FLAGS[mode]))),
    rename: (from, to) => translated('rename', at(from), () => rename(at(from), at(to))),
    remove: (path) => translated('remove', at(path), () => rm(at(path), { force: true })),
    syncFolder: (folder) => translated('sync the folder', at(folder), () => syncFolder(at(folder))),
  };
}

function machineFile(path: string, fullPath: string, handle: FileHandle): DiskFile {
  return {
    path,
    size: () => translated('stat', fullPath, async () => (await handle.stat()).size),
    readAt: (position, length) => translated('read', fullPath, () => readFully(handle, position, length)),
    writeAt: (position, chunks) => translated('write', fullPath, () => writeFully(handle, position, chunks)),
    truncate: (size) => translated('truncate', fullPath, () => handle.truncate(size)),
    // fdatasync leaves out times only: the size and the blocks, without which the content could not be read back, go
    // to the disk with it (POSIX: "synchronized I/O data integrity completion").
    sync: () => translated('sync', fullPath, () => handle.datasync()),
    close: () => translated('close', fullPath, () => handle.close()),
  };
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
  let rest = chunks.filter((chunk) => chunk.byteLength > 0);
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    // A disk that takes nothing and reports nothing would be asked for ever.
    if (bytesWritten === 0) throw new Error(`Nothing was written at byte ${at}, and no reason was given.`);
    at += bytesWritten;
    rest = withoutFirst(rest, bytesWritten);
  }
}

function withoutFirst(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    const taken = Math.min(left, chunk.byteLength);
    left -= taken;
    if (taken < chunk.byteLength) rest.push(chunk.subarray(taken));
  }
  return rest;
}

/**
 * Makes a folder and those above it, and returns once all that were made are durable.
 * @param folder  a path of this machine
 * @throws what node:fs throws
 */
export async function makeDurableFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined) return;
  // A new folder is an entry in the one above it.
  const top = dirname(resolve(firstMade));
  for (let made = resolve(folder); made !== top && made !== dirname(made); made = dirname(made)) {
    await syncFolder(dirname(made));
  }
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
    const details = { path, operation };
    const code = codeOf(cause);
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const message = `The disk is full: could not ${operation} ${path}. Make room on the disk; Daybook then goes on by itself.`;
      throw new DaybookError('DISK_FULL', message, { retryable: true, details, cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Could not ${operation} ${path}: ${reason}. Check that the disk is well and that Daybook may use this path.`;
    throw new DaybookError('DISK_FAILED', message, { details, cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
