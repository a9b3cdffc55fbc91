import { expect, it } from 'vitest';
import { largest, median, percentile } from './statistics.ts';

it('takes the middle value, or halfway between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(median([])).toBeNaN();
});

it('takes percentiles by nearest rank', () => {
  const values = Array.from({ length: 1000 }, (_, index) => 1000 - index);
  expect([0.5, 0.99, 0.999, 1].map((share) => percentile(values, share))).toEqual([500, 990, 999, 1000]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

it('takes the largest of what is known', () => {
  expect(largest([3, undefined, 7])).toBe(7);
  expect(largest([undefined])).toBeUndefined();
});
