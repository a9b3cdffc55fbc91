import { expect, it } from 'vitest';
import type { ColumnInfo } from '../../src/server/protocol.ts';
import { axisData } from './axis-data.ts';

const hour: ColumnInfo = { name: 'hour', kind: 'integer', role: 'dimension', nullable: false, of: null };
const options = { x: hour, series: 'channel', measure: 'profit', isSorted: true };

it('a stacked scale has room for what is above zero and what is below it, each by itself', () => {
  const rows = [
    { hour: 9, channel: 'Web', profit: 300 },
    { hour: 9, channel: 'App', profit: -100 },
    { hour: 11, channel: 'App', profit: -40 },
  ];
  const { points, series, max, min } = axisData(rows, { ...options, isStacked: true });
  expect(points).toEqual([9, 10, 11]);
  expect(series.map(({ name, values, total }) => [name, values, total])).toEqual([
    ['Web', [300, 0, 0], 300],
    ['App', [-100, 0, -40], -140],
  ]);
  expect([max, min]).toEqual([300, -100]);
});

it('a scale without anything below zero ends at zero, not at minus zero', () => {
  const { min } = axisData([{ hour: 1, channel: 'Web', profit: 5 }], { ...options, isStacked: false });
  expect(Object.is(min, 0)).toBe(true);
});

it('series beyond the sixth are one that stands for no single value', () => {
  const rows = Array.from({ length: 9 }, (_, at) => ({ hour: 1, channel: `c${at}`, profit: 10 - at }));
  const { series } = axisData(rows, { ...options, isStacked: true });
  expect(series.map(({ name, total, isOne }) => [name, total, isOne])).toEqual([
    ['c0', 10, true],
    ['c1', 9, true],
    ['c2', 8, true],
    ['c3', 7, true],
    ['c4', 6, true],
    ['Other', 14, false],
  ]);
});
