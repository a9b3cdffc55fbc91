import { divideHalfEven, divideNumbersHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { FieldPlan, MeasurePlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import { exactSum, sumCell, sumSortNumber } from './exact-sum.ts';
import type { GroupRows } from './group-rows.ts';

/**
 * How a measure is kept: as a few numbers a row, which stand with those of the row's other measures, so that they can be
 * looked at, copied and saved together. Rows are numbered from 0.
 */
export interface Accumulator {
  /** How many numbers a row has of it. */
  readonly width: number;
  /** What each of them is in a new row. */
  readonly empty: number;
  /** The set of the different values that were seen, of a measure that counts them. */
  readonly seen?: number;
  /** Adds the records whose rows of a table were found; `place` is that of its first number. */
  add(rows: GroupRows, table: number, place: number): void;
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
export function makeAccumulator(measure: MeasurePlan, rows: GroupRows): Accumulator | undefined {
  switch (measure.kind) {
    case 'count':
      return new Count();
    case 'sum':
      return new Sum(measure.field);
    case 'avg':
      return new Average(measure.field);
    case 'min':
      return new Extreme(measure.field, false);
    case 'max':
      return new Extreme(measure.field, true);
    case 'countDistinct':
      return new CountDistinct(measure.field, rows.makeSet());
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

  add(rows: GroupRows, table: number, place: number): void {
    rows.addOnes(table, place);
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

/** A sum: its low part, and behind it its high part in carries. */
class Sum implements Accumulator {
  readonly width: number = 2;
  readonly empty = 0;
  readonly exactBelow = EXACT_MAX;
  readonly #field: FieldPlan;

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  add(rows: GroupRows, table: number, place: number): void {
    rows.addSums(table, place, this.#field.index);
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

  add(rows: GroupRows, table: number, place: number): void {
    this.#sum.add(rows, table, place);
    this.#count.add(rows, table, place + this.#sum.width);
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
  readonly #isLargest: boolean;

  constructor(field: FieldPlan, isLargest: boolean) {
    this.#field = field;
    this.#isLargest = isLargest;
  }

  add(rows: GroupRows, table: number, place: number): void {
    rows.addExtremes(table, place, this.#field.index, this.#isLargest);
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
  readonly seen: number;
  readonly #field: FieldPlan;

  constructor(field: FieldPlan, seen: number) {
    this.#field = field;
    this.seen = seen;
  }

  add(rows: GroupRows, table: number, place: number): void {
    rows.addDistinct(table, place, this.seen, this.#field.index);
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
