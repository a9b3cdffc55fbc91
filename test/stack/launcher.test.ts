import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { portsOfEnvironment } from '../../stack/free-ports.ts';
import { openStack } from '../../stack/stack.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { startServers, stopLeftServers } from './servers.ts';

const STACK = resolve(import.meta.dirname, '../../stack');
const isAlive = (pid: number | undefined): boolean => pid !== undefined && process.kill(pid, 0);

test('the commands start PostgreSQL once, say where it is, and stop it', async () => {
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o711);
  const inFolder = ['--only', 'postgres', '--folder', join(folder.path, 'stack')];
  const ports = { DAYBOOK_STACK_PORTS: process.env['DAYBOOK_STACK_PORTS'] ?? '20000-32000' };
  const [up, also] = await Promise.all([
    runDaybook(['stack', 'up', ...inFolder], '', ports),
    runDaybook(['stack', 'up', ...inFolder], '', ports),
  ]);
  try {
    expect([up.code, also.code]).toEqual([0, 0]);
    const starts = `${up.stderr}${also.stderr}`.match(/postgres is starting/g);
    expect(starts).toHaveLength(1);
    const status = await runDaybook(['stack', 'status', '--json', ...inFolder], '', ports);
    const { postgres, ...others } = JSON.parse(status.stdout) as { postgres: string };
    expect(others).toEqual({});
    expect(postgres).toMatch(/^postgres:\/\/daybook:[\w-]{32}@127\.0\.0\.1:\d+\/daybook$/);
    const { password } = new URL(postgres);
    expect(up.stdout + up.stderr).not.toContain(password);
    const file = await stat(join(folder.path, 'stack/postgres/password'));
    expect(file.mode & 0o777).toBe(0o600);
  } finally {
    const down = await runDaybook(['stack', 'down', ...inFolder], '', ports);
    expect(down.stderr).toBe('postgres is stopped.\n');
  }
  const after = await runDaybook(['stack', 'status', '--json', ...inFolder], '', ports);
  expect(after.stdout).toBe('{}\n');
});

test('two stacks run side by side; what is killed in one starts again there, and stopping one leaves the other', async () => {
  await using one = await startServers(['kafka', 'postgres']);
  const other = await startServers(['kafka', 'postgres']);
  expect(new Set([...Object.values(one.at), ...Object.values(other.at)]).size).toBe(4);
  const [before] = await one.stack.servers();
  const doctor = async (): Promise<string> =>
    (await runDaybook(['doctor', '--port', '0'], '', { DAYBOOK_STACK: one.stack.folder })).stdout;
  expect(await doctor()).toMatch(new RegExp(`^ok +stack, kafka-1: answers at ${one.at.kafka}$`, 'm'));
  // It ends by itself, as far as the stack knows.
  process.kill(before?.pid ?? 0, 'SIGKILL');
  await expect.poll(doctor).toMatch(/^warning +stack, kafka-1: has ended, .*logs\/kafka-1\.log.*daybook stack up/m);
  await one.stack.kill('kafka-1');
  expect(await doctor()).toMatch(/^ok +stack, kafka-1: does not run; daybook stack up starts it$/m);
  expect(await one.stack.addresses()).toEqual({ postgres: one.at.postgres });
  expect(await other.stack.addresses()).toEqual(other.at);
  await one.stack.start('kafka-1');
  await one.stack.kill('postgres');
  await one.stack.start('postgres');
  const pids = (await other.stack.servers()).map(({ pid }) => pid);
  await other[Symbol.asyncDispose]();
  expect(pids.map((pid) => isRunningStill(pid))).toEqual([false, false]);
  expect(await one.stack.addresses()).toEqual(one.at);
  const [after] = await one.stack.servers();
  expect(isAlive(after?.pid)).toBe(true);
  expect(after?.pid).not.toBe(before?.pid);
});

test('servers of a test that gave up while they were started are stopped, and leave nothing behind', async () => {
  await using folder = await temporaryFolder();
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder.path;
  const starting = startServers(['kafka']).then(
    () => 'started',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  let pid: number | undefined;
  const findBroker = async (): Promise<boolean> => {
    const [name] = await readdir(folder.path);
    const state = await readFile(join(folder.path, name ?? '', 'stack.json'), 'utf8').catch(() => '{}');
    pid = (JSON.parse(state) as { processes?: Readonly<Record<string, { pid: number }>> }).processes?.['kafka-1']?.pid;
    return pid !== undefined;
  };
  await expect.poll(findBroker, { interval: 20 }).toBe(true);
  await stopLeftServers();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  expect(isRunningStill(pid)).toBe(false);
  expect(await readdir(folder.path)).toEqual([]);
  expect(await starting).toContain('kafka-1 did not start');
});

function isRunningStill(pid: number | undefined): boolean {
  try {
    return isAlive(pid);
  } catch {
    return false;
  }
}

test('Kafka starts whatever its cluster’s id, also one that looks like a flag', async () => {
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, 'stack.json'),
    JSON.stringify({ clusterId: '-EHwkLLXTRBhB4JkBwhpSg', processes: {} }),
  );
  const stack = openStack({ folder: folder.path, clock: machineClock(), ports: portsOfEnvironment(false) });
  try {
    await stack.up(['kafka']);
    expect(await stack.addresses()).toEqual({ kafka: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string });
  } finally {
    await stack.down();
  }
});

test('a server that cannot start is named, with what it wrote', async () => {
  await using servers = await startServers(['kafka']);
  const stack = servers.stack.folder;
  await servers.stack.down();
  await writeFile(join(stack, 'kafka-1/data/meta.properties'), 'version=1\ncluster.id=another\nnode.id=7\n');
  await expect(servers.stack.up(['kafka'])).rejects.toMatchObject({
    code: 'STACK_FAILED',
    message: expect.stringContaining('kafka-1.log ends with:') as string,
  });
  expect(await servers.stack.addresses()).toEqual({});
  await expect(servers.stack.kill('kafka-9')).rejects.toThrow("no server 'kafka-9'. It has: kafka-1");
});

test('two processes that fill an empty cache fetch once, and what was interrupted is fetched again', async () => {
  await using folder = await temporaryFolder();
  const cache = join(folder.path, 'cache');
  await mkdir(join(cache, 'kafka-4.4.0.unfinished'), { recursive: true });
  await writeFile(join(cache, 'kafka-4.4.0.unfinished/half.jar'), 'half');
  const script = `
    import { fetchPackages } from ${JSON.stringify(join(STACK, 'cache.ts'))};
    const clock = { nowMs: () => 0, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) };
    const told = new Set();
    const { kafka } = await fetchPackages(['kafka'], { clock, onFetch: (title) => told.add(title) });
    process.stdout.write(JSON.stringify({ kafka, told: [...told] }));`;
  const fetching = async (): Promise<{ kafka: string; told: string[] }> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, DAYBOOK_CACHE: cache },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    await once(child, 'close');
    return JSON.parse(out) as { kafka: string; told: string[] };
  };
  const [one, other] = await Promise.all([fetching(), fetching()]);
  expect([...one.told, ...other.told].filter((title) => title.startsWith('Kafka'))).toHaveLength(1);
  expect(one.kafka).toBe(other.kafka);
  const files = await readdir(join(cache, 'kafka-4.4.0'));
  expect(files).not.toContain('half.jar');
  expect(files.filter((name) => name.startsWith('kafka_2.13-'))).toEqual(['kafka_2.13-4.4.0.jar']);
  expect((await readFile(join(cache, 'kafka-4.4.0/kafka_2.13-4.4.0.jar'))).subarray(0, 2).toString()).toBe('PK');
});
