import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import type { CheckpointFile } from '../engine/checkpoint.ts';
import { inspectCheckpoints } from '../engine/checkpoint.ts';
import { readPutBacks } from '../engine/put-backs.ts';
import { openLog } from '../log/log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk } from '../ports/disk.ts';
import type { LogMark } from '../ports/log.ts';
import { openDisk } from './machine/disk.ts';
import { readHolder } from './machine/lock.ts';
import { isDaybookAt, urlOf } from './port-holder.ts';

const NODE_MAJOR_MIN = 24;
const FREE_BYTES_LOW = 1024 ** 3;
const FREE_BYTES_TOO_LOW = 100 * 1024 ** 2;

/** What one check found; a warning or a problem says what to do. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

export interface DiagnoseOptions {
  readonly root: string;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Where the built pages are. */
  readonly pages: string;
}

/** Looks at what a Daybook needs on this machine, one check after the other; changes nothing. */
export async function* diagnose(options: DiagnoseOptions): AsyncGenerator<Finding> {
  yield nodeVersion();
  const folder = await folderUsable(options.root);
  yield folder;
  const holderUrl = folder.state === 'ok' ? yield* insideFolder(options.root) : undefined;
  yield pagesBuilt(options.pages);
  yield await portFree(options, holderUrl);
}

/** @returns where the Daybook that holds the folder serves */
async function* insideFolder(root: string): AsyncGenerator<Finding, string | undefined> {
  yield await freeSpace(root);
  const { finding, url } = await holder(root);
  yield finding;
  yield* records(root);
  return url;
}

function nodeVersion(): Finding {
  const { node } = process.versions;
  return Number.parseInt(node, 10) >= NODE_MAJOR_MIN
    ? { check: 'Node.js', state: 'ok', text: node }
    : {
        check: 'Node.js',
        state: 'problem',
        text: `${node} is too old. Use ${NODE_MAJOR_MIN} or newer; npm ci brings one, and npm start uses it.`,
      };
}

