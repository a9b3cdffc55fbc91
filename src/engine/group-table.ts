import { present } from '../base/assert.ts';
import { divideHalfEven, MICROS_PER_UNIT } from '../base/decimal.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Cell } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { grownInt32, powerOfTwo } from '../record/text-dictionary.ts';
import type { Accumulator } from './accumulators.ts';
import { makeAccumulator } from './accumulators.ts';
import type { ClosedRows } from './amendments.ts';
import type { Filter } from './filter.ts';
import type { SectionArray, SectionReader } from './sections.ts';

const FIRST_ROWS = 16;

/**
 * One report's rows of one business day: an open-addressing table from the dimensions' ids to row numbers, and an
 * accumulator a measure. Rows stay where they are once made.
 */
export class GroupTable {
  readonly report: ReportPlan;
  readonly day: number;
  /** How many dimensions there are besides the business date. */
  readonly #width: number;
  readonly #dimensions: readonly number[];
  /** By measure; undefined for a ratio. */
  readonly #accumulators: readonly (Accumulator | undefined)[];
  #keys: Int32Array;
  #slots: Int32Array;
  #rowCount = 0;
  #capacity = FIRST_ROWS;
  /** 1 where the row changed since `takeChangedRows`. */
  #changed = new Uint8Array(FIRST_ROWS);
  #changedRows: number[] = [];

  constructor(report: ReportPlan, day: number) {
    this.report = report;
    this.day = day;
    this.#dimensions = report.dimensions.slice(1).map((field) => field.index);
    this.#width = this.#dimensions.length;
    this.#keys = new Int32Array(FIRST_ROWS * Math.max(1, this.#width));
    this.#slots = new Int32Array(powerOfTwo(FIRST_ROWS * 2));
    this.#accumulators = report.measures.map(makeAccumulator);
    for (const accumulator of this.#accumulators) accumulator?.grow(FIRST_ROWS);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * Adds records `records[from]` to `records[to - 1]` of the columns, all of this day.
   * @param scratch  room for two times `to - from` numbers
   * @param closed   told of each row of a closed day before it changes
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
    const rowsBefore = this.#rowCount;
    const wereNone = this.#changedRows.length === 0;
    let count = 0;
    for (let k = from; k < to; k++) {
      const record = records[k] as number;
      if (filter !== undefined && !filter(columns, record)) continue;
      const row = this.#rowOf(columns, record);
      closed?.note(this, row, row >= rowsBefore);
      scratch.rows[count] = row;
      scratch.records[count++] = record;
      if (this.#changed[row] === 0) {
        this.#changed[row] = 1;
        this.#changedRows.push(row);
      }
    }
    for (const accumulator of this.#accumulators) accumulator?.add(scratch.rows, scratch.records, count, columns);
    return wereNone && this.#changedRows.length > 0;
  }

  /** The rows that changed since the last call, in the order of their first change. */
  takeChangedRows(): readonly number[] {
    const rows = this.#changedRows;
    for (const row of rows) this.#changed[row] = 0;
    this.#changedRows = [];
    return rows;
  }

  /** A row's id of dimension `dimension`, counted from 1 as the business date is 0. */
  dimensionId(row: number, dimension: number): number {
    return this.#keys[row * this.#width + dimension - 1] as number;
  }

  measureCell(row: number, measure: number): Cell {
    const accumulator = this.#accumulators[measure];
    return accumulator === undefined ? this.#ratio(row, measure) : accumulator.cell(row);
  }

  /** A number that sorts like the measure; null, which sorts below all, is minus infinity. */
  measureSortNumber(row: number, measure: number): number {
    const accumulator = this.#accumulators[measure];
    if (accumulator !== undefined) return accumulator.sortNumber(row);
    const ratio = this.#ratio(row, measure);
    return ratio === null ? -Infinity : Number(ratio);
  }

  /** Copies for a checkpoint; `load` takes them back. */
  save(): readonly SectionArray[] {
    return [
      this.#keys.slice(0, this.#rowCount * this.#width),
      ...this.#accumulators.flatMap((accumulator) => accumulator?.save(this.#rowCount) ?? []),
    ];
  }

  /** Takes back what `save` saved of so many rows; nothing counts as changed. */
  load(rowCount: number, sections: SectionReader): void {
    const keys = sections.int32();
    this.#keys = new Int32Array(Math.max(FIRST_ROWS, rowCount) * Math.max(1, this.#width));
    this.#keys.set(keys);
    for (const accumulator of this.#accumulators) accumulator?.load(sections);
    this.#rowCount = rowCount;
    this.#capacity = Math.max(FIRST_ROWS, rowCount);
    for (const accumulator of this.#accumulators) accumulator?.grow(this.#capacity);
    this.#changed = new Uint8Array(this.#capacity);
    this.#rehash(powerOfTwo(this.#capacity * 2));
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
    if (this.#rowCount === this.#capacity) this.#grow();
    const row = this.#rowCount++;
    for (let d = 0; d < width; d++) {
      this.#keys[row * width + d] = (columns.ids[dimensions[d] as number] as Int32Array)[record] as number;
    }
    slots[slot] = row + 1;
    if (this.#rowCount * 2 > slots.length) this.#rehash(slots.length * 2);
    return row;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#keys = grownInt32(this.#keys);
    const changed = new Uint8Array(this.#capacity);
    changed.set(this.#changed);
    this.#changed = changed;
    for (const accumulator of this.#accumulators) accumulator?.grow(this.#capacity);
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

  #ratio(row: number, measure: number): bigint | null {
    const plan = this.report.measures[measure];
    if (plan?.kind !== 'ratio') throw new Error('Broken invariant: only a ratio has no accumulator');
    const part = (name: string): bigint => {
      const index = this.report.measures.findIndex((each) => each.name === name);
      return present(this.#accumulators[index], 'a ratio is of measures with state').micros(row);
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
