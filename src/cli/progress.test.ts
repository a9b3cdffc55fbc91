import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import { showProgress } from './progress.ts';

function watched(isTTY: boolean): {
  readonly written: string[];
  readonly output: { isTTY: boolean; write(text: string): void };
} {
  const written: string[] = [];
  return { written, output: { isTTY, write: (text) => written.push(text) } };
}

function steppingClock(stepMs: number): Clock {
  let nowMs = 0;
  return { nowMs: () => (nowMs += stepMs), sleep: () => Promise.resolve() };
}

describe('progress', () => {
  it('is a bar on a terminal, drawn over itself and taken away at the end', () => {
    const { written, output } = watched(true);
    const progress = showProgress('Importing', steppingClock(100), output);
    progress.update(1, 4, '10 records');
    progress.update(4, 4, '40 records');
    progress.end();
    progress.end();
    expect(written).toEqual([
      `\r\u001B[KImporting [${'#'.repeat(8)}${'.'.repeat(22)}] 25 %, 10 records`,
      `\r\u001B[KImporting [${'#'.repeat(30)}] 100 %, 40 records`,
      '\r\u001B[K',
    ]);
  });

  it('is drawn at most ten times a second', () => {
    const { written, output } = watched(true);
    const progress = showProgress('Importing', steppingClock(10), output);
    for (let done = 1; done <= 100; done++) progress.update(done, 100, `${done} records`);
    expect(written).toHaveLength(10);
  });

  it('is a plain line every 5 seconds elsewhere, and nothing for what is quick', () => {
    const { written, output } = watched(false);
    const progress = showProgress('Importing', steppingClock(2500), output);
    for (let done = 1; done <= 5; done++) progress.update(done, undefined, `${done} records`);
    progress.end();
    expect(written).toEqual(['Importing: 2 records\n', 'Importing: 4 records\n']);
  });
});
