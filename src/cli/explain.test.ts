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
    explanationText(report, { frame: 9, row, computed: row, total: 1, ...none, amendments }, 0);
  expect(text(change(9, 7))).toContain('\n  by records from offset 7 on: there was no such row; then {');
  const frame = 1_764_530_000_000_000;
  expect(text(change(frame, frame))).toContain(`\n  in frame ${frame}: there was no such row; then {`);
});
