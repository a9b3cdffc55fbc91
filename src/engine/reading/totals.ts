import { present } from '../../base/assert.ts';
import { formatDay } from '../../base/calendar.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import { dimensionsNamed, requireTotalsColumn, summableNamed } from '../../plan/query-names.ts';
import type { Cell, Extent, Row, TotalsPage, TotalsQuery } from '../../ports/rows.ts';
import { TextDictionary } from '../../record/text-dictionary.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import type { Sums, SummedMeasure } from './group-sums.ts';
import { GroupSums } from './group-sums.ts';
import type { Groups } from './groups.ts';
import { firstInOrder } from './order.ts';
import type { Order } from './order.ts';
import type { Selection } from './selection.ts';
import { ranksOf } from './text-order.ts';
import { trendDays, trendsOf } from './trends.ts';

const MICROS = 1_000_000;

/** What a `TotalsQuery` says besides its range and its selection, as far as all its pages share it. */
type TotalsOf = Pick<TotalsQuery, 'by' | 'measure'>;

/** A measure summed by some dimensions of a report over one range of days; kept while it is read. */
export class Totals {
  readonly #state: EngineState;
  readonly #report: ReportPlan;
  readonly #by: readonly string[];
  readonly #dimensions: readonly number[];
  readonly #measure: SummedMeasure & { readonly name: string };
  readonly groups: Groups;
  readonly selection: Selection;
  readonly #sums: GroupSums;
  /** The sums that were read last, and by group the frame in which a change was seen since the first reading. */
  #last: { readonly firstFrame: number; readonly sums: Sums } | undefined;
  #changedAt = new Float64Array(0);

