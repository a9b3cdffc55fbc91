import { assert, present } from '../../base/assert.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import { requireColumn } from '../../plan/query-names.ts';
import type { ReportQuery } from '../../ports/rows.ts';
import { TextDictionary } from '../../record/text-dictionary.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import { ranksOf } from './text-order.ts';

/** Rows that match, as places: table `tables[tableOf[i]]`, row `rowOf[i]`. */
export interface Matches {
  readonly tables: readonly GroupTable[];
  readonly tableOf: Int32Array;
  readonly rowOf: Int32Array;
  readonly count: number;
}

/** Negative when match `a` comes before match `b`. */
export type Order = (a: number, b: number) => number;

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
  // Of a dimension the numbers say all; that of null is infinite, and so not below any bound.
  if (measure < 0) return () => 0;
  const exactBelow = matches.tables[0]?.measureExactBelow(measure) ?? Infinity;
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
export function sortNumbers(state: EngineState, report: ReportPlan, column: string, matches: Matches): Float64Array {
  const numbers = new Float64Array(matches.count);
  const each = (numberOf: (table: GroupTable, row: number) => number): Float64Array => {
    for (let i = 0; i < matches.count; i++) {
      numbers[i] = numberOf(matches.tables[matches.tableOf[i] as number] as GroupTable, matches.rowOf[i] as number);
    }
    return numbers;
  };
  const measure = report.measures.findIndex((plan) => plan.name === column);
  if (measure >= 0) return each((table, row) => table.measureSortNumber(row, measure));
  requireColumn(report, column);
  const dimension = report.dimensions.findIndex(({ name }) => name === column);
  if (dimension === 0) return each((table) => table.day);
  const field = present(report.dimensions[dimension], 'a column is of a dimension or a measure');
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

/** How much of a measure's sort number makes one. */
export function units(report: ReportPlan, measure: string): number {
  return report.columns.find(({ name }) => name === measure)?.kind === 'decimal' ? 1_000_000 : 1;
}
