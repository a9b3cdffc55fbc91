import { expect, it } from 'vitest';
import type { ColumnInfo } from '../src/server/protocol.ts';
import { countOf, printDay, printDuration, printKey, printMoment, printShort } from './format.ts';

it('a number where there is little room is short below zero as well', () => {
  expect([9_999, 12_345, -9_999, -12_345].map(printShort)).toEqual(['9,999', '12.3K', '-9,999', '-12.3K']);
});

it('one of a thing loses the s of its plural, and no other', () => {
  expect(['customers', 'gross', 'profit'].map((things) => countOf(1, things))).toEqual([
    '1 customer',
    '1 gross',
    '1 profit',
  ]);
  expect(countOf(2, 'customers')).toBe('2 customers');
});

it('a moment names the zone of the clock that shows it', () => {
  const atMs = Date.UTC(2026, 10, 30, 20, 15, 17);
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(atMs)
    .find(({ type }) => type === 'timeZoneName')?.value;
  expect(printMoment(atMs)).toMatch(/^Nov 30, 2026|^Dec 1, 2026/);
  expect(printMoment(atMs).endsWith(` ${zone}`)).toBe(true);
});

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

it('of a row’s key, days alone are printed as days, whatever a text looks like', () => {
  const dimension = (name: string, kind: ColumnInfo['kind']): ColumnInfo => {
    return { name, kind, role: 'dimension', nullable: true, of: null };
  };
  const columns = [dimension('ts_date', 'date'), dimension('product_name', 'text'), dimension('size', 'text')];
  const key = { ts_date: '2026-11-29', product_name: '1234-56-78', size: '' };
  expect(printKey(key, columns)).toBe(`${printDay('2026-11-29')} · 1234-56-78 · –`);
  expect(printKey({ ...key, product_name: '4711-08-15' }, columns)).toContain('· 4711-08-15 ·');
  expect(printDay('2026-11-29')).toContain('2026');
  expect(printDay('1234-56-78')).toBe('1234-56-78');
});
