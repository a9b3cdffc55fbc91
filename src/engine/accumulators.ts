import { present } from '../base/assert.ts';
import { divideHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { FieldPlan, MeasurePlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { PairSet } from './pair-set.ts';
import type { SectionArray, SectionReader } from './sections.ts';

/** A measure's state, for all rows of a report's day. Rows are numbered from 0; a new row begins at nothing. */
export interface Accumulator {
  /** Makes room for so many rows. */
  grow(rows: number): void;
  /** Adds `count` records: record `records[k]` of the columns to row `rows[k]`. */
  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void;
  /** The value as a reader sees it. */
  cell(row: number): Cell;
  /** The value as a number that sorts like it. */
  sortNumber(row: number): number;
  /** The value in micro-units, exact: what ratios are made of. */
  micros(row: number): bigint;
  /** Copies for a checkpoint, of the first rows; `load` takes them back in the same order. */
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

/** Micro-units in one unit of a field's column. */
function scaleOf(field: FieldPlan): bigint {
  return field.kind === 'decimal' ? 1n : MICROS_PER_UNIT;
}

function grown(array: Float64Array, rows: number): Float64Array {
  const larger = new Float64Array(rows);
  larger.set(array);
  return larger;
}

class Count implements Accumulator {
  #counts: Float64Array = new Float64Array(0);

  grow(rows: number): void {
    this.#counts = grown(this.#counts, rows);
  }

  add(rows: Int32Array, _records: Int32Array, count: number): void {
    const counts = this.#counts;
    for (let k = 0; k < count; k++) (counts[rows[k] as number] as number)++;
  }

  cell(row: number): number {
    return this.#counts[row] as number;
  }

  sortNumber(row: number): number {
    return this.cell(row);
  }

  micros(row: number): bigint {
    return BigInt(this.cell(row)) * MICROS_PER_UNIT;
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#counts.slice(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#counts = sections.float64();
  }
}

/** One carry: a sum's low part stays below it either way, so that adding any record's value to it is exact in a float. */
const CARRY = 2 ** 52;

class Sum implements Accumulator {
  readonly #field: FieldPlan;
  #low: Float64Array = new Float64Array(0);
  /** In carries. */
  #high: Float64Array = new Float64Array(0);

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  grow(rows: number): void {
    this.#low = grown(this.#low, rows);
    this.#high = grown(this.#high, rows);
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

  /** The sum in the column's units. */
  total(row: number): bigint {
    return BigInt(this.#high[row] as number) * BigInt(CARRY) + BigInt(this.#low[row] as number);
  }

  cell(row: number): Cell {
    return this.#field.kind === 'decimal' ? this.total(row) : Number(this.total(row));
  }

  sortNumber(row: number): number {
    return (this.#high[row] as number) * CARRY + (this.#low[row] as number);
  }

  micros(row: number): bigint {
    return this.total(row) * scaleOf(this.#field);
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#low.slice(0, rows), this.#high.slice(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#low = sections.float64();
    this.#high = sections.float64();
  }
}

class Average implements Accumulator {
  readonly #field: FieldPlan;
  readonly #sum: Sum;
  readonly #count = new Count();

  constructor(field: FieldPlan) {
    this.#field = field;
    this.#sum = new Sum(field);
  }

  grow(rows: number): void {
    this.#sum.grow(rows);
    this.#count.grow(rows);
  }

  add(rows: Int32Array, records: Int32Array, count: number, columns: RecordColumns): void {
    this.#sum.add(rows, records, count, columns);
    this.#count.add(rows, records, count);
  }

  cell(row: number): Cell {
    return this.#count.cell(row) === 0 ? null : this.micros(row);
  }

  sortNumber(row: number): number {
    return this.#sum.sortNumber(row) / this.#count.cell(row);
  }

  micros(row: number): bigint {
    return divideHalfEven(this.#sum.total(row) * scaleOf(this.#field), BigInt(this.#count.cell(row)));
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
  readonly #field: FieldPlan;
  readonly #replaces: (value: number, known: number) => boolean;
  #values: Float64Array = new Float64Array(0);

  constructor(field: FieldPlan, replaces: (value: number, known: number) => boolean) {
    this.#field = field;
    this.#replaces = replaces;
  }

  grow(rows: number): void {
    const known = this.#values.length;
    this.#values = grown(this.#values, rows).fill(NaN, known);
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

  cell(row: number): Cell {
    const value = this.#values[row] as number;
    return this.#field.kind === 'decimal' ? BigInt(value) : value;
  }

  sortNumber(row: number): number {
    return this.#values[row] as number;
  }

  micros(row: number): bigint {
    return BigInt(this.#values[row] as number) * scaleOf(this.#field);
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#values.slice(0, rows)];
  }

  load(sections: SectionReader): void {
    this.#values = sections.float64();
  }
}

class CountDistinct implements Accumulator {
  readonly #field: FieldPlan;
  #counts: Float64Array = new Float64Array(0);
  #seen = new PairSet();

  constructor(field: FieldPlan) {
    this.#field = field;
  }

  grow(rows: number): void {
    this.#counts = grown(this.#counts, rows);
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

  cell(row: number): number {
    return this.#counts[row] as number;
  }

  sortNumber(row: number): number {
    return this.cell(row);
  }

  micros(row: number): bigint {
    return BigInt(this.cell(row)) * MICROS_PER_UNIT;
  }

  save(rows: number): readonly SectionArray[] {
    return [this.#counts.slice(0, rows), this.#seen.save()];
  }

  load(sections: SectionReader): void {
    this.#counts = sections.float64();
    this.#seen = PairSet.load(sections.int32());
  }
}
