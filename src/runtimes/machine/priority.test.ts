import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { STEPPED_BACK, steppedBack } from './priority.ts';

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
  it('a command that was told to step back runs at a niceness of 10, as Cassandra does', async () => {
    expect(STEPPED_BACK).toBe(10);
    // Nice adds to what the process has already.
    expect(await toldBy(steppedBack(node(TELL)))).toBe(Math.min(19, getPriority() + STEPPED_BACK));
  });

  it('a process that steps back, as the sink into Cassandra does, has that niceness, and keeps a higher one', async () => {
    const steps = `const { stepBack } = await import(${JSON.stringify(MODULE)}); stepBack(); ${TELL}`;
    expect(await toldBy(node(steps))).toBe(Math.max(getPriority(), STEPPED_BACK));
    expect(await toldBy(['nice', '-n', '15', ...node(steps)])).toBe(Math.min(19, getPriority() + 15));
  });
});
