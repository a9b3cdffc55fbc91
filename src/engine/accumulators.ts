import { present } from '../base/assert.ts';
import { divideHalfEven, divideNumbersHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { FieldPlan, MeasurePlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { CARRY as SUM_CARRY, exactSum, sumCell, sumSortNumber } from './exact-sum.ts';
import { PairSet } from './pair-set.ts';

/** Where a measure's numbers stand: row `r` has them from `values[r * rowWidth + place]` on. */
export interface Numbers {
  readonly values: Float64Array;
  readonly rowWidth: number;
  readonly place: number;
}

/**
 * How a measure is kept: as a few numbers a row, which stand with those of the row's other measures, so that they can be
 * looked at, copied and saved together. Rows are numbered from 0.
 */
export interface Accumulator {
  /** How many numbers a row has of it. */
  readonly width: number;
  /** What each of them is in a new row. */
  readonly empty: number;
  /** The different values that were seen, of a measure that counts them. */
  readonly seen?: PairSet;
  /** Adds `count` records: record `records[k]` of the columns to row `rows[k]`. */
  add(numbers: Numbers, rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void;
  /** The value as a reader sees it, of the numbers at a place. */
  cell(numbers: Float64Array, at: number): Cell;
  /** The value as a reader sees it, as a number that sorts like it: decimals in micro-units. */
  sortNumber(numbers: Float64Array, at: number): number;
  /** Sort numbers nearer to zero than this are equal only for equal values; of others `micros` says which is above. */
  readonly exactBelow: number;
  /** The value in micro-units, exact: what ratios are made of. */
  micros(numbers: Float64Array, at: number): bigint;
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

class Count implements Accumulator {
  readonly width: number = 1;
  readonly empty = 0;
  readonly exactBelow = Infinity;

  add({ values, rowWidth, place }: Numbers, rows: Int32Array, _records: Int32Array, count: number): void {
    for (let k = 0; k < count; k++) (values[(rows[k] as number) * rowWidth + place] as number)++;
  }

  cell(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  sortNumber(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  micros(numbers: Float64Array, at: number): bigint {
    return BigInt(numbers[at] as number) * MICROS_PER_UNIT;
  }
}

const CARRY = SUM_CARRY;

/** A sum: its low part, and behind it its high part in carries. */
class Sum implements Accumulator {
  readonly width: number = 2;
  readonly empty = 0;
  readonly exactBelow = EXACT_MAX;
  readonly #field: FieldPlan;

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  add(
    { values, rowWidth, place }: Numbers,
    rows: Int32Array,
    records: Int32Array,
    count: number,
    columns: RecordColumns,
  ): void {
    const summed = present(columns.values[this.#field.index], 'a summed field has values');
    for (let k = 0; k < count; k++) {
      const at = (rows[k] as number) * rowWidth + place;
      const value = summed[records[k] as number] as number;
      // Both are below 2^52, so their sum is below 2^53.
      const sum = (values[at] as number) + (value < CARRY && value > -CARRY ? value : carry(values, at, value));
      values[at] = sum < CARRY && sum > -CARRY ? sum : carry(values, at, sum);
    }
  }

  cell(numbers: Float64Array, at: number): Cell {
    return sumCell(totalOf(numbers, at), this.#field.kind === 'decimal');
  }

  sortNumber(numbers: Float64Array, at: number): number {
    return sumSortNumber(numbers[at] as number, numbers[at + 1] as number);
  }

  micros(numbers: Float64Array, at: number): bigint {
    return totalOf(numbers, at) * scaleOf(this.#field);
  }
}

/** Moves a carry of a value to the high part of a sum. @returns the rest */
function carry(numbers: Float64Array, at: number, value: number): number {
  const sign = value < 0 ? -1 : 1;
  numbers[at + 1] = (numbers[at + 1] as number) + sign;
  return value - sign * CARRY;
}

/** A sum in its column's units. */
function totalOf(numbers: Float64Array, at: number): bigint {
  return exactSum(numbers[at] as number, numbers[at + 1] as number);
}

/** A sum, and behind it a count. */
class Average implements Accumulator {
  readonly width: number = 3;
  readonly empty = 0;
  readonly exactBelow = EXACT_MAX;
  readonly #scale: bigint;
  readonly #sum: Sum;
  readonly #count = new Count();

  constructor(field: FieldPlan) {
    this.#scale = scaleOf(field);
    this.#sum = new Sum(field);
  }

  add(numbers: Numbers, rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    this.#sum.add(numbers, rows, records, count, columns);
    this.#count.add({ ...numbers, place: numbers.place + this.#sum.width }, rows, records, count);
  }

  cell(numbers: Float64Array, at: number): Cell {
    return numbers[at + this.#sum.width] === 0 ? null : this.micros(numbers, at);
  }

  sortNumber(numbers: Float64Array, at: number): number {
    const micros = this.#sum.sortNumber(numbers, at) * Number(this.#scale);
    if (Math.abs(micros) >= EXACT_MAX) return Number(this.micros(numbers, at));
    return divideNumbersHalfEven(micros, numbers[at + this.#sum.width] as number);
  }

  micros(numbers: Float64Array, at: number): bigint {
    const count = BigInt(numbers[at + this.#sum.width] as number);
    return divideHalfEven(totalOf(numbers, at) * this.#scale, count);
  }
}

/** The smallest or the largest value. */
class Extreme implements Accumulator {
  readonly width: number = 1;
  readonly empty = NaN;
  readonly exactBelow = Infinity;
  readonly #field: FieldPlan;
  readonly #replaces: (value: number, known: number) => boolean;

  constructor(field: FieldPlan, replaces: (value: number, known: number) => boolean) {
    this.#field = field;
    this.#replaces = replaces;
  }

  add(
    { values, rowWidth, place }: Numbers,
    rows: Int32Array,
    records: Int32Array,
    count: number,
    columns: RecordColumns,
  ): void {
    const compared = present(columns.values[this.#field.index], 'a compared field has values');
    for (let k = 0; k < count; k++) {
      const at = (rows[k] as number) * rowWidth + place;
      const value = compared[records[k] as number] as number;
      const known = values[at] as number;
      if (Number.isNaN(known) || this.#replaces(value, known)) values[at] = value;
    }
  }

  cell(numbers: Float64Array, at: number): Cell {
    const value = numbers[at] as number;
    return this.#field.kind === 'decimal' ? BigInt(value) : value;
  }

  sortNumber(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  micros(numbers: Float64Array, at: number): bigint {
    return BigInt(numbers[at] as number) * scaleOf(this.#field);
  }
}

class CountDistinct implements Accumulator {
  readonly width: number = 1;
  readonly empty = 0;
  readonly exactBelow = Infinity;
  readonly seen = new PairSet();
  readonly #field: FieldPlan;

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  add(
    { values, rowWidth, place }: Numbers,
    rows: Int32Array,
    records: Int32Array,
    count: number,
    columns: RecordColumns,
  ): void {
    const ids = present(columns.ids[this.#field.index], 'a counted field has ids');
    const seen = this.seen;
    for (let k = 0; k < count; k++) {
      const row = rows[k] as number;
      const id = ids[records[k] as number] as number;
      if (id !== 0 && seen.add(row, id)) (values[row * rowWidth + place] as number)++;
    }
  }

  cell(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  sortNumber(numbers: Float64Array, at: number): number {
    return numbers[at] as number;
  }

  micros(numbers: Float64Array, at: number): bigint {
    return BigInt(numbers[at] as number) * MICROS_PER_UNIT;
  }
}
