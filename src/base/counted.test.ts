import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it('one thing is said as one, and any other number as several', () => {
  expect([0, 1, 2].map((count) => counted(count, 'record'))).toEqual(['0 records', '1 record', '2 records']);
});
