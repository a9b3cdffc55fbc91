import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { machineClock } from '../src/runtimes/machine/clock.ts';
import type { Started } from './process.ts';
import { isRunning, signalProcess, startProcess, untilEnded } from './process.ts';

const clock = machineClock();
let folder: string;
let running: Started | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybook-process-'));
});

afterEach(async () => {
  if (running !== undefined) signalProcess(running, 'SIGKILL');
  running = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function start(script: string): Promise<Started> {
  const logFile = join(folder, 'log');
  const options = { command: [process.execPath, '-e', script] as const, workingFolder: folder, logFile };
  running = await startProcess({ ...options, environment: {} });
  return running;
}

test('a process that was started runs until it is told to end', async () => {
  const started = await start('setInterval(() => {}, 1000)');
  expect(isRunning(started)).toBe(true);
  expect(signalProcess(started, 'SIGTERM')).toBe(true);
  expect(await untilEnded(started, 10_000, clock)).toBe(true);
  expect(signalProcess(started, 'SIGTERM')).toBe(false);
});

test('another process that has the number of an ended one is left alone', async () => {
  const started = await start('setInterval(() => {}, 1000)');
  const ended = { pid: started.pid, began: 'at another time' };
  expect(isRunning(ended)).toBe(false);
  expect(signalProcess(ended, 'SIGKILL')).toBe(false);
  expect(isRunning(started)).toBe(true);
});

test('what it writes is in its log, and what is no program is an error', async () => {
  const started = await start('console.log("out"); console.error("err")');
  await untilEnded(started, 10_000, clock);
  expect((await readFile(join(folder, 'log'), 'utf8')).split('\n').sort()).toEqual(['', 'err', 'out']);
  const missing = { command: [join(folder, 'missing')] as const, environment: {}, workingFolder: folder };
  await expect(startProcess({ ...missing, logFile: join(folder, 'log') })).rejects.toThrow('ENOENT');
});
