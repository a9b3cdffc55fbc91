import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('young-space.ts', import.meta.url).href;

/** The bytes for new objects of a process in which many outlive their first collections. */
function youngBytes(before: string): number {
  const program = `${before}
    import { getHeapSpaceStatistics } from 'node:v8';
    import { setTimeout as sleep } from 'node:timers/promises';
    for (let round = 0; round < 30; round++) {
      let kept = [];
      for (let i = 0; i < 400_000; i++) kept.push({ i });
      kept = [];
      await sleep(50);
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

it('the room for new objects stays small, which it would not by itself', () => {
  expect(youngBytes('')).toBeGreaterThan(100e6);
  expect(youngBytes(`import { limitYoungSpace } from '${MODULE}'; limitYoungSpace();`)).toBeLessThan(100e6);
});
