import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import { openLog } from '../log/log.ts';
import type { Clock } from '../ports/clock.ts';
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
  yield await logWhole(root);
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

async function logWhole(root: string): Promise<Finding> {
  const check = 'log';
  if (!existsSync(root)) return { check, state: 'ok', text: 'empty: nothing was accepted yet' };
  try {
    const { log } = await openLog(openDisk(root), { readOnly: true });
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
