import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { STEPPED_BACK, stepBackProcess } from './priority.ts';

const run = promisify(execFile);
const MODULE = resolve(import.meta.dirname, 'priority.ts');
const TELL = `process.stdout.write(String((await import('node:os')).getPriority()))`;

/** The niceness that a program of Node's tells of itself. */
async function toldBy(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  return Number((await run(program, args)).stdout);
}

const node = (script: string): readonly string[] => [process.execPath, '--input-type=module', '-e', script];

describe('where all cores are busy', () => {
  it('a process steps back with all of its threads, and with those that it starts later', async () => {
    expect(STEPPED_BACK).toBe(10);
    const starts = `new (require('node:worker_threads').Worker)('setInterval(() => {}, 1000)', { eval: true })
      .on('online', () => console.log('started'));`;
    const child = spawn(process.execPath, ['-e', `${starts} process.stdin.once('data', () => { ${starts} })`]);
    try {
      for (const time of ['before', 'after']) {
        if (time === 'after') child.stdin.write('go on');
        await once(child.stdout, 'data');
        if (time === 'before') await stepBackProcess(child.pid ?? 0);
        const folder = `/proc/${child.pid}/task`;
        const threads = existsSync(folder) ? readdirSync(folder).map(Number) : [child.pid];
        const niceness = threads.map((each) => getPriority(each));
        expect({ time, niceness }).toEqual({
          time,
          niceness: threads.map(() => Math.max(getPriority(), STEPPED_BACK)),
        });
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('a process that steps back, as the sink into Cassandra does, has that niceness, and keeps a higher one', async () => {
    const steps = `const { stepBack } = await import(${JSON.stringify(MODULE)}); stepBack(); ${TELL}`;
    expect(await toldBy(node(steps))).toBe(Math.max(getPriority(), STEPPED_BACK));
    expect(await toldBy(['nice', '-n', '15', ...node(steps)])).toBe(Math.min(19, getPriority() + 15));
  });
});
