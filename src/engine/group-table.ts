import { present } from '../base/assert.ts';
import { divideHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import { powerOfTwo } from '../base/typed-arrays.ts';
import type { Accumulator } from './accumulators.ts';
import { EXACT_MAX, makeAccumulator } from './accumulators.ts';
import type { ClosedRows } from './amendments.ts';
import type { Filter } from './filter.ts';
import type { GroupRows } from './group-rows.ts';
import type { LaterArray, SectionArray, SectionReader } from './sections.ts';

const FIRST_ROWS = 4;
const FIRST_SLOTS = 8;
const NO_ARRAY = new Int32Array(0);

/** One report's rows of one business day: the ids of its dimensions and the numbers of its measures. Rows keep their numbers. */
export class GroupTable {
  readonly report: ReportPlan;
  readonly day: number;
  /** How many numbers a row's measures are made of. */
  readonly rowWidth: number;
  /** How many dimensions there are besides the business date. */
  readonly #width: number;
  readonly #dimensions: readonly number[];
  /** By measure; undefined for a ratio. */
  readonly #accumulators: readonly (Accumulator | undefined)[];
  /** By measure: where its numbers begin among a row's. */
  readonly #places: readonly number[];
  readonly #rows: GroupRows;
  /** Where it stands there. */
  readonly #table: number;
  readonly #changedRows: number[] = [];
  /** A checkpoint is to have the arrays as they are: they are copied before they change. */
  #isShared = false;
  /** How many of them it has, and copies of the others from their first change on. */
  #taken = 0;
  #saved: readonly SectionArray[] = [];
  /** How many rows there were when the table was last asked to give back room. */
  #rowsAtTrim = -1;
  #version = 0;

  constructor(report: ReportPlan, day: number, rows: GroupRows) {
    this.report = report;
    this.day = day;
    this.#rows = rows;
    this.#dimensions = report.dimensions.slice(1).map((field) => field.index);
    this.#width = this.#dimensions.length;
    this.#accumulators = report.measures.map((measure) => makeAccumulator(measure, rows));
    const empty: number[] = [];
    this.#places = this.#accumulators.map((accumulator) => {
      const place = empty.length;
      for (let i = 0; i < (accumulator?.width ?? 0); i++) empty.push(accumulator?.empty ?? 0);
      return place;
    });
    this.rowWidth = empty.length;
    this.#table = rows.makeTable(this.#width, empty);
    rows.resize(this.#table, FIRST_ROWS);
    rows.rehash(this.#table, FIRST_SLOTS);
  }

  get rowCount(): number {
    return this.#rows.rowCount(this.#table);
  }

  /** Grows when rows change or come. */
  get version(): number {
    return this.#version;
  }

  /** The ids of each row's dimensions but the business date, `report.dimensions.length - 1` a row; good until records are added. */
  get dimensionIds(): Int32Array {
    return this.#rows.ids(this.#table, this.rowCount * this.#width);
  }

  /**
   * Adds the records that its `GroupRows` have in hand from one to another, all of this day.
   * @param closed  told of each row of a closed day before it changes, once a frame
   * @returns whether the table had no changed rows before and has some now
   */
  add(from: number, to: number, filter: Filter | undefined, closed: ClosedRows | undefined): boolean {
    if (this.#isShared) this.#detach();
    this.#version++;
    const rowsBefore = this.rowCount;
    const wereNone = this.#changedRows.length === 0;
    const { changed, noted } = this.#rows.find(this.#table, this.#dimensions, from, to, filter, closed !== undefined);
    for (const row of changed) this.#changedRows.push(row);
    if (closed !== undefined) for (const row of noted) closed.note(this, row, row >= rowsBefore);
    this.#accumulators.forEach((accumulator, measure) => {
      accumulator?.add(this.#rows, this.#table, this.#places[measure] as number);
    });
    return wereNone && this.#changedRows.length > 0;
  }

  /** The rows that changed since the last call, in the order of their first change. */
  takeChangedRows(): readonly number[] {
    const rows = this.#changedRows.splice(0);
    for (const row of rows) this.#rows.forgetChanged(this.#table, row);
    return rows;
  }

  /** Makes a row that was noted in a frame such as can be noted in the next one. */
  forgetNoted(row: number): void {
    this.#rows.forgetNoted(this.#table, row);
  }

  /** A row's id of dimension `dimension`, counted from 1 as the business date is 0. */
  dimensionId(row: number, dimension: number): number {
    return this.#rows.id(this.#table, row * this.#width + dimension - 1);
  }

  /** Puts the `rowWidth` numbers that a row's measures are made of into an array, from `at` on. */
  readRow(row: number, into: Float64Array, at: number): void {
    const { numbers } = this.#rows;
    const from = this.#numbersAt(row);
    for (let i = 0; i < this.rowWidth; i++) into[at + i] = numbers[from + i] as number;
  }

  /** A measure of a row, of the numbers that `readRow` gave, now or in an earlier frame. */
  cellOf(measure: number, numbers: Float64Array, at: number): Cell {
    const accumulator = this.#accumulators[measure];
    if (accumulator === undefined) return this.#ratio(measure, numbers, at);
    return accumulator.cell(numbers, at + (this.#places[measure] as number));
  }

  /** A number that sorts like the measure; null, which sorts below all, is minus infinity. */
  measureSortNumber(row: number, measure: number): number {
    const { numbers } = this.#rows;
    const at = this.#numbersAt(row);
    const accumulator = this.#accumulators[measure];
    if (accumulator !== undefined) return accumulator.sortNumber(numbers, at + (this.#places[measure] as number));
    const ratio = this.#ratio(measure, numbers, at);
    return ratio === null ? -Infinity : Number(ratio);
  }

  /** Sort numbers of a measure nearer to zero than this are equal only for equal values; others `measureMicros` tells apart. */
  measureExactBelow(measure: number): number {
    return this.#accumulators[measure]?.exactBelow ?? EXACT_MAX;
  }

  /** A measure of a row in micro-units, exact; null as the cell is. Not for a measure of floats. */
  measureMicros(row: number, measure: number): bigint | null {
    const { numbers } = this.#rows;
    const at = this.#numbersAt(row);
    const accumulator = this.#accumulators[measure];
    if (accumulator === undefined) return this.#ratio(measure, numbers, at);
    return accumulator.micros(numbers, at + (this.#places[measure] as number));
  }

  /** Gives back room when no row has come since it was last asked to. */
  trim(): void {
    const { rowCount } = this;
    const isAtRest = this.#rowsAtTrim === rowCount;
    this.#rowsAtTrim = rowCount;
    if (!isAtRest || this.#rows.capacity(this.#table) === rowCount) return;
    this.#rows.resize(this.#table, rowCount);
    for (const set of this.#sets()) this.#rows.trimSet(set);
  }

  /**
   * What a checkpoint needs; `load` takes it back. Each array is copied when it is asked for, once and in this order, or,
   * until `release`, before the first change.
   */
  save(): readonly LaterArray[] {
    this.release();
    this.#isShared = true;
    const rows = this.rowCount;
    const later = (kind: 'i32' | 'f64', length: number, index: number): LaterArray => ({
      kind,
      length,
      take: () => {
        this.#taken = index + 1;
        return this.#saved[index] ?? present(this.#arrays()[index], 'an array is one of the table')();
      },
    });
    return [
      later('i32', rows * this.#width, 0),
      later('f64', rows * this.rowWidth, 1),
      ...this.#sets().map((set, index) => later('i32', this.#rows.pairCount(set) * 2, index + 2)),
    ];
  }

  /** Says that what `save` gave is no longer used. */
  release(): void {
    this.#isShared = false;
    this.#saved = [];
    this.#taken = 0;
  }

  /** Takes back what `save` saved of so many rows; nothing counts as changed. */
  load(rowCount: number, sections: SectionReader): void {
    this.#rows.fill(this.#table, rowCount, sections.int32(), sections.float64());
    this.#rows.rehash(this.#table, powerOfTwo(rowCount * 2));
    for (const set of this.#sets()) this.#rows.addPairs(set, sections.int32());
  }

  /** The sets of its measures that have one. */
  #sets(): readonly number[] {
    return this.#accumulators.flatMap((accumulator) => accumulator?.seen ?? []);
  }

  /** Copies of all that a checkpoint needs, each made when it is asked for. */
  #arrays(): readonly (() => SectionArray)[] {
    const rows = this.rowCount;
    const numbersAt = this.#numbersAt(0);
    return [
      () => this.#rows.ids(this.#table, rows * this.#width).slice(),
      () => this.#rows.numbers.slice(numbersAt, numbersAt + rows * this.rowWidth),
      ...this.#sets().map((set) => () => this.#rows.pairs(set)),
    ];
  }

  /** Copies what a checkpoint has not taken yet, as it is about to change. */
  #detach(): void {
    this.#isShared = false;
    this.#saved = this.#arrays().map((copy, index) => (index < this.#taken ? NO_ARRAY : copy()));
  }

  /** Where a row's numbers begin in the memory. */
  #numbersAt(row: number): number {
    return this.#rows.numbersOf(this.#table) + row * this.rowWidth;
  }

  #ratio(measure: number, numbers: Float64Array, at: number): bigint | null {
    const plan = this.report.measures[measure];
    if (plan?.kind !== 'ratio') throw new Error('Broken invariant: only a ratio has no accumulator');
    const part = (name: string): bigint => {
      const index = this.report.measures.findIndex((each) => each.name === name);
      const accumulator = present(this.#accumulators[index], 'a ratio is of measures with state');
      return accumulator.micros(numbers, at + (this.#places[index] as number));
    };
    const denominator = part(plan.denominator);
    return denominator === 0n ? null : divideHalfEven(part(plan.numerator) * MICROS_PER_UNIT, denominator);
  }
}
