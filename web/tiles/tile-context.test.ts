import { expect, it } from 'vitest';
import type { ColumnInfo } from '../../src/server/protocol.ts';
import { addedUpNote, fixedBy } from './tile-context.ts';

const COLUMNS: readonly ColumnInfo[] = [
  { name: 'day', kind: 'date', role: 'dimension', nullable: false, of: null },
  { name: 'sales_channel', kind: 'text', role: 'dimension', nullable: false, of: null },
  { name: 'guests', kind: 'integer', role: 'measure', nullable: false, of: 'countDistinct(guest)' },
  { name: 'stays', kind: 'integer', role: 'measure', nullable: false, of: 'count()' },
];

const DEFINITION = { stream: { businessDate: 'day' }, dashboard: { title: 'Visits', tiles: [] } };

it('different values that are added up are said to be, and over what', () => {
  expect(addedUpNote(DEFINITION, { columns: COLUMNS, measure: 'guests' }, [])).toBe(
    'Added up over each day and sales channel: what is in two of them counts in both',
  );
  expect(addedUpNote(DEFINITION, { columns: COLUMNS, measure: 'guests' }, ['sales_channel'])).toBe(
    'Added up over each day: what is in two of them counts in both',
  );
  expect(addedUpNote(DEFINITION, { columns: COLUMNS, measure: 'guests' }, ['day', 'sales_channel'])).toBeUndefined();
  expect(addedUpNote(DEFINITION, { columns: COLUMNS, measure: 'stays' }, [])).toBeUndefined();
});

it('a place is one thing, though its dimensions are two', () => {
  const place = ['north', 'east'].map((name): ColumnInfo => {
    return { name, kind: 'number', role: 'dimension', nullable: true, of: null };
  });
  const map = {
    kind: 'map',
    title: 'Guests',
    report: 'visits',
    measure: 'guests',
    latitude: 'north',
    longitude: 'east',
  } as const;
  const withMap = { ...DEFINITION, dashboard: { title: 'Visits', tiles: [map] } };
  const columns = [...COLUMNS.slice(0, 1), ...place, ...COLUMNS.slice(2)];
  expect(addedUpNote(withMap, { columns, measure: 'guests' }, [])).toBe(
    'Added up over each day and place: what is in two of them counts in both',
  );
});

it('a day alone, or a filter by one value, adds nothing up', () => {
  const source = { report: 'visits', measure: 'guests', equals: { sales_channel: ['Web'] }, unfiltered: [] };
  expect(fixedBy(source, { from: '2026-03-04', to: '2026-03-04' }, 'day')).toEqual(['sales_channel', 'day']);
  expect(fixedBy(source, { from: '2026-03-04', to: '2026-03-05' }, 'day')).toEqual(['sales_channel']);
  expect(fixedBy(source, { from: undefined, to: undefined }, 'day')).toEqual(['sales_channel']);
});
