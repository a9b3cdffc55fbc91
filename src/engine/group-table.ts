import { present } from '../base/assert.ts';
import { divideHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { powerOfTwo } from '../base/typed-arrays.ts';
import type { Accumulator } from './accumulators.ts';
import { EXACT_MAX, makeAccumulator } from './accumulators.ts';
import type { ClosedRows } from './amendments.ts';
import type { Filter } from './filter.ts';
import type { SectionArray, SectionReader } from './sections.ts';

const FIRST_ROWS = 4;
const GROWTH = 1.5;

/** Bits of a row's marks. */
const CHANGED = 1;
const NOTED = 2;

/**
 * One report's rows of one business day: an open-addressing table from the dimensions' ids to row numbers, and for each
 * row the numbers of its measures. Rows stay where they are once made.
 */
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
  #keys: Int32Array;
  #slots: Int32Array;
  /** `rowWidth` numbers a row. */
  #numbers: Float64Array;
  #rowCount = 0;
  #capacity = 0;
  /** `CHANGED` where the row changed since `takeChangedRows`, `NOTED` where the frame's amendments know of it. */
  #marks = new Uint8Array(0);
  readonly #changedRows: number[] = [];
  /** A checkpoint is being written of the arrays, so they must not change. */
  #isShared = false;
  /** How many rows there were when the table was last asked to give back room. */
  #rowsAtTrim = -1;
  #version = 0;

  constructor(report: ReportPlan, day: number) {
    this.report = report;
    this.day = day;
    this.#dimensions = report.dimensions.slice(1).map((field) => field.index);
    this.#width = this.#dimensions.length;
    this.#accumulators = report.measures.map(makeAccumulator);
    let rowWidth = 0;
    this.#places = this.#accumulators.map((accumulator) => {
      const place = rowWidth;
      rowWidth += accumulator?.width ?? 0;
      return place;
    });
    this.rowWidth = rowWidth;
    this.#keys = new Int32Array(0);
    this.#numbers = new Float64Array(0);
    // Given a value twice, or V8 compiles for fields that never change, and once more when they do (decision 0060).
    this.#slots = new Int32Array(0);
    this.#resize(FIRST_ROWS);
    this.#rehash(powerOfTwo(FIRST_ROWS * 2));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Grows when rows change or come. */
  get version(): number {
    return this.#version;
  }

  /** The ids of each row's dimensions but the business date, `report.dimensions.length - 1` a row; good until records are added. */
  get dimensionIds(): Int32Array {
    return this.#keys;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    let bytes = this.#keys.byteLength + this.#slots.byteLength + this.#numbers.byteLength + this.#marks.byteLength;
    for (const accumulator of this.#accumulators) bytes += accumulator?.seen?.bytes ?? 0;
    return bytes;
  }

  /**
   * Adds records `records[from]` to `records[to - 1]` of the columns, all of this day.
   * @param scratch  room for two times `to - from` numbers
   * @param closed   told of each row of a closed day before it changes, once a frame
   * @returns whether the table had no changed rows before and has some now
   */
  add(
    columns: RecordColumns,
    records: Int32Array,
    from: number,
    to: number,
    filter: Filter | undefined,
    scratch: Scratch,
    closed: ClosedRows | undefined,
  ): boolean {
    if (this.#isShared) this.#detach();
    this.#version++;
    const rowsBefore = this.#rowCount;
    const wereNone = this.#changedRows.length === 0;
    let count = 0;
    for (let k = from; k < to; k++) {
      const record = records[k] as number;
      if (filter !== undefined && !filter(columns, record)) continue;
      const row = this.#rowOf(columns, record);
      scratch.rows[count] = row;
      scratch.records[count++] = record;
      const marks = this.#marks[row] as number;
      if ((marks & CHANGED) === 0) this.#changedRows.push(row);
      if (closed !== undefined && (marks & NOTED) === 0) closed.note(this, row, row >= rowsBefore);
      this.#marks[row] = closed === undefined ? marks | CHANGED : CHANGED | NOTED;
    }
    for (let measure = 0; measure < this.#accumulators.length; measure++) {
      const numbers = { values: this.#numbers, rowWidth: this.rowWidth, place: this.#places[measure] as number };
      this.#accumulators[measure]?.add(numbers, scratch.rows, scratch.records, count, columns);
    }
    return wereNone && this.#changedRows.length > 0;
  }

  /** The rows that changed since the last call, in the order of their first change. */
  takeChangedRows(): readonly number[] {
    const rows = this.#changedRows.splice(0);
    for (const row of rows) this.#marks[row] = (this.#marks[row] as number) & ~CHANGED;
    return rows;
  }

  /** Makes a row that was noted in a frame such as can be noted in the next one. */
  forgetNoted(row: number): void {
    this.#marks[row] = (this.#marks[row] as number) & ~NOTED;
  }

  /** A row's id of dimension `dimension`, counted from 1 as the business date is 0. */
  dimensionId(row: number, dimension: number): number {
    return this.#keys[row * this.#width + dimension - 1] as number;
  }

  /** Puts the `rowWidth` numbers that a row's measures are made of into an array, from `at` on. */
  readRow(row: number, into: Float64Array, at: number): void {
    const from = row * this.rowWidth;
    for (let i = 0; i < this.rowWidth; i++) into[at + i] = this.#numbers[from + i] as number;
  }

  /** A measure of a row, of the numbers that `readRow` gave, now or in an earlier frame. */
  cellOf(measure: number, numbers: Float64Array, at: number): Cell {
    const accumulator = this.#accumulators[measure];
    if (accumulator === undefined) return this.#ratio(measure, numbers, at);
    return accumulator.cell(numbers, at + (this.#places[measure] as number));
  }

  /** A number that sorts like the measure; null, which sorts below all, is minus infinity. */
  measureSortNumber(row: number, measure: number): number {
    const at = row * this.rowWidth;
    const accumulator = this.#accumulators[measure];
    if (accumulator !== undefined) {
      return accumulator.sortNumber(this.#numbers, at + (this.#places[measure] as number));
    }
    const ratio = this.#ratio(measure, this.#numbers, at);
    return ratio === null ? -Infinity : Number(ratio);
  }

  /** Sort numbers of a measure nearer to zero than this are equal only for equal values; others `measureMicros` tells apart. */
  measureExactBelow(measure: number): number {
    return this.#accumulators[measure]?.exactBelow ?? EXACT_MAX;
  }

  /** A measure of a row in micro-units, exact; null as the cell is. Not for a measure of floats. */
  measureMicros(row: number, measure: number): bigint | null {
    const at = row * this.rowWidth;
    const accumulator = this.#accumulators[measure];
    if (accumulator === undefined) return this.#ratio(measure, this.#numbers, at);
    return accumulator.micros(this.#numbers, at + (this.#places[measure] as number));
  }

  /** Gives back room when no row has come since it was last asked to. */
  trim(): void {
    const isAtRest = this.#rowsAtTrim === this.#rowCount;
    this.#rowsAtTrim = this.#rowCount;
    if (!isAtRest || this.#capacity === this.#rowCount || this.#isShared) return;
    this.#resize(this.#rowCount);
    for (const accumulator of this.#accumulators) accumulator?.seen?.detach();
  }

  /**
   * What a checkpoint needs; `load` takes it back. No copies: until `release`, the first change makes the table go on in
   * arrays of its own.
   */
  save(): readonly SectionArray[] {
    this.#isShared = true;
    return [
      this.#keys.subarray(0, this.#rowCount * this.#width),
      this.#numbers.subarray(0, this.#rowCount * this.rowWidth),
      ...this.#accumulators.flatMap((accumulator) => accumulator?.seen?.save() ?? []),
    ];
  }

  /** Says that what `save` gave is no longer used. */
  release(): void {
    this.#isShared = false;
  }

  /** Takes back what `save` saved of so many rows; nothing counts as changed. */
  load(rowCount: number, sections: SectionReader): void {
    this.#keys = sections.int32();
    this.#numbers = sections.float64();
    for (const accumulator of this.#accumulators) accumulator?.seen?.load(sections.int32());
    this.#rowCount = rowCount;
    this.#resize(rowCount);
    this.#rehash(powerOfTwo(rowCount * 2));
  }

  #rowOf(columns: RecordColumns, record: number): number {
    const dimensions = this.#dimensions;
    const width = this.#width;
    let mixed = 0;
    for (let d = 0; d < width; d++) {
      mixed = Math.imul(mixed ^ ((columns.ids[dimensions[d] as number] as Int32Array)[record] as number), 0x9e3779b1);
    }
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const row = (slots[slot] as number) - 1;
      if (row < 0) break;
      let d = 0;
      while (d < width && this.#keys[row * width + d] === (columns.ids[dimensions[d] as number] as Int32Array)[record])
        d++;
      if (d === width) return row;
      slot = (slot + 1) & mask;
    }
    if (this.#rowCount === this.#capacity) this.#resize(Math.max(FIRST_ROWS, Math.ceil(this.#capacity * GROWTH)));
    const row = this.#rowCount++;
    for (let d = 0; d < width; d++) {
      this.#keys[row * width + d] = (columns.ids[dimensions[d] as number] as Int32Array)[record] as number;
    }
    slots[slot] = row + 1;
    if (this.#rowCount * 2 > slots.length) this.#rehash(slots.length * 2);
    return row;
  }

  /** Gives the rows room for just so many. */
  #resize(capacity: number): void {
    const { rowWidth } = this;
    const keys = new Int32Array(capacity * this.#width);
    keys.set(this.#keys.subarray(0, keys.length));
    this.#keys = keys;
    const numbers = new Float64Array(capacity * rowWidth);
    numbers.set(this.#numbers.subarray(0, numbers.length));
    this.#accumulators.forEach((accumulator, measure) => {
      if (accumulator === undefined || accumulator.empty === 0) return;
      const place = this.#places[measure] as number;
      for (let row = this.#rowCount; row < capacity; row++) {
        numbers.fill(accumulator.empty, row * rowWidth + place, row * rowWidth + place + accumulator.width);
      }
    });
    this.#numbers = numbers;
    const marks = new Uint8Array(capacity);
    marks.set(this.#marks.subarray(0, capacity));
    this.#marks = marks;
    this.#capacity = capacity;
  }

  /** Goes on in arrays that no checkpoint has. */
  #detach(): void {
    this.#isShared = false;
    this.#keys = this.#keys.slice();
    this.#numbers = this.#numbers.slice();
    for (const accumulator of this.#accumulators) accumulator?.seen?.detach();
  }

  #rehash(length: number): void {
    const slots = new Int32Array(length);
    const mask = length - 1;
    for (let row = 0; row < this.#rowCount; row++) {
      let mixed = 0;
      for (let d = 0; d < this.#width; d++) {
        mixed = Math.imul(mixed ^ (this.#keys[row * this.#width + d] as number), 0x9e3779b1);
      }
      let slot = (mixed ^ (mixed >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
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

/** Room that tables share while records are added. */
export interface Scratch {
  readonly rows: Int32Array;
  readonly records: Int32Array;
}
