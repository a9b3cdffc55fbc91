import { expect, it } from 'vitest';
import { csvTable, spreadsheetTable } from './row-text.ts';

const PRINTED = { columns: ['name', 'pieces', 'revenue'].map((name) => ({ name })) };
const ROWS = ['=cmd|A0', '+1+1', '-2+3', '@SUM(A1)', '\t=1', 'Stühle, grün', ''].map((name) => ({
  name,
  pieces: -1,
  revenue: -2_500_000n,
}));

it('a table in CSV has its texts as they are', () => {
  const [header, ...lines] = csvTable(PRINTED, ROWS).split('\r\n');
  expect(header).toBe('name,pieces,revenue');
  expect(lines).toEqual([
    '=cmd|A0,-1,-2.5',
    '+1+1,-1,-2.5',
    '-2+3,-1,-2.5',
    '@SUM(A1),-1,-2.5',
    '\t=1,-1,-2.5',
    '"Stühle, grün",-1,-2.5',
    '"",-1,-2.5',
    '',
  ]);
});

it('a spreadsheet gets UTF-8 that it knows for it, no text that it takes for a formula, and numbers as they are', () => {
  const [header, ...lines] = spreadsheetTable(PRINTED, ROWS).split('\r\n');
  expect(header).toBe('\uFEFFname,pieces,revenue');
  expect(lines).toEqual([
    "'=cmd|A0,-1,-2.5",
    "'+1+1,-1,-2.5",
    "'-2+3,-1,-2.5",
    "'@SUM(A1),-1,-2.5",
    "'\t=1,-1,-2.5",
    '"Stühle, grün",-1,-2.5',
    '"",-1,-2.5',
    '',
  ]);
});
