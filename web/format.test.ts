import { expect, it } from 'vitest';
import { printDuration } from './format.ts';

it('a duration is printed in the unit that people say it in', () => {
  expect([0, 412.4, 999, 1_000, 41_234, 59_940].map(printDuration)).toEqual([
    '0 ms',
    '412 ms',
    '999 ms',
    '1.0 s',
    '41.2 s',
    '59.9 s',
  ]);
  expect([59_990, 60_000, 185_400, 7_325_000].map(printDuration)).toEqual([
    '1 min 0 s',
    '1 min 0 s',
    '3 min 5 s',
    '122 min 5 s',
  ]);
});