async function folderUsable(root: string): Promise<Finding> {
  const check = 'data folder';
  const full = resolve(root);
  const place = nearestExisting(full);
  if (!(await stat(place)).isDirectory()) {
    const text = `${place} is a file, not a folder. Choose another folder with --data.`;
    return { check, state: 'problem', text };
  }
  try {
    await access(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `${place} cannot be read and written: ${reason}. Give this user the right to, or choose another folder with --data.`;
    return { check, state: 'problem', text };
  }
  if (!(await takesFolders(place))) {
    const text = `${place} takes no new files or folders. Choose another folder with --data.`;
    return { check, state: 'problem', text };
  }
  return place === full
    ? { check, state: 'ok', text: `${root} can be read and written` }
    : { check, state: 'ok', text: `${root} is not there yet; it can be made` };
}

/** The right to write is not all: /proc takes no folders from anybody. */
async function takesFolders(place: string): Promise<boolean> {
  try {
    await rmdir(await mkdtemp(join(place, '.daybook-doctor-')));
    return true;
  } catch {
    return false;
  }
}

function nearestExisting(path: string): string {
  let place = path;
  while (!existsSync(place)) place = dirname(place);
  return place;
}

async function freeSpace(root: string): Promise<Finding> {
  const check = 'free space';
  const { bavail, bsize } = await statfs(nearestExisting(resolve(root)));
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB`;
  if (free < FREE_BYTES_TOO_LOW) return { check, state: 'problem', text: `only ${text}. Make room on that disk.` };
  return free < FREE_BYTES_LOW
    ? { check, state: 'warning', text: `only ${text}; make room before it runs out` }
    : { check, state: 'ok', text };
}

async function holder(root: string): Promise<{ readonly finding: Finding; readonly url: string | undefined }> {
  const check = 'holder';
  try {
    const found = await readHolder(root);
    if (found === undefined)
      return { finding: { check, state: 'ok', text: 'nobody holds the data folder' }, url: undefined };
    const who = found.pid === undefined ? 'a process that is just starting' : `process ${found.pid}`;
    const where = found.url === undefined ? '' : `, which serves at ${found.url}`;
    return { finding: { check, state: 'ok', text: `${who} holds the data folder${where}` }, url: found.url };
  } catch (error) {
    return { finding: { check, state: 'problem', text: sentence(error) }, url: undefined };
  }
}

/** The log and what stands beside it, as a start would find them. */
async function* records(root: string): AsyncGenerator<Finding> {
  if (!existsSync(root)) {
    yield { check: 'log', state: 'ok', text: 'empty: nothing was accepted yet' };
    return;
  }
  const disk = openDisk(root);
  // Before the log, on which a Daybook that runs goes on writing.
  const checkpoints = await inspectCheckpoints(disk);
  const log = await logWhole(disk, checkpoints[0]);
  yield log;
  for (const checkpoint of checkpoints) yield await checkpointUsable(disk, checkpoint, log.state === 'ok');
  yield await marksWhole(disk);
}

async function logWhole(disk: Disk, newest: CheckpointFile | undefined): Promise<Finding> {
  const check = 'log';
  try {
    // What is torn before the place of a checkpoint was durable.
    if (newest?.facts !== undefined) await isOfLog(disk, newest.facts);
    const { log } = await openLog(disk, { readOnly: true, reaches: newest?.facts ?? newest });
    const { segments, bytes, nextOffset } = log.status();
    await log.close();
    return {
      check,
      state: 'ok',
      text: `whole: ${counted(nextOffset, 'record')} in ${counted(segments, 'segment')}, ${counted(bytes, 'byte')}`,
    };
  } catch (error) {
    return { check, state: 'problem', text: sentence(error) };
  }
}

async function checkpointUsable(disk: Disk, checkpoint: CheckpointFile, isLogWhole: boolean): Promise<Finding> {
  const { path, offset, facts } = checkpoint;
  const check = 'checkpoint';
  if (facts === undefined) {
    const text = `${path} is damaged, or of another version of Daybook; a start makes it anew from the log`;
    return { check, state: 'warning', text };
  }
  if (isLogWhole && !(await isOfLog(disk, facts))) {
    return {
      check,
      state: 'warning',
      text: `${path} is of another log; a start removes it, and makes it anew from this one`,
    };
  }
  return { check, state: 'ok', text: `${path}: whole, at offset ${offset}` };
}

/** Whether what a checkpoint knows stands in the log. @throws DaybookError `LOG_CORRUPT` */
async function isOfLog(disk: Disk, facts: LogMark): Promise<boolean> {
  try {
    const { log } = await openLog(disk, { readOnly: true, verifiedUpTo: facts });
    await log.close();
    return true;
  } catch (error) {
    if (error instanceof DaybookError && error.code === 'LOG_POSITION_UNKNOWN') return false;
    throw error;
  }
}

async function marksWhole(disk: Disk): Promise<Finding> {
  const check = 'marks of refused records';
  try {
    const { marks, damagedLines } = await readPutBacks(disk);
    const text = `${counted(new Set(marks.map(({ id }) => id)).size, 'record')} put right`;
    if (damagedLines === 0) return { check, state: 'ok', text };
    const lost = `${counted(damagedLines, 'line')} damaged; a start sets the file aside and opens those records again`;
    return { check, state: 'warning', text: `${text}, ${lost}` };
  } catch (error) {
    return { check, state: 'problem', text: sentence(error) };
  }
}

function pagesBuilt(pages: string): Finding {
  return existsSync(join(pages, 'index.html'))
    ? { check: 'pages', state: 'ok', text: 'built' }
    : { check: 'pages', state: 'problem', text: 'not built, so there is no dashboard. Run npm run build.' };
}

async function portFree({ host, port, clock }: DiagnoseOptions, holderUrl: string | undefined): Promise<Finding> {
  const check = 'port';
  if (holderUrl !== undefined && Number(new URL(holderUrl).port) === port) {
    return { check, state: 'ok', text: `${port} is used by the Daybook that holds the folder` };
  }
  const refused = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    const server = createServer();
    server.once('error', done);
    server.listen({ host, port }, () => server.close(() => done(undefined)));
  });
  if (refused === undefined) return { check, state: 'ok', text: `${port} is free` };
  return { check, state: 'warning', text: await portRefused(refused, host, port, clock) };
}

async function portRefused(
  { code, message }: NodeJS.ErrnoException,
  host: string,
  port: number,
  clock: Clock,
): Promise<string> {
  switch (code ?? '') {
    case 'EADDRINUSE': {
      const who = (await isDaybookAt(urlOf(host, port), clock)) ? 'another Daybook' : 'another program';
      return `${port} is taken by ${who}. Stop that one, or choose another port with --port.`;
    }
    case 'EACCES':
      return `${port} may not be used by this user. Choose one from 1024 on with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine has no address '${host}'. Choose another with --host.`;
    default:
      return `${port} cannot be used: ${message}. Choose another with --port.`;
  }
}

function sentence(error: unknown): string {
  if (error instanceof DaybookError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
