import { present } from '../base/assert.ts';
import { dayParameter, wholeParameter } from '../base/query-values.ts';
import type { ReportPlan } from '../plan/plan.ts';
import { dimensionNamed, measureNamed, reportNamed } from '../plan/query-names.ts';
import type { Extent, ReportPage, ReportQuery } from '../ports/rows.ts';
import { TextDictionary } from '../record/text-dictionary.ts';
import type { GroupTable } from './group-table.ts';
import type { Matches } from './reading/order.ts';
import { firstInOrder, makeOrder, sortNumbers, units } from './reading/order.ts';
import { idOf, searchText } from './reading/parameters.ts';
import { lowerTextsOf } from './reading/text-order.ts';
import type { EngineState } from './state.ts';

type RowTest = (table: GroupTable, row: number) => boolean;

/**
 * Answers a query from the state.
 * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY`
 */
export function queryState(state: EngineState, name: string, query: ReportQuery, frame: number): ReportPage {
  const report = reportNamed(state.plan, name);
  const from = dayParameter('from', query.from) ?? -Infinity;
  const to = dayParameter('to', query.to) ?? Infinity;
  const matches = findMatches(state, report, [from, to], rowTests(state, report, query));
  const offset = wholeParameter('offset', query.offset) ?? 0;
  const limit = wholeParameter('limit', query.limit) ?? matches.count;
  const first = firstInOrder(matches.count, offset + limit, makeOrder(state, report, query, matches));
  const rows = Array.from(first.subarray(offset), (match) => {
    const table = present(matches.tables[matches.tableOf[match] as number], 'a match is in a table');
    return state.row(table, matches.rowOf[match] as number);
  });
  return { frame, total: matches.count, rows, extent: extentOf(state, report, query.extentOf, matches) };
}

function extentOf(
  state: EngineState,
  report: ReportPlan,
  measure: string | undefined,
  matches: Matches,
): Extent | undefined {
  if (measure === undefined) return undefined;
  measureNamed(report, measure);
  let [min, max] = [Infinity, -Infinity];
  for (const number of sortNumbers(state, report, measure, matches)) {
    // A null is below all and no value.
    if (number === -Infinity) continue;
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  return min > max ? undefined : { min: min / units(report, measure), max: max / units(report, measure) };
}

function rowTests(state: EngineState, report: ReportPlan, query: ReportQuery): readonly RowTest[] {
  const tests = Object.entries(query.equals ?? {}).map(([name, values]) => equalsTest(state, report, name, values));
  const search = searchText(query.search);
  return search === '' ? tests : [...tests, searchTest(state, report, search)];
}

function equalsTest(state: EngineState, report: ReportPlan, name: string, values: readonly string[]): RowTest {
  const dimension = dimensionNamed(report, name);
  const field = present(report.dimensions[dimension], 'a dimension is one of the report');
  if (dimension === 0) {
    const days = new Set(values.map((value) => dayParameter(name, value)));
    return (table) => days.has(table.day);
  }
  const ids = new Set(values.map((value) => idOf(state, field, value)));
  return (table, row) => ids.has(table.dimensionId(row, dimension));
}

function searchTest(state: EngineState, report: ReportPlan, search: string): RowTest {
  // Each text is looked at once, however many rows have it.
  const found = report.dimensions.flatMap((field, dimension) => {
    const dictionary = state.dictionaries[field.index];
    if (dimension === 0 || !(dictionary instanceof TextDictionary)) return [];
    const texts = lowerTextsOf(dictionary);
    const contains = new Uint8Array(dictionary.size + 1);
    for (let id = 1; id <= dictionary.size; id++) if (texts[id]?.includes(search) === true) contains[id] = 1;
    return [{ dimension, contains }];
  });
  return (table, row) => found.some(({ dimension, contains }) => contains[table.dimensionId(row, dimension)] === 1);
}

function findMatches(
  state: EngineState,
  report: ReportPlan,
  [from, to]: readonly [number, number],
  tests: readonly RowTest[],
): Matches {
  const tables = state.daysBetween(from, to).flatMap((day) => state.table(report, day) ?? []);
  const most = tables.reduce((sum, table) => sum + table.rowCount, 0);
  const tableOf = new Int32Array(most);
  const rowOf = new Int32Array(most);
  let count = 0;
  tables.forEach((table, index) => {
    for (let row = 0; row < table.rowCount; row++) {
      if (!tests.every((test) => test(table, row))) continue;
      tableOf[count] = index;
      rowOf[count++] = row;
    }
  });
  return { tables, tableOf, rowOf, count };
}
