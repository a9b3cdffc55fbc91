import { present } from '../../base/assert.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import { measureNamed, requireColumn } from '../../plan/query-names.ts';
import type { Extent, ReportPage, ReportQuery } from '../../ports/rows.ts';
import { powerOfTwo } from '../../base/typed-arrays.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import { TABLE_BYTES } from './groups.ts';
import type { Matches } from './order.ts';
import { firstInOrder, makeOrder, units } from './order.ts';
import type { SelectedRows, Selection } from './selection.ts';

const FIRST_MIN = 64;

/** The first rows of a table in some order; good while the table is as it was. */
interface FirstRows {
  readonly version: number;
  readonly rows: Int32Array;
}

interface TableExtent extends Extent {
  readonly version: number;
}

/**
 * Pages of a selection in one order. What was found of a day stays good until the day changes, so that a page which is
 * read frame after frame costs the days that changed.
 */
export class Pages {
  readonly #state: EngineState;
  readonly #report: ReportPlan;
  readonly selection: Selection;
  readonly #sort: NonNullable<ReportQuery['sort']>;
  /** The measure of which extents are kept, and where it is among the report's. */
  readonly #measure: { readonly index: number; readonly units: number } | undefined;
  readonly #first = new Map<GroupTable, FirstRows>();
  readonly #extents = new Map<GroupTable, TableExtent>();
  #firstBytes = 0;

  /** @throws DaybookError `BAD_QUERY` */
  constructor(
    state: EngineState,
    report: ReportPlan,
    selection: Selection,
    { sort = [], extentOf }: Pick<ReportQuery, 'sort' | 'extentOf'>,
  ) {
    this.#state = state;
    this.#report = report;
    this.selection = selection;
    this.#sort = sort;
    for (const { column } of sort) requireColumn(report, column);
    this.#measure =
      extentOf === undefined ? undefined : { index: measureNamed(report, extentOf), units: units(report, extentOf) };
  }

  /** What it holds of memory, about, besides the selection. */
  get bytes(): number {
    return this.#firstBytes + (this.#first.size + this.#extents.size) * TABLE_BYTES;
  }

  /** @param tables  of the days in the range, newest first */
  page(tables: readonly GroupTable[], offset: number, limit: number, frame: number): ReportPage {
    this.selection.refresh();
    const selected = tables.map((table) => this.selection.rowsOf(table));
    const total = selected.reduce((sum, { count }) => sum + count, 0);
    const places = this.#isByDay()
      ? this.#byDay(tables, selected, offset, limit)
      : this.#amongAll(tables, selected, offset, limit);
    return {
      frame,
      total,
      rows: places.map(([table, row]) => this.#state.row(table, row)),
      extent: this.#extent(tables, selected),
    };
  }

  /** Days come one behind the other: newest first, unless they are asked for the other way round. */
  #isByDay(): boolean {
    const [first] = this.#sort;
    return first === undefined || first.column === this.#report.dimensions[0]?.name;
  }

  #byDay(
    tables: readonly GroupTable[],
    selected: readonly SelectedRows[],
    offset: number,
    limit: number,
  ): readonly (readonly [GroupTable, number])[] {
    const places: (readonly [GroupTable, number])[] = [];
    const isOldestFirst = this.#sort[0]?.descending === false;
    let skip = offset;
    for (let i = 0; i < tables.length && places.length < limit; i++) {
      const index = isOldestFirst ? tables.length - 1 - i : i;
      const [table, rows] = [tables[index] as GroupTable, selected[index] as SelectedRows];
      if (rows.count <= skip) {
        skip -= rows.count;
        continue;
      }
      const wanted = limit - places.length;
      const first = this.#firstOf(table, rows, skip + wanted);
      for (const row of first.subarray(skip, skip + wanted)) places.push([table, row]);
      skip = 0;
    }
    return places;
  }

  #amongAll(
    tables: readonly GroupTable[],
    selected: readonly SelectedRows[],
    offset: number,
    limit: number,
  ): readonly (readonly [GroupTable, number])[] {
    const firsts = tables.map((table, index) => this.#firstOf(table, selected[index] as SelectedRows, offset + limit));
    const matches = matchesOf(tables, firsts);
    const order = makeOrder(this.#state, this.#report, { sort: this.#sort }, matches);
    const first = firstInOrder(matches.count, offset + limit, order);
    return Array.from(first.subarray(offset), (match) => {
      const table = present(matches.tables[matches.tableOf[match] as number], 'a match is in a table');
      return [table, matches.rowOf[match] as number] as const;
    });
  }

  /** A table's first rows in order, at least so many as are wanted if there are. */
  #firstOf(table: GroupTable, { rows, count }: SelectedRows, wanted: number): Int32Array {
    const known = this.#first.get(table);
    if (known?.version === table.version && (known.rows.length >= wanted || known.rows.length === count))
      return known.rows;
    const all = rows?.subarray(0, count) ?? Int32Array.from({ length: count }, (_, row) => row);
    const matches = matchesOf([table], [all]);
    const order = makeOrder(this.#state, this.#report, { sort: this.#sort }, matches);
    // Rounded up, so that the next pages are found as well.
    const first = firstInOrder(count, powerOfTwo(Math.max(FIRST_MIN, wanted)), order).map(
      (match) => all[match] as number,
    );
    this.#firstBytes += first.byteLength - (known?.rows.byteLength ?? 0);
    this.#first.set(table, { version: table.version, rows: first });
    return first;
  }

  #extent(tables: readonly GroupTable[], selected: readonly SelectedRows[]): Extent | undefined {
    const measure = this.#measure;
    if (measure === undefined) return undefined;
    let [min, max] = [Infinity, -Infinity];
    tables.forEach((table, index) => {
      const extent = this.#extentOf(table, selected[index] as SelectedRows, measure.index);
      min = Math.min(min, extent.min);
      max = Math.max(max, extent.max);
    });
    return min > max ? undefined : { min: min / measure.units, max: max / measure.units };
  }

  #extentOf(table: GroupTable, { rows, count }: SelectedRows, measure: number): TableExtent {
    const known = this.#extents.get(table);
    if (known?.version === table.version) return known;
    let [min, max] = [Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      const number = table.measureSortNumber(rows === undefined ? i : (rows[i] as number), measure);
      // A null is below all and no value.
      if (number === -Infinity) continue;
      if (number < min) min = number;
      if (number > max) max = number;
    }
    const extent = { version: table.version, min, max };
    this.#extents.set(table, extent);
    return extent;
  }
}

function matchesOf(tables: readonly GroupTable[], rows: readonly Int32Array[]): Matches {
  const count = rows.reduce((sum, { length }) => sum + length, 0);
  const tableOf = new Int32Array(count);
  const rowOf = new Int32Array(count);
  let at = 0;
  rows.forEach((each, index) => {
    tableOf.fill(index, at, at + each.length);
    rowOf.set(each, at);
    at += each.length;
  });
  return { tables, tableOf, rowOf, count };
}
