import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonEnvironment } from '../python/environment.ts';

const run = promisify(execFile);
const DEPLOY = resolve(import.meta.dirname, '../../deploy/superset');
const POLL_MS = 100;

/** A real Superset with the project's configuration, empty but for its administrator. */
export interface SupersetProcess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

/** Sets up and starts Superset. @param home  a folder of its own */
export async function startSuperset(home: string): Promise<SupersetProcess> {
  const { program } = await pythonEnvironment('superset', join(DEPLOY, 'requirements.txt'));
  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  await mkdir(home, { recursive: true });
  const environment = {
    ...process.env,
    SUPERSET_CONFIG_PATH: join(DEPLOY, 'superset_config.py'),
    PYTHONPATH: DEPLOY,
    PYTHONDONTWRITEBYTECODE: '1',
    SUPERSET_HOME: home,
    SUPERSET_SECRET_KEY: randomBytes(32).toString('base64url'),
    SUPERSET_ADMIN_PASSWORD: password,
  };
  await run(program('python'), [join(DEPLOY, 'set_up.py')], { env: environment, maxBuffer: Infinity });
  const log = join(home, 'superset.log');
  await using file = await open(log, 'a');
  const child = spawn(
    program('gunicorn'),
    // Its own two seconds end a connection that rests just when `fetch`, which keeps one for four, may use it again.
    [
      '-w',
      '1',
      '-k',
      'gthread',
      '--threads',
      '8',
      '--keep-alive',
      '60',
      '-b',
      `127.0.0.1:${port}`,
      'superset.app:create_app()',
    ],
    { env: environment, stdio: ['ignore', file.fd, file.fd] },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(child, url, log);
  return {
    url,
    user: 'admin',
    password,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function untilHealthy(child: ChildProcess, url: string, log: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Superset ended:\n${await readFile(log, 'utf8')}`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(POLL_MS);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
