import { expect, it } from 'vitest';
import type { ColumnInfo } from '../../src/server/protocol.ts';
import { addedUpNote, fixedBy } from './tile-context.ts';

const COLUMNS: readonly ColumnInfo[] = [
  { name: 'day', kind: 'date', role: 'dimension', nullable: false, of: null },
  { name: 'sales_channel', kind: 'text', role: 'dimension', nullable: false, of: null },
  { name: 'guests', kind: 'integer', role: 'measure', nullable: false, of: 'countDistinct(guest)' },
  { name: 'stays', kind: 'integer', role: 'measure', nullable: false, of: 'count()' },
];

it('different values that are added up are said to be, and over what', () => {
  expect(addedUpNote(COLUMNS, 'guests', [])).toBe(
    'Added up over each day and sales channel: what is in two of them counts in both',
  );
  expect(addedUpNote(COLUMNS, 'guests', ['sales_channel'])).toBe(
    'Added up over each day: what is in two of them counts in both',
  );
  expect(addedUpNote(COLUMNS, 'guests', ['day', 'sales_channel'])).toBeUndefined();
  expect(addedUpNote(COLUMNS, 'stays', [])).toBeUndefined();
});

it('a day alone, or a filter by one value, adds nothing up', () => {
  const source = { report: 'visits', measure: 'guests', equals: { sales_channel: ['Web'] }, unfiltered: [] };
  expect(fixedBy(source, { from: '2026-03-04', to: '2026-03-04' }, 'day')).toEqual(['sales_channel', 'day']);
  expect(fixedBy(source, { from: '2026-03-04', to: '2026-03-05' }, 'day')).toEqual(['sales_channel']);
  expect(fixedBy(source, { from: undefined, to: undefined }, 'day')).toEqual(['sales_channel']);
});
