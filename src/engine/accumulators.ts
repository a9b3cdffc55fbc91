import { present } from '../base/assert.ts';
import { divideHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { FieldPlan, MeasurePlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { PairSet } from './pair-set.ts';
import type { SectionArray, SectionReader } from './sections.ts';

/** A measure's state, for all rows of a report's day. Rows are numbered from 0; a new row begins at nothing. */
export interface Accumulator {
  /** What it holds of memory, about. */
  readonly bytes: number;
  /** Gives it room for just so many rows, in arrays that nobody else has. */
  resize(rows: number): void;
  /** Gives back the room that is not needed, and all arrays of `save` to who has them. */
  detach(): void;
  /** Adds `count` records: record `records[k]` of the columns to row `rows[k]`. */
  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void;
  /** The value as a number that sorts like it. */
  sortNumber(row: number): number;
  /** Sort numbers nearer to zero than this are equal only for equal values; of others `microsOf` says which is above. */
  readonly exactBelow: number;
  /** How many numbers a row's value is made of. */
  readonly width: number;
  /** Puts them into an array, from `at` on. */
  read(row: number, into: Float64Array, at: number): void;
  /** The value as a reader sees it, of numbers that `read` gave. */
  cellOf(numbers: Float64Array, at: number): Cell;
  /** The value in micro-units, exact: what ratios are made of. */
  microsOf(numbers: Float64Array, at: number): bigint;
  /** What a checkpoint needs of the first rows; no copies. `load` takes them back in the same order. */
  save(rows: number): readonly SectionArray[];
  load(sections: SectionReader): void;
}

/** An accumulator for a measure; none for a ratio, which is computed of two others when it is read. */
export function makeAccumulator(measure: MeasurePlan): Accumulator | undefined {
  switch (measure.kind) {
    case 'count':
      return new Count();
    case 'sum':
      return new Sum(measure.field);
    case 'avg':
      return new Average(measure.field);
    case 'min':
      return new Extreme(measure.field, (value, known) => value < known);
    case 'max':
      return new Extreme(measure.field, (value, known) => value > known);
    case 'countDistinct':
      return new CountDistinct(measure.field);
    case 'ratio':
      return undefined;
  }
}

/** From here on floats leave out whole numbers. */
export const EXACT_MAX = 2 ** 53;

/** Micro-units in one unit of a field's column. */
function scaleOf(field: FieldPlan): bigint {
  return field.kind === 'decimal' ? 1n : MICROS_PER_UNIT;
}

function resized(array: Float64Array, rows: number): Float64Array {
  const other = new Float64Array(rows);
  other.set(array.subarray(0, rows));
  return other;
}

class Count implements Accumulator {
  readonly width = 1;
  readonly exactBelow = Infinity;
  #counts: Float64Array = new Float64Array(0);

  get bytes(): number {
    return this.#counts.byteLength;
  }

  resize(rows: number): void {
    this.#counts = resized(this.#counts, rows);
  }

  detach(): void {
    this.#counts = this.#counts.slice();
  }

  add(rows: Int32Array, _records: Int32Array, count: number): void {
    const counts = this.#counts;
    for (let k = 0; k < count; k++) (counts[rows[k] as number] as number)++;
  }

  sortNumber(row: number): number {
    return this.#counts[row] as number;
  }

  read(row: number, into: Float64Array, at: number): void {
    into[at] = this.#counts[row] as number;
  }

  cellOf(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  microsOf(numbers: Float64Array, at: number): bigint {
    return BigInt(this.cellOf(numbers, at)) * MICROS_PER_UNIT;
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#counts.subarray(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#counts = sections.float64();
  }
}

/** One carry: a sum's low part stays below it either way, so that adding any record's value to it is exact in a float. */
const CARRY = 2 ** 52;

class Sum implements Accumulator {
  readonly width = 2;
  readonly exactBelow = EXACT_MAX;
  readonly #field: FieldPlan;
  #low: Float64Array = new Float64Array(0);
  /** In carries. */
  #high: Float64Array = new Float64Array(0);

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  get bytes(): number {
    return this.#low.byteLength + this.#high.byteLength;
  }

  resize(rows: number): void {
    this.#low = resized(this.#low, rows);
    this.#high = resized(this.#high, rows);
  }

  detach(): void {
    this.#low = this.#low.slice();
    this.#high = this.#high.slice();
  }

  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    const values = present(columns.values[this.#field.index], 'a summed field has values');
    const low = this.#low;
    for (let k = 0; k < count; k++) {
      const row = rows[k] as number;
      const value = values[records[k] as number] as number;
      // Both are below 2^52, so their sum is below 2^53.
      const sum = (low[row] as number) + (value < CARRY && value > -CARRY ? value : this.#carry(row, value));
      low[row] = sum < CARRY && sum > -CARRY ? sum : this.#carry(row, sum);
    }
  }

  #carry(row: number, value: number): number {
    const sign = value < 0 ? -1 : 1;
    this.#high[row] = (this.#high[row] as number) + sign;
    return value - sign * CARRY;
  }

  sortNumber(row: number): number {
    return (this.#high[row] as number) * CARRY + (this.#low[row] as number);
  }

  read(row: number, into: Float64Array, at: number): void {
    into[at] = this.#low[row] as number;
    into[at + 1] = this.#high[row] as number;
  }

  cellOf(numbers: Float64Array, at: number): Cell {
    const total = totalOf(numbers, at);
    if (this.#field.kind === 'decimal') return total;
    const number = Number(total);
    return Number.isSafeInteger(number) ? number : total * MICROS_PER_UNIT;
  }

  microsOf(numbers: Float64Array, at: number): bigint {
    return totalOf(numbers, at) * scaleOf(this.#field);
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#low.subarray(0, rows), this.#high.subarray(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#low = sections.float64();
    this.#high = sections.float64();
  }
}

/** A sum in its column's units. */
function totalOf(numbers: Float64Array, at: number): bigint {
  return BigInt(numbers[at + 1] as number) * BigInt(CARRY) + BigInt(numbers[at] as number);
}

class Average implements Accumulator {
  readonly exactBelow: number;
  readonly #field: FieldPlan;
  readonly #sum: Sum;
  readonly #count = new Count();

  constructor(field: FieldPlan) {
    this.#field = field;
    this.#sum = new Sum(field);
    this.exactBelow = EXACT_MAX / this.#unitMicros();
  }

  get width(): number {
    return this.#sum.width + this.#count.width;
  }

  get bytes(): number {
    return this.#sum.bytes + this.#count.bytes;
  }

  resize(rows: number): void {
    this.#sum.resize(rows);
    this.#count.resize(rows);
  }

  detach(): void {
    this.#sum.detach();
    this.#count.detach();
  }

  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    this.#sum.add(rows, records, count, columns);
    this.#count.add(rows, records, count);
  }

  sortNumber(row: number): number {
    const sum = this.#sum.sortNumber(row);
    if (Math.abs(sum) < EXACT_MAX) return sum / this.#count.sortNumber(row);
    const numbers = new Float64Array(this.width);
    this.read(row, numbers, 0);
    return Number(this.microsOf(numbers, 0)) / this.#unitMicros();
  }

  read(row: number, into: Float64Array, at: number): void {
    this.#sum.read(row, into, at);
    this.#count.read(row, into, at + this.#sum.width);
  }

  cellOf(numbers: Float64Array, at: number): Cell {
    return this.#countOf(numbers, at) === 0 ? null : this.microsOf(numbers, at);
  }

  microsOf(numbers: Float64Array, at: number): bigint {
    return divideHalfEven(totalOf(numbers, at) * scaleOf(this.#field), BigInt(this.#countOf(numbers, at)));
  }

  #unitMicros(): number {
    return Number(scaleOf(this.#field));
  }

  #countOf(numbers: Float64Array, at: number): number {
    return this.#count.cellOf(numbers, at + this.#sum.width);
  }

  save(rows: number): readonly SectionArray[] {
    return [...this.#sum.save(rows), ...this.#count.save(rows)];
  }

  load(sections: SectionReader): void {
    this.#sum.load(sections);
    this.#count.load(sections);
  }
}

/** The smallest or the largest value. */
class Extreme implements Accumulator {
  readonly width = 1;
  readonly exactBelow = Infinity;
  readonly #field: FieldPlan;
  readonly #replaces: (value: number, known: number) => boolean;
  #values: Float64Array = new Float64Array(0);

  constructor(field: FieldPlan, replaces: (value: number, known: number) => boolean) {
    this.#field = field;
    this.#replaces = replaces;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  resize(rows: number): void {
    const known = this.#values.length;
    this.#values = resized(this.#values, rows).fill(NaN, Math.min(known, rows));
  }

  detach(): void {
    this.#values = this.#values.slice();
  }

  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    const values = present(columns.values[this.#field.index], 'a compared field has values');
    for (let k = 0; k < count; k++) {
      const row = rows[k] as number;
      const value = values[records[k] as number] as number;
      const known = this.#values[row] as number;
      if (Number.isNaN(known) || this.#replaces(value, known)) this.#values[row] = value;
    }
  }

  sortNumber(row: number): number {
    return this.#values[row] as number;
  }

  read(row: number, into: Float64Array, at: number): void {
    into[at] = this.#values[row] as number;
  }

  cellOf(numbers: Float64Array, at: number): Cell {
    const value = numbers[at] as number;
    return this.#field.kind === 'decimal' ? BigInt(value) : value;
  }

  microsOf(numbers: Float64Array, at: number): bigint {
    return BigInt(numbers[at] as number) * scaleOf(this.#field);
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#values.subarray(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#values = sections.float64();
  }
}

class CountDistinct implements Accumulator {
  readonly width = 1;
  readonly exactBelow = Infinity;
  readonly #field: FieldPlan;
  #counts: Float64Array = new Float64Array(0);
  #seen = new PairSet();

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  get bytes(): number {
    return this.#counts.byteLength + this.#seen.bytes;
  }

  resize(rows: number): void {
    this.#counts = resized(this.#counts, rows);
  }

  detach(): void {
    this.#counts = this.#counts.slice();
    this.#seen.detach();
  }

  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    const ids = present(columns.ids[this.#field.index], 'a counted field has ids');
    const counts = this.#counts;
    const seen = this.#seen;
    for (let k = 0; k < count; k++) {
      const row = rows[k] as number;
      const id = ids[records[k] as number] as number;
      if (id !== 0 && seen.add(row, id)) (counts[row] as number)++;
    }
  }

  sortNumber(row: number): number {
    return this.#counts[row] as number;
  }

  read(row: number, into: Float64Array, at: number): void {
    into[at] = this.#counts[row] as number;
  }

  cellOf(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  microsOf(numbers: Float64Array, at: number): bigint {
    return BigInt(this.cellOf(numbers, at)) * MICROS_PER_UNIT;
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#counts.subarray(0, rows), this.#seen.save()];
  }

  load(sections: SectionReader): void {
    this.#counts = sections.float64();
    this.#seen = PairSet.load(sections.int32());
  }
}
