import { MICROS_PER_UNIT } from '../../base/decimal.ts';
import type { Cell } from '../../ports/rows.ts';
import { CARRY as SUM_CARRY, exactSum, sumCell, sumSortNumber } from '../exact-sum.ts';
import type { GroupTable } from '../group-table.ts';
import type { Groups } from './groups.ts';
import { TABLE_BYTES } from './groups.ts';
import type { Selection } from './selection.ts';

const CARRY = SUM_CARRY;
/** Days that change are added up anew each time; with more of them than this, those at rest are put to the others. */
const MOVING_MAX = 3;

/** A measure's column: what a whole one of its sums is made of. */
export interface SummedMeasure {
  /** Its place among the report's measures. */
  readonly index: number;
  readonly isDecimal: boolean;
}

/** Sums by group, in the column's units, and of how many rows each is. */
export class Sums {
  low: Float64Array;
  high: Float64Array;
  rows: Int32Array;

  constructor(count: number) {
    this.low = new Float64Array(count);
    this.high = new Float64Array(count);
    this.rows = new Int32Array(count);
  }

  /** What they hold of memory. */
  get bytes(): number {
    return this.low.byteLength + this.high.byteLength + this.rows.byteLength;
  }

  /** A copy with room for so many groups. */
  copy(count: number): Sums {
    const copy = new Sums(count);
    copy.low.set(this.low.subarray(0, count));
    copy.high.set(this.high.subarray(0, count));
    copy.rows.set(this.rows.subarray(0, count));
    return copy;
  }

  /** A number that sorts like the group's sum. */
  sortNumber(group: number): number {
    return sumSortNumber(this.low[group] as number, this.high[group] as number);
  }

  /** Which of two groups has the greater sum, to the last digit: above 0 when the first one has. */
  compare(a: number, b: number): number {
    // Low parts differ by less than two carries, and a sum of two floats is 0 only where it is exactly 0.
    const carries = (this.high[a] as number) - (this.high[b] as number);
    return carries * CARRY + ((this.low[a] as number) - (this.low[b] as number));
  }

  isEqual(group: number, other: Sums): boolean {
    return (
      this.low[group] === other.low[group] &&
      this.high[group] === other.high[group] &&
      this.rows[group] === other.rows[group]
    );
  }

  /** The exact sum as a report's cell. */
  cell(group: number, isDecimal: boolean): Cell {
    return sumCell(exactSum(this.low[group] as number, this.high[group] as number), isDecimal);
  }

  add(group: number, value: number): void {
    // Both are below 2^52, so their sum is below 2^53.
    const sum = (this.low[group] as number) + value;
    this.low[group] = sum < CARRY && sum > -CARRY ? sum : this.#carry(group, sum);
  }

  addBig(group: number, value: bigint): void {
    const high = value / BigInt(CARRY);
    this.high[group] = (this.high[group] as number) + Number(high);
    this.add(group, Number(value - high * BigInt(CARRY)));
  }

  #carry(group: number, sum: number): number {
    const sign = sum < 0 ? -1 : 1;
    this.high[group] = (this.high[group] as number) + sign;
    return sum - sign * CARRY;
  }
}

/**
 * Adds the selected rows of a table to the sums of their groups.
 * @param placeOf  by group: which of the sums is its own, -1 none; undefined: the one with its number
 */
export function addTable(
  sums: Sums,
  table: GroupTable,
  groups: Int32Array,
  selection: Selection,
  measure: SummedMeasure,
  placeOf?: Int32Array,
): void {
  const { rows, count } = selection.rowsOf(table);
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : (rows[i] as number);
    const own = groups[row] as number;
    const group = placeOf === undefined ? own : (placeOf[own] as number);
    if (group < 0) continue;
    sums.rows[group] = (sums.rows[group] as number) + 1;
    const value = table.measureSortNumber(row, measure.index);
    if (value < CARRY && value > -CARRY) sums.add(group, value);
    else sums.addBig(group, exactOf(table, row, measure));
  }
}

/** A measure in the column's units. */
function exactOf(table: GroupTable, row: number, { index, isDecimal }: SummedMeasure): bigint {
  const micros = table.measureMicros(row, index) ?? 0n;
  return isDecimal ? micros : micros / MICROS_PER_UNIT;
}

/**
 * The sums of a selection by group over a range of days. Days at rest are added up once; only those that change are
 * added to them each time.
 */
export class GroupSums {
  readonly #groups: Groups;
  readonly #selection: Selection;
  readonly #measure: SummedMeasure;
  /** Days in `#resting`, with the version that they were added at. */
  readonly #rested = new Map<GroupTable, number>();
  readonly #moving = new Map<GroupTable, number>();
  #resting = new Sums(0);

  constructor(groups: Groups, selection: Selection, measure: SummedMeasure) {
    this.#groups = groups;
    this.#selection = selection;
    this.#measure = measure;
  }

  /** What it holds of memory, about, besides the groups and the selection. */
  get bytes(): number {
    return this.#resting.bytes + (this.#rested.size + this.#moving.size) * TABLE_BYTES;
  }

  /** @param tables  of the days in the range */
  over(tables: readonly GroupTable[]): Sums {
    const groupsOf = new Map(tables.map((table) => [table, this.#groups.of(table)]));
    this.#settle(tables, groupsOf);
    const sums = this.#resting.copy(this.#groups.count);
    for (const [table] of this.#moving) this.#add(sums, table, groupsOf);
    return sums;
  }

  #settle(tables: readonly GroupTable[], groupsOf: ReadonlyMap<GroupTable, Int32Array>): void {
    let isOutdated = false;
    for (const table of this.#rested.keys()) if (!groupsOf.has(table)) isOutdated = true;
    for (const table of this.#moving.keys()) if (!groupsOf.has(table)) this.#moving.delete(table);
    const resting: GroupTable[] = [];
    for (const table of tables) {
      const version = this.#rested.get(table);
      if (version === table.version) continue;
      // It was at rest and has changed: what it was is in the sums, so these have to be made anew.
      if (version !== undefined) {
        isOutdated = true;
        this.#rested.delete(table);
        this.#moving.set(table, table.version);
      } else if (this.#moving.get(table) === table.version || (this.#rested.size === 0 && tables.length > MOVING_MAX)) {
        resting.push(table);
      } else this.#moving.set(table, table.version);
    }
    if (isOutdated) {
      const before = [...this.#rested.keys()].filter((table) => groupsOf.has(table));
      this.#rested.clear();
      this.#resting = new Sums(this.#groups.count);
      for (const table of before) this.#rest(table, groupsOf);
    }
    if (this.#moving.size <= MOVING_MAX && this.#rested.size > 0) return;
    for (const table of resting) this.#rest(table, groupsOf);
  }

  #rest(table: GroupTable, groupsOf: ReadonlyMap<GroupTable, Int32Array>): void {
    if (this.#resting.low.length < this.#groups.count) this.#resting = this.#resting.copy(this.#groups.count);
    this.#add(this.#resting, table, groupsOf);
    this.#moving.delete(table);
    this.#rested.set(table, table.version);
  }

  #add(sums: Sums, table: GroupTable, groupsOf: ReadonlyMap<GroupTable, Int32Array>): void {
    addTable(sums, table, groupsOf.get(table) as Int32Array, this.#selection, this.#measure);
  }
}
