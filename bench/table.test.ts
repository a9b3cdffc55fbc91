import { expect, it } from 'vitest';
import { cellsOf, markdownTable, terminalTable } from './table.ts';

const measured = cellsOf({
  what: 'a batch',
  unit: 'records/s',
  values: [1_234_567, 900_000, 1_000_000],
  ratios: [0.5, 2, 1.25],
  peakBytes: 512_000_000,
});
const skipped = cellsOf({ what: 'another', unit: 'records/s', values: [], note: 'not installed' });

it('gives the median, the spread and the ratio of the runs', () => {
  expect(measured).toEqual([
    'a batch',
    '1,000,000',
    '900,000 – 1,230,000',
    'records/s',
    '1.3 times (0.50 – 2.0)',
    '512 MB',
    '',
  ]);
});

it('says what was not measured, and why', () => {
  expect(skipped).toEqual(['another', 'none', '', '', '', '', 'not installed']);
});

it('prints one table for people and one for Markdown', () => {
  expect(
    terminalTable([
      ['one', ...measured],
      ['two', ...skipped],
    ]).split('\n')[2],
  ).toMatch(/^two +another +none +not installed$/);
  expect(markdownTable([skipped]).split('\n')).toHaveLength(4);
});
