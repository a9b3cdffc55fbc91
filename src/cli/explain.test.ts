import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Explanation } from '../ports/explanation.ts';
import { explanationText } from './explain.ts';

const [report] = makePlan(daybook).reports;

it('a change after a day was closed is told by the records behind it, and on the stack by its frame', () => {
  if (report === undefined) throw new Error('no report');
  const row = { ts_date: '2026-03-04', daily_pu: 1, daily_rev: 2_000_000n, daily_profit: 1_000_000n };
  const change = (frame: number, firstOffset: number): Explanation['amendments'][number] => {
    return { id: 1, report: report.name, frame, firstOffset, before: null, after: row };
  };
  const none = { records: [], duplicates: [], looked: 0 };
  const text = (...amendments: Explanation['amendments']): string =>
    explanationText(report, { frame: 9, row, computed: row, waiting: 0, total: 1, ...none, amendments }, 0);
  expect(text(change(9, 7))).toContain('\n  by records from offset 7 on: there was no such row; then {');
  const frame = 1_764_530_000_000_000;
  expect(text(change(frame, frame))).toContain(`\n  in frame ${frame}: there was no such row; then {`);
});

it.each([
  [
    1,
    '\n1 record, which gives just this row:\n',
    '\n1 repeat of these that was left out is kept:\n  before 7, from a.csv, line 2  {}\n',
  ],
  [2, '\n2 records, which give just this row:\n', '\n2 repeats of these that were left out are kept:\n'],
])('records and repeats: %d of each; it does not say that no more repeats came than are kept', (count, given, kept) => {
  if (report === undefined) throw new Error('no report');
  const row = { ts_date: '2026-03-04', daily_pu: 1, daily_rev: 2_000_000n, daily_profit: 1_000_000n };
  const repeat = { id: 1, atMs: 0, origin: 'a.csv', line: 2, offset: 7, record: '{}', key: 'k' };
  const duplicates = Array.from({ length: count }, () => repeat);
  const found = { records: [], duplicates, looked: count, amendments: [] };
  const text = explanationText(report, { frame: 9, row, computed: row, waiting: 0, total: count, ...found }, 20);
  expect(text).toContain(given);
  expect(text).toContain(kept);
});

it('where records give another row it says that late ones wait for their day, if they do, and else what to run', () => {
  if (report === undefined) throw new Error('no report');
  const row = { ts_date: '2026-03-04', daily_pu: 1, daily_rev: 2_000_000n, daily_profit: 1_000_000n };
  const computed = { ...row, daily_pu: 3 };
  const none = { records: [], duplicates: [], looked: 3, amendments: [] };
  const text = (waiting: number, of: Explanation['row'] = row): string =>
    explanationText(report, { frame: 9, row: of, computed, waiting, total: 3, ...none }, 0);
  const late = 'came late and wait until the day is computed again';
  expect(text(2)).toContain(`\n3 records, which do not give this row yet: 2 of its day ${late}:\n`);
  expect(text(3, null)).toContain(`\n3 records, which do not give this row yet: 3 of its day ${late}:\n`);
  expect(text(0)).toContain('\n3 records, which do NOT give this row; run daybook verify:\n');
});
