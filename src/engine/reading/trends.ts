import { formatDay } from '../../base/calendar.ts';
import { TREND_DAYS_MAX } from '../../plan/trend-days.ts';
import type { Cell } from '../../ports/rows.ts';
import type { GroupTable } from '../group-table.ts';
import type { SummedMeasure } from './group-sums.ts';
import { Sums, addTable } from './group-sums.ts';
import type { Groups } from './groups.ts';
import type { Selection } from './selection.ts';

/**
 * By group: its value on each day of `trendDays`, none as 0.
 * @param tables  newest first
 */
export function trendsOf(
  tables: readonly GroupTable[],
  groups: Groups,
  selection: Selection,
  measure: SummedMeasure,
  wanted: Int32Array,
): readonly (readonly Cell[])[] {
  const last = tables[0]?.day ?? 0;
  const first = Math.max(tables.at(-1)?.day ?? 0, last - TREND_DAYS_MAX + 1);
  const trends = Array.from(wanted, () =>
    Array.from({ length: last - first + 1 }, (): Cell => (measure.isDecimal ? 0n : 0)),
  );
  const places = new Int32Array(groups.count).fill(-1);
  wanted.forEach((group, index) => {
    places[group] = index;
  });
  for (const table of tables) {
    if (table.day < first) break;
    const sums = new Sums(wanted.length);
    addTable(sums, table, groups.of(table), selection, measure, places);
    trends.forEach((trend, index) => {
      if ((sums.rows[index] as number) > 0) trend[table.day - first] = sums.cell(index, measure.isDecimal);
    });
  }
  return trends;
}

/** The days that the trends of some tables are of. */
export function trendDays(tables: readonly GroupTable[]): { readonly from: string; readonly to: string } | undefined {
  const [newest, oldest] = [tables[0], tables.at(-1)];
  if (newest === undefined || oldest === undefined) return undefined;
  return { from: formatDay(Math.max(oldest.day, newest.day - TREND_DAYS_MAX + 1)), to: formatDay(newest.day) };
}
