import { assert, present } from '../base/assert.ts';
import { formatDay, parseDay } from '../base/calendar.ts';
import { DaybookError } from '../base/errors.ts';
import { parseMicros } from '../base/decimal.ts';
import { textOfKey } from '../base/key-text.ts';
import type { FieldPlan, ReportPlan } from '../plan/plan.ts';
import type { Extent, ReportPage, ReportQuery } from '../ports/rows.ts';
import { TextDictionary } from '../record/text-dictionary.ts';
import type { GroupTable } from './group-table.ts';
import { lowerTextsOf, ranksOf } from './reading/text-order.ts';
import type { EngineState } from './state.ts';

/** Rows that match, as places: table `tables[tableOf[i]]`, row `rowOf[i]`. */
export interface Matches {
  readonly tables: readonly GroupTable[];
  readonly tableOf: Int32Array;
  readonly rowOf: Int32Array;
  readonly count: number;
}

type RowTest = (table: GroupTable, row: number) => boolean;
/** Negative when match `a` comes before match `b`. */
export type Order = (a: number, b: number) => number;

/**
 * Answers a query from the state.
 * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY`
 */
export function queryState(state: EngineState, name: string, query: ReportQuery, frame: number): ReportPage {
  const report = reportNamed(state, name);
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
  let [min, max] = [Infinity, -Infinity];
  for (const number of sortNumbers(state, report, measure, matches)) {
    // A null is below all and no value.
    if (number === -Infinity) continue;
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  return min > max ? undefined : { min: min / units(report, measure), max: max / units(report, measure) };
}

/** How much of a measure's sort number makes one: decimals are in micro-units, but not the average of whole numbers. */
export function units(report: ReportPlan, measure: string): number {
  const plan = report.measures.find(({ name }) => name === measure);
  if (plan?.kind === 'avg' && plan.field.kind === 'integer') return 1;
  return report.columns.find(({ name }) => name === measure)?.kind === 'decimal' ? 1_000_000 : 1;
}

export function reportNamed(state: EngineState, name: string): ReportPlan {
  const report = state.plan.reports.find((each) => each.name === name);
  if (report !== undefined) return report;
  const names = state.plan.reports.map((each) => each.name).join(', ');
  throw new DaybookError('UNKNOWN_REPORT', `There is no report '${name}'; there are ${names}.`, { details: { name } });
}

export function badQuery(message: string): DaybookError {
  return new DaybookError('BAD_QUERY', message);
}

export function dayParameter(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = parseDay(text);
  if (day === undefined) throw badQuery(`'${name}' is '${text}'; it must be a day that exists, as YYYY-MM-DD.`);
  return day;
}

export function wholeParameter(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw badQuery(`'${name}' is ${value}; it must be a whole number from 0 on.`);
}

function rowTests(state: EngineState, report: ReportPlan, query: ReportQuery): readonly RowTest[] {
  const tests = Object.entries(query.equals ?? {}).map(([name, values]) => equalsTest(state, report, name, values));
  const search = query.search?.trim().toLowerCase();
  return search === undefined || search === '' ? tests : [...tests, searchTest(state, report, search)];
}

function equalsTest(state: EngineState, report: ReportPlan, name: string, values: readonly string[]): RowTest {
  const dimension = report.dimensions.findIndex((field) => field.name === name);
  const field = report.dimensions[dimension];
  if (field === undefined) {
    const names = report.dimensions.map((each) => each.name).join(', ');
    throw badQuery(`'${name}' is no dimension of report '${report.name}', which has ${names}.`);
  }
  if (dimension === 0) {
    const days = new Set(values.map((value) => dayParameter(name, value)));
    return (table) => days.has(table.day);
  }
  const ids = new Set(values.map((value) => idOf(state, field, value)));
  return (table, row) => ids.has(table.dimensionId(row, dimension));
}

/** The id of a value as `keyText` spells it; undefined: no record has it. */
export function idOf(state: EngineState, field: FieldPlan, value: string): number | undefined {
  if (value === '' && field.nullable) return 0;
  const dictionary = present(state.dictionaries[field.index], 'a dimension is interned');
  if (dictionary instanceof TextDictionary) return dictionary.findText(textOfKey(value));
  const number =
    field.kind === 'date' ? parseDay(value) : field.kind === 'decimal' ? parseMicros(value) : Number(value);
  if (number === undefined || value.trim() === '' || Number.isNaN(Number(number))) {
    throw badQuery(`'${field.name}' is '${value}'; it must be a ${field.kind}.`);
  }
  return dictionary.find(Number(number));
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

export function makeOrder(
  state: EngineState,
  report: ReportPlan,
  query: Pick<ReportQuery, 'sort'>,
  matches: Matches,
): Order {
  const keys = (query.sort ?? []).map(({ column, descending }) => ({
    sign: descending ? -1 : 1,
    numbers: sortNumbers(state, report, column, matches),
    exactly: exactOrder(report, column, matches),
  }));
  // Made only when two matches are equal in all keys, which for most queries is never or late.
  const rest: Float64Array[] = [];
  return (a, b) => {
    for (const { sign, numbers, exactly } of keys) {
      const difference = (numbers[a] as number) - (numbers[b] as number) || exactly(a, b, numbers[a] as number);
      if (difference !== 0 && difference === difference) return sign * difference;
    }
    const newest = (matches.tableOf[a] as number) - (matches.tableOf[b] as number);
    if (newest !== 0) return newest;
    for (let dimension = 1; dimension < report.dimensions.length; dimension++) {
      const { name } = present(report.dimensions[dimension], 'a dimension is one of the report');
      const numbers = (rest[dimension] ??= sortNumbers(state, report, name, matches));
      const difference = (numbers[a] as number) - (numbers[b] as number);
      if (difference !== 0 && difference === difference) return difference;
    }
    return 0;
  };
}

/** Says which of two matches with the same sort number is above the other, as floats do not hold all digits of a measure. */
function exactOrder(
  report: ReportPlan,
  column: string,
  matches: Matches,
): (a: number, b: number, sorted: number) => number {
  const measure = report.measures.findIndex((plan) => plan.name === column);
  const exactBelow = measure < 0 ? Infinity : (matches.tables[0]?.measureExactBelow(measure) ?? Infinity);
  const microsOf = (match: number): bigint => {
    const table = matches.tables[matches.tableOf[match] as number] as GroupTable;
    return table.measureMicros(matches.rowOf[match] as number, measure) ?? 0n;
  };
  return (a, b, sorted) => {
    if (!(Math.abs(sorted) >= exactBelow)) return 0;
    const [x, y] = [microsOf(a), microsOf(b)];
    return x === y ? 0 : x < y ? -1 : 1;
  };
}

/** By match: a number that sorts like the column's cell; null is below all. */
function sortNumbers(state: EngineState, report: ReportPlan, column: string, matches: Matches): Float64Array {
  const numbers = new Float64Array(matches.count);
  const each = (numberOf: (table: GroupTable, row: number) => number): Float64Array => {
    for (let i = 0; i < matches.count; i++) {
      numbers[i] = numberOf(matches.tables[matches.tableOf[i] as number] as GroupTable, matches.rowOf[i] as number);
    }
    return numbers;
  };
  const measure = report.measures.findIndex((plan) => plan.name === column);
  if (measure >= 0) return each((table, row) => table.measureSortNumber(row, measure));
  const dimension = report.dimensions.findIndex((field) => field.name === column);
  const field = report.dimensions[dimension];
  if (field === undefined) {
    const names = report.columns.map((plan) => plan.name).join(', ');
    throw badQuery(`'${column}' is no column of report '${report.name}' to sort by; it has ${names}.`);
  }
  if (dimension === 0) return each((table) => table.day);
  const dictionary = present(state.dictionaries[field.index], 'a dimension is interned');
  if (dictionary instanceof TextDictionary) {
    const ranks = ranksOf(dictionary);
    return each((table, row) => ranks[table.dimensionId(row, dimension)] as number);
  }
  return each((table, row) => dictionary.value(table.dimensionId(row, dimension)) ?? -Infinity);
}

/**
 * The first `wanted` of `count` matches in order, sorted. A heap holds the best so far, its worst on top, so that a page
 * of a large report costs little more than a look at each row.
 */
export function firstInOrder(count: number, wanted: number, order: Order): Int32Array {
  const size = Math.min(count, wanted);
  const heap = Int32Array.from({ length: size }, (_, match) => match);
  if (size > 0 && size < count) {
    for (let i = (size >> 1) - 1; i >= 0; i--) sink(heap, i, order);
    for (let match = size; match < count; match++) {
      if (order(match, heap[0] as number) >= 0) continue;
      heap[0] = match;
      sink(heap, 0, order);
    }
  }
  // The order ends with all dimensions, so it is total, and any sort gives the same.
  return heap.sort(order);
}

function sink(heap: Int32Array, from: number, order: Order): void {
  assert(from < heap.length, 'a heap is sunk into from within');
  for (let parent = from; ;) {
    let worst = parent;
    for (let child = 2 * parent + 1; child <= 2 * parent + 2 && child < heap.length; child++) {
      if (order(heap[child] as number, heap[worst] as number) > 0) worst = child;
    }
    if (worst === parent) return;
    [heap[parent], heap[worst]] = [heap[worst] as number, heap[parent] as number];
    parent = worst;
  }
}

/** The newest day as text; undefined when there are no records. */
export function newestDayText(state: EngineState): string | undefined {
  return state.newestDay === undefined ? undefined : formatDay(state.newestDay);
}
