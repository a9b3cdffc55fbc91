import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DaybookError } from '../../src/base/errors.ts';
import type { Server } from '../part.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; Debian's package makes this user. */
const UNPRIVILEGED = 'postgres';
const USER = 'daybook';
const DATABASE = 'daybook';
const PASSWORD_BYTES = 24;

export interface PostgresOptions {
  readonly folder: string;
  /** `initdb`, beside which the other programs are. */
  readonly initdb: string;
  readonly port: number;
}

/** PostgreSQL: one server with a database and a user of its own, whose password is made up. */
export async function postgresServer(options: PostgresOptions): Promise<Server> {
  const { initdb, port } = options;
  const folder = folderOf(options.folder);
  const data = join(folder, 'data');
  const asUser = process.getuid?.() === 0 ? await unprivileged() : { prefix: [], uid: undefined, gid: undefined };
  return {
    name: 'postgres',
    part: 'postgres',
    port,
    command: command([
      ...asUser.prefix,
      join(dirname(initdb), 'postgres'),
      '-D',
      data,
      ...['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='].flatMap((each) => ['-c', each]),
    ]),
    workingFolder: folder,
    readyText: 'database system is ready to accept connections',
    predecessorText: /shared memory block|lock file "postmaster\.pid" already exists/,
    stage: 0,
    async prepare() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (asUser.uid !== undefined) await chown(folder, asUser.uid, asUser.gid);
      if (asUser.prefix.length > 0) await checkReachable(asUser.prefix, folder);
      if (existsSync(data)) return;
      await makePassword(options.folder, asUser);
      await makeDatabase(asUser.prefix, initdb, folder, data);
    },
  };
}

/**
 * The URL of a stack's PostgreSQL, with its password.
 * @throws Error of the system when there is no password yet
 */
export async function postgresUrl(stackFolder: string, port: number): Promise<string> {
  const password = (await readFile(passwordFile(stackFolder), 'utf8')).trim();
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/** The file that holds the password; its owner alone may read it. */
export function passwordFile(stackFolder: string): string {
  return join(folderOf(stackFolder), 'password');
}

function folderOf(stackFolder: string): string {
  return join(stackFolder, 'postgres');
}

interface RunAs {
  /** What a command is begun with. */
  readonly prefix: readonly string[];
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

async function unprivileged(): Promise<RunAs & { readonly uid: number; readonly gid: number }> {
  try {
    const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, UNPRIVILEGED])).stdout);
    return {
      prefix: ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--init-groups'],
      uid: await idOf('-u'),
      gid: await idOf('-g'),
    };
  } catch (cause) {
    throw new DaybookError(
      'STACK_NEEDS',
      `PostgreSQL does not run as root, and there is no user '${UNPRIVILEGED}' to run it as. Install Debian's package, ` +
        'which makes that user (apt-get install postgresql), or run this as an ordinary user.',
      { cause },
    );
  }
}

async function checkReachable(prefix: readonly string[], folder: string): Promise<void> {
  const [program, ...args] = command([...prefix, 'test', '-x', folder]);
  try {
    await run(program, args);
  } catch (cause) {
    throw new DaybookError(
      'STACK_FOLDER',
      `PostgreSQL runs as the user '${UNPRIVILEGED}', who cannot reach ${folder}: one of the folders above it is closed ` +
        'to others. Choose another folder with --folder, such as one in /var/lib.',
      { details: { folder }, cause },
    );
  }
}

async function makePassword(stackFolder: string, { uid, gid }: RunAs): Promise<void> {
  const path = passwordFile(stackFolder);
  await writeFile(path, `${randomBytes(PASSWORD_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

/** Only a whole database gets the data's name, so that one that was interrupted is made again. */
async function makeDatabase(prefix: readonly string[], initdb: string, folder: string, data: string): Promise<void> {
  const unfinished = `${data}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const runAs = (args: readonly string[]): ReturnType<typeof run> => {
    const [program, ...rest] = command([...prefix, ...args]);
    return run(program, rest, { cwd: folder });
  };
  await runAs([
    initdb,
    `--pgdata=${unfinished}`,
    `--username=${USER}`,
    `--pwfile=${join(folder, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-instructions',
  ]);
  // Before it listens to anybody.
  const [program, ...rest] = command([
    ...prefix,
    join(dirname(initdb), 'postgres'),
    '--single',
    '-D',
    unfinished,
    'postgres',
  ]);
  const creating = run(program, rest, { cwd: folder });
  creating.child.stdin?.end(`create database ${DATABASE}\n`);
  await creating;
  await rename(unfinished, data);
}

function command(words: readonly string[]): readonly [string, ...string[]] {
  const [program = '', ...args] = words;
  return [program, ...args];
}
