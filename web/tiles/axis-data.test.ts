import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ColumnInfo } from '../../src/server/protocol.ts';
import { axisData } from './axis-data.ts';

const hour: ColumnInfo = { name: 'hour', kind: 'integer', role: 'dimension', nullable: false, of: null };
const options = { x: hour, series: 'channel', measure: 'profit', isSorted: true, pointsMax: Infinity };

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

it('totals are exact, also of very large values and of series that are one', () => {
  const tenths = Array.from({ length: 10 }, (_, at) => ({ hour: at, channel: 'Web', profit: 0.1 }));
  // In millionths two of these are more than a double holds.
  const large = [8_000_000_000.000001, 8_000_000_000.000001, -8_000_000_000].map((profit, at) => {
    return { hour: at, channel: 'App', profit };
  });
  const small = Array.from({ length: 7 }, (_, at) => ({ hour: 0, channel: `c${at}`, profit: 0.1 - at / 1e6 }));
  const { series } = axisData([...tenths, ...large, ...small], { ...options, isStacked: true });
  const totals = new Map(series.map(({ name, total }) => [name, total]));
  expect([totals.get('Web'), totals.get('App')]).toEqual([1, 8_000_000_000.000002]);
  expect(series.at(-1)).toMatchObject({ name: 'Other', total: 0.399982 });
  expect(series.at(-1)?.values[0]).toBe(0.399982);
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

it('what has no value is neither a text that prints alike nor a number, and lies behind all others', () => {
  const text: ColumnInfo = { name: 'shop', kind: 'text', role: 'dimension', nullable: true, of: null };
  const rows = [null, '–', 'null'].map((value, at) => ({ shop: value, channel: value, profit: 10 - at }));
  const { points, series } = axisData(rows, { ...options, x: text, isStacked: true });
  expect(points).toEqual(['–', 'null', null]);
  expect(series.map(({ name, value, total }) => [name, value, total])).toEqual([
    ['–', null, 10],
    ['–', '–', 9],
    ['null', 'null', 8],
  ]);
  expect(new Set(series.map(({ key }) => key)).size).toBe(3);

  const byHour = [
    { hour: 2, profit: 1 },
    { hour: null, profit: 5 },
  ];
  const hours = axisData(byHour, { ...options, x: { ...hour, nullable: true }, series: null, isStacked: true });
  expect(hours.points).toEqual([2, null]);
  expect(hours.series[0]?.values).toEqual([1, 5]);
  const day: ColumnInfo = { ...hour, name: 'day', kind: 'date', nullable: true };
  const byDay = [
    { day: null, profit: 5 },
    { day: '2026-11-29', profit: 1 },
  ];
  expect(axisData(byDay, { ...options, x: day, series: null, isStacked: true }).points).toEqual(['2026-11-29', null]);
});

it('of more points than there is room for, those at the end of an axis in order are kept, else the largest', () => {
  const rows = [9, 400, 3, 5].map((profit, at) => ({ hour: at, shop: `s${at}`, channel: 'Web', profit }));
  const last = axisData(rows, { ...options, pointsMax: 2, isStacked: true });
  expect(last).toMatchObject({ points: [2, 3], pointCount: 4, max: 5 });
  // A legend has the totals of all points.
  expect(last.series.map(({ values, total }) => [values, total])).toEqual([[[3, 5], 417]]);

  const text: ColumnInfo = { name: 'shop', kind: 'text', role: 'dimension', nullable: false, of: null };
  const largest = axisData(rows, { ...options, x: text, isSorted: false, pointsMax: 2, isStacked: true });
  expect(largest).toMatchObject({ points: ['s1', 's0'], pointCount: 4, max: 400 });
});

it('an axis of very many whole numbers has its last ones', () => {
  const rows = Array.from({ length: 200_000 }, (_, at) => ({ hour: 199_999 - at, profit: 1 }));
  const { points, pointCount } = axisData(rows, { ...options, series: null, pointsMax: 4_000, isStacked: false });
  expect([points.length, points[0], points.at(-1), pointCount]).toEqual([4_000, 196_000, 199_999, 200_000]);
});

it('a series keeps its colour when another one overtakes it, and Other has the last one', () => {
  const coloursOf = (profits: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
    const rows = Object.entries(profits).map(([channel, profit]) => ({ hour: 1, channel, profit }));
    const { series } = axisData(rows, { ...options, isStacked: true });
    return Object.fromEntries(series.map(({ name, colour }) => [name, colour]));
  };
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 }), (names) => {
      const first = coloursOf(Object.fromEntries(names.map((name, at) => [`c${name}`, 100 - at])));
      expect(new Set(Object.values(first)).size).toBe(names.length);
      expect(coloursOf(Object.fromEntries(names.map((name, at) => [`c${name}`, 1 + at])))).toEqual(first);
    }),
  );
  const many = coloursOf({ a: 9, b: 8, c: 7, d: 6, e: 5, f: 4, g: 3 });
  expect(many['Other']).toBe(5);
  expect(new Set(Object.values(many)).size).toBe(6);
  // Without one of them the others stay as they are.
  const { Web, App } = coloursOf({ Web: 3, App: 2, Shop: 1 });
  expect(coloursOf({ Web: 3, App: 2 })).toEqual({ Web, App });
});