  /**
   * @param groupsBy  gives groups by some dimensions of the report
   * @throws DaybookError `BAD_QUERY`
   */
  constructor(
    state: EngineState,
    report: ReportPlan,
    selection: Selection,
    { by, measure }: TotalsOf,
    groupsBy: (dimensions: readonly number[]) => Groups,
  ) {
    this.#state = state;
    this.#report = report;
    this.#by = by;
    this.selection = selection;
    this.#dimensions = dimensionsNamed(report, by);
    this.#measure = summed(report, measure);
    this.groups = groupsBy(this.#dimensions);
    this.#sums = new GroupSums(this.groups, selection, this.#measure);
  }

  /** What it holds of memory, about, besides the groups and the selection. */
  get bytes(): number {
    return this.#sums.bytes + (this.#last?.sums.bytes ?? 0) + this.#changedAt.byteLength;
  }

  /** @param tables  of the days in the range, newest first */
  page(tables: readonly GroupTable[], query: TotalsQuery, frame: number): TotalsPage {
    this.selection.refresh();
    const sums = this.#sums.over(tables);
    const firstFrame = this.#note(sums, frame);
    const groups = groupsInRange(sums);
    const isWhole = query.since === undefined || query.since < firstFrame;
    const shown = isWhole ? this.#shown(sums, groups, query) : this.#changedSince(query.since, groups);
    const trend = query.trend === true ? trendsOf(tables, this.groups, this.selection, this.#measure, shown) : [];
    return {
      frame,
      total: groups.length,
      rows: Array.from(shown, (group) => this.#row(sums, group)),
      extent: this.#extent(sums, groups),
      trends: trend,
      days: trendDays(tables),
      isWhole,
    };
  }

  /** Notes in which frame each group was last seen to change. @returns the frame of the first reading */
  #note(sums: Sums, frame: number): number {
    const last = this.#last;
    const { count } = this.groups;
    if (this.#changedAt.length < count) {
      const grown = new Float64Array(Math.max(count, this.#changedAt.length * 2));
      grown.set(this.#changedAt);
      this.#changedAt = grown;
    }
    const firstFrame = last?.firstFrame ?? frame;
    this.#last = { firstFrame, sums };
    if (last === undefined) return firstFrame;
    for (let group = 0; group < count; group++) {
      if (group < last.sums.low.length ? !sums.isEqual(group, last.sums) : true) this.#changedAt[group] = frame;
    }
    return firstFrame;
  }

  #changedSince(since: number | undefined, groups: Int32Array): Int32Array {
    return groups.filter((group) => (this.#changedAt[group] as number) > (since ?? -1));
  }

  #shown(sums: Sums, groups: Int32Array, { sort = [], offset = 0, limit = groups.length }: TotalsQuery): Int32Array {
    const first = firstInOrder(groups.length, offset + limit, this.#order(sums, groups, sort));
    return first.subarray(offset).map((index) => groups[index] as number);
  }

  /** Of two places in `groups`; those that are equal by the sort come by their dimensions. */
  #order(sums: Sums, groups: Int32Array, sort: NonNullable<TotalsQuery['sort']>): Order {
    const keys = [...sort, ...this.#by.map((column) => ({ column, descending: false }))].map(
      ({ column, descending }) => ({ sign: descending ? -1 : 1, compare: this.#comparison(sums, column) }),
    );
    return (a, b) => {
      const [x, y] = [groups[a] as number, groups[b] as number];
      for (const { sign, compare } of keys) {
        const difference = compare(x, y);
        if (difference !== 0 && difference === difference) return sign * difference;
      }
      return 0;
    };
  }

  #comparison(sums: Sums, column: string): Order {
    if (column === this.#measure.name) return (a, b) => sums.compare(a, b);
    const numberOf = this.#keyNumber(column);
    return (a, b) => numberOf(a) - numberOf(b);
  }

  #keyNumber(column: string): (group: number) => number {
    requireTotalsColumn({ by: this.#by, measure: this.#measure.name }, column);
    const index = this.#by.indexOf(column);
    const dimension = present(this.#dimensions[index], 'each has its place');
    if (dimension === 0) return (group) => this.groups.keyOf(group, index);
    const field = present(this.#report.dimensions[dimension], 'a dimension is one of the report');
    const dictionary = present(this.#state.dictionaries[field.index], 'a dimension is interned');
    if (dictionary instanceof TextDictionary) {
      const ranks = ranksOf(dictionary);
      return (group) => ranks[this.groups.keyOf(group, index)] as number;
    }
    return (group) => dictionary.value(this.groups.keyOf(group, index)) ?? -Infinity;
  }

  #row(sums: Sums, group: number): Row {
    const cells: Record<string, Cell> = {};
    this.#by.forEach((name, index) => {
      const key = this.groups.keyOf(group, index);
      const dimension = this.#dimensions[index] as number;
      cells[name] = dimension === 0 ? formatDay(key) : this.#state.idCell(this.#report, dimension, key);
    });
    cells[this.#measure.name] = sums.cell(group, this.#measure.isDecimal);
    return cells;
  }

  #extent(sums: Sums, groups: Int32Array): Extent | undefined {
    let [min, max] = [Infinity, -Infinity];
    for (const group of groups) {
      const number = sums.sortNumber(group);
      if (number < min) min = number;
      if (number > max) max = number;
    }
    const units = this.#measure.isDecimal ? MICROS : 1;
    return groups.length === 0 ? undefined : { min: min / units, max: max / units };
  }
}

/** Groups with a row in the range. */
function groupsInRange(sums: Sums): Int32Array {
  const groups = new Int32Array(sums.rows.length);
  let count = 0;
  for (let group = 0; group < groups.length; group++) if ((sums.rows[group] as number) > 0) groups[count++] = group;
  return groups.subarray(0, count);
}

/** A measure that can be summed over rows. @throws DaybookError `BAD_QUERY` */
function summed(report: ReportPlan, name: string): SummedMeasure & { readonly name: string } {
  const index = summableNamed(report, name);
  const measure = report.measures[index];
  return { index, name, isDecimal: measure?.kind === 'sum' && measure.field.kind === 'decimal' };
}
