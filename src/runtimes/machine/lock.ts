import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as sqlite from 'node:sqlite';

import { DaybookError } from '../../base/errors.ts';
import { makeDurableFolder } from './disk.ts';

const LOCK_FILE = 'lock.db';
const HOLDER_FILE = 'holder.json';
/** SQLite's result code for "someone else holds it". */
const SQLITE_BUSY = 5;
/** And for "this is no database". */
const SQLITE_NOTADB = 26;
/** How long a taker waits for those who only look (`readHolder` holds a shared lock for a moment). */
const TAKE_TIMEOUT_MS = 250;

/** Who holds a data folder. */
export interface Holder {
  /** The process; undefined when it has not said so yet. */
  readonly pid: number | undefined;
  /** Where it serves; undefined when it does not, or does not yet. */
  readonly url: string | undefined;
}

/** A data folder held by this process. The lock ends with `release` or with the process, however that ends. */
export interface FolderLock extends AsyncDisposable {
  /** Says where the holder serves. Atomic: a reader sees all of it or what stood before. */
  announce(url: string): Promise<void>;
  /** Lets go of the folder. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes a data folder for this process, making it when there is none.
 * Never open `lock.db` by other means in the process that holds it: closing any handle of it would drop the lock.
 * @param root  the data folder, a path of this machine
 * @param url  where this process serves, when that is known already
 * @throws DaybookError `FOLDER_HELD` (details: pid, url) when another holder has it; `FOLDER_UNUSABLE` when it cannot be
 * made, or is no folder; `LOCK_FAILED` when it cannot be locked at all
 */
export async function takeFolderLock(root: string, url?: string): Promise<FolderLock> {
  const unlocked = await holderWithoutLock(root);
  if (unlocked !== undefined) throw folderHeld(root, unlocked, ` ${whenNoLockIsThere(root)}`);
  const database = await lockDatabase(root);
  if (database === undefined) throw folderHeld(root, await readAnnouncement(root));
  let held = true;
  const release = async (): Promise<void> => {
    if (!held) return;
    held = false;
    // While the lock is still held, so that it is never the next holder's file that goes.
    try {
      await rm(join(root, HOLDER_FILE), { force: true });
    } finally {
      database.close();
    }
  };
  try {
    await writeAnnouncement(root, url);
  } catch (cause) {
    database.close();
    throw lockFailed(root, cause);
  }
  return {
    async announce(newUrl) {
      if (held) await writeAnnouncement(root, newUrl);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

/**
 * Who holds a data folder at present.
 * @returns undefined when nobody does, or there is no such folder; without pid and url when the holder has not
 * announced itself yet, so ask again soon
 * @throws DaybookError `LOCK_FAILED` when it cannot be told
 */
export async function readHolder(root: string): Promise<Holder | undefined> {
  const path = join(root, LOCK_FILE);
  if (!existsSync(path)) return holderWithoutLock(root);
  let database: sqlite.DatabaseSync | undefined;
  try {
    // A shared lock, so that those who look do not stand in each other's way.
    database = openDatabase(path, { readOnly: true, timeout: 0 });
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return undefined;
  } catch (cause) {
    if (!isBusy(cause)) throw lockFailed(root, cause);
  } finally {
    database?.close();
  }
  return readAnnouncement(root);
}

/**
 * A living process that holds a folder whose `lock.db` somebody has removed. Its lock is on a file that nobody finds any
 * more, so a second one would write over what it writes.
 */
async function holderWithoutLock(root: string): Promise<Holder | undefined> {
  if (existsSync(join(root, LOCK_FILE))) return undefined;
  const holder = await readAnnouncement(root);
  return holder.pid === undefined || holder.pid === process.pid ? undefined : holder;
}

/** The database with its lock held; undefined when someone else holds it. */
async function lockDatabase(root: string): Promise<sqlite.DatabaseSync | undefined> {
  await makeDurableFolder(root);
  let database: sqlite.DatabaseSync | undefined;
  try {
    database = openDatabase(join(root, LOCK_FILE), { timeout: TAKE_TIMEOUT_MS });
    // The journal in memory: taking the lock writes nothing, so it works on a full disk and leaves no file behind.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) return undefined;
    throw lockFailed(root, cause);
  }
}

function openDatabase(
  path: string,
  options: { readonly readOnly?: boolean; readonly timeout: number },
): sqlite.DatabaseSync {
  const { DatabaseSync } = sqliteWithoutWarning();
  return new DatabaseSync(path, options);
}

/** Earlier releases of Node 24 warn when SQLite is first loaded; that one warning is kept back, and no other. */
function sqliteWithoutWarning(): typeof sqlite {
  // oxlint-disable-next-line typescript/unbound-method -- it is put back as it was, and called on process alone
  const emitWarning = process.emitWarning;
  const emitOthers = (warning: string | Error, ...rest: unknown[]): void => {
    const text = typeof warning === 'string' ? warning : warning.message;
    if (text.includes('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  process.emitWarning = emitOthers;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function writeAnnouncement(root: string, url: string | undefined): Promise<void> {
  const path = join(root, HOLDER_FILE);
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, `${JSON.stringify({ pid: process.pid, url, folder: await folderId(root) })}\n`);
  await rename(unfinished, path);
}

/** Tells a folder from a copy of it, and is the same wherever it is mounted or moved to on its disk. */
async function folderId(root: string): Promise<string> {
  return String((await stat(root, { bigint: true })).ino);
}

/** What the holder said of itself. What a dead process left behind is not the holder's, nor what came with a copy. */
async function readAnnouncement(root: string): Promise<Holder> {
  const silent = { pid: undefined, url: undefined };
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(join(root, HOLDER_FILE), 'utf8'));
  } catch {
    // Not there yet, or not ours: either way nothing is known of the holder.
    return silent;
  }
  if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || typeof parsed.pid !== 'number')
    return silent;
  if (!isAlive(parsed.pid)) return silent;
  // One that was started by an older release says nothing of it.
  if ('folder' in parsed && parsed.folder !== (await folderId(root))) return silent;
  return { pid: parsed.pid, url: 'url' in parsed && typeof parsed.url === 'string' ? parsed.url : undefined };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isNoDatabase(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_NOTADB;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** @param more  a sentence to be added */
function folderHeld(root: string, holder: Holder, more = ''): DaybookError {
  const details = { pid: holder.pid, url: holder.url };
  return new DaybookError('FOLDER_HELD', heldMessage(root, holder) + more, { details });
}

function whenNoLockIsThere(root: string): string {
  return `Its ${LOCK_FILE} was removed. If that process is no Daybook, remove ${join(root, HOLDER_FILE)} too.`;
}

function heldMessage(root: string, holder: Holder): string {
  const who =
    holder.pid === undefined ? 'another Daybook that is just starting' : `the Daybook of process ${holder.pid}`;
  const where = holder.url === undefined ? '' : `, which serves at ${holder.url}`;
  return `The data folder ${root} is held by ${who}${where}. Use that one, stop it first, or choose another folder with --data.`;
}

function lockFailed(root: string, cause: unknown): DaybookError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const advice = isNoDatabase(cause)
    ? `Nothing is kept in ${LOCK_FILE}: when no Daybook runs on the folder, remove it.`
    : 'Daybook must be able to write there, also to read from it, and it must be a local disk: give this user the right to, or copy the folder and name the copy.';
  const message = `Could not lock the data folder ${root}: ${reason}. ${advice}`;
  return new DaybookError('LOCK_FAILED', message, { details: { path: join(root, LOCK_FILE) }, cause });
}
