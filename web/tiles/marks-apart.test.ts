import { describe, expect, it } from 'vitest';
import { isMarked, marksApart } from './marks-apart.ts';

describe('the marks of an axis', () => {
  const marked = (count: number, apart: number): readonly number[] =>
    Array.from({ length: count }, (_, index) => index).filter((index) => isMarked(index, apart, count));

  it('are as many as do not touch', () => {
    const hours = Array.from({ length: 24 }, () => 14);
    expect(marksApart(hours, 600, false)).toBe(1);
    expect(marksApart(hours, 294, false)).toBe(2);
    const days = Array.from({ length: 14 }, () => 95);
    expect(marksApart(days, 294, false)).toBe(5);
    // Nothing has been drawn yet.
    expect(marksApart(hours, 0, false)).toBe(1);
    expect(marksApart([], 294, false)).toBe(1);
  });

  it('that are names are cut off before some of them are left out', () => {
    expect(marksApart([150, 90, 40], 294, true)).toBe(1);
    expect(marksApart([150, 90, 40], 294, false)).toBe(2);
    expect(marksApart([150, 90, 40], 20, true)).toBe(3);
  });

  it('stand in the middle of their room, and never beyond the last point', () => {
    expect(marked(24, 1)).toHaveLength(24);
    expect(marked(5, 2)).toEqual([0, 2]);
    expect(marked(24, 5)).toEqual([2, 7, 12, 17]);
    expect(marked(3, 3)).toEqual([1]);
  });
});
