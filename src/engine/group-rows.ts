import { assert } from '../base/assert.ts';
import { copyBytes } from '../base/copy-bytes.ts';
import type { ReportPlan } from '../plan/plan.ts';
import { AssemblyModule } from '../assembly/assembly-module.ts';
import type { RecordColumns } from '../record/columns.ts';
import type { Filter } from './filter.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const NUMBER_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Where rows go that nobody is to be told of. */
const NOWHERE = 0;

/** What a table says of itself, by words from where it is: as in `assembly/group-rows.ts`. */
const WIDTH = 0;
const ROW_WIDTH = 1;
const KEYS = 2;
const NUMBERS = 3;
const MARKS = 4;
const CAPACITY = 5;
const ROWS = 6;
const EMPTY = 9;
/** Likewise a set of pairs. */
const PAIRS = 0;
const PAIR_SLOTS = 1;
const PAIR_COUNT = 2;

const NO_ROWS = new Int32Array(0);
/** So many words of pairs are handed over at once. */
const PART_WORDS = 16 * 1024;
/** Of fewer records, or a smaller share of them, the fields are copied one by one. */
const FEW_RECORDS = 32;
const SMALL_SHARE = 1 / 8;

/** Bits of a row's marks. */
const CHANGED = 1;
const NOTED = 2;

/** What `assembly/group-rows.ts` gives. Places are addresses in its memory, which come signed. */
interface Assembly {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly usedBytes: { readonly value: number };
  readonly notedCount: { readonly value: number };
  readonly reserve: (bytes: number) => number;
  readonly makeTable: (width: number, rowWidth: number) => number;
  readonly resize: (table: number, capacity: number) => void;
  readonly rehash: (table: number, slotCount: number) => void;
  readonly setRows: (table: number, rows: number) => void;
  readonly findRows: (
    table: number,
    dimensions: number,
    records: number,
    count: number,
    rows: number,
    changed: number,
    noted: number,
  ) => number;
  readonly addOnes: (table: number, place: number, rows: number, count: number) => void;
  readonly addSums: (
    table: number,
    place: number,
    rows: number,
    records: number,
    count: number,
    values: number,
  ) => void;
  readonly addExtremes: (
    table: number,
    place: number,
    rows: number,
    records: number,
    count: number,
    values: number,
    isLargest: number,
  ) => void;
  readonly addDistinct: (
    table: number,
    place: number,
    set: number,
    rows: number,
    records: number,
    count: number,
    ids: number,
  ) => void;
  readonly makeSet: () => number;
  readonly addPairs: (set: number, pairs: number, count: number) => void;
  readonly sizeSet: (set: number, count: number) => void;
}

const rowsModule = new AssemblyModule<Assembly, Readonly<Record<string, never>>>(
  new URL('assembly/group-rows.wasm', import.meta.url),
);

/** What `find` found: the rows that it tells of are good until anything else is asked. */
export interface FoundRows {
  /** Those that had not changed before, in the order of their first record. */
  readonly changed: Int32Array;
  /** Those that the frame's amendments do not know yet. */
  readonly noted: Int32Array;
}

/**
 * The rows of all tables of one state, in the memory of an assembly. A table is where it stands there, and so is a set of
 * pairs (row, id of a value), which makes a count of different values exact.
 */
export class GroupRows {
  readonly #assembly: Assembly;
  /** The assembly's memory, until it grows. */
  #words: Int32Array = new Int32Array(0);
  #numbers: Float64Array = new Float64Array(0);
  #bytes: Buffer = Buffer.alloc(0);
  /** The fields of which records' ids and values are looked at. */
  readonly #idFields: readonly number[];
  readonly #valueFields: readonly number[];
  /** By field: where those of the records in hand are. */
  readonly #ids: number[] = [];
  readonly #values: number[] = [];
  #columns: RecordColumns | undefined;
  #taken: Int32Array = NO_ROWS;
  /** Where the numbers of the records in hand are, and room for as many of each of the others. */
  #records = NOWHERE;
  #filtered = NOWHERE;
  #rows = NOWHERE;
  #changed = NOWHERE;
  #noted = NOWHERE;
  #dimensions = NOWHERE;
  /** The records whose rows `find` has found. */
  #found = NOWHERE;
  #count = 0;

  constructor(reports: readonly ReportPlan[]) {
    this.#assembly = rowsModule.instance({});
    const ids = new Set<number>();
    const values = new Set<number>();
    for (const { dimensions, measures } of reports) {
      for (const { index } of dimensions.slice(1)) ids.add(index);
      for (const measure of measures) {
        if ('field' in measure) (measure.kind === 'countDistinct' ? ids : values).add(measure.field.index);
      }
    }
    this.#idFields = [...ids];
    this.#valueFields = [...values];
    this.#renew();
  }

  /** What it holds of memory. */
  get bytes(): number {
    return this.#assembly.usedBytes.value >>> 0;
  }

  /** The memory in numbers: where a table's are, `numbersOf` says. Good until anything is added. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** @param empty  the numbers of a new row */
  makeTable(width: number, empty: readonly number[]): number {
    const table = this.#assembly.makeTable(width, empty.length) >>> 0;
    this.#renew();
    this.#numbers.set(empty, this.#at(table, EMPTY) / NUMBER_BYTES);
    return table;
  }

  rowCount(table: number): number {
    return this.#words[table / WORD_BYTES + ROWS] as number;
  }

  capacity(table: number): number {
    return this.#words[table / WORD_BYTES + CAPACITY] as number;
  }

  /** Where a table's numbers begin among `numbers`. */
  numbersOf(table: number): number {
    return this.#at(table, NUMBERS) / NUMBER_BYTES;
  }

  /** An id of a row, of which each has `width`. */
  id(table: number, place: number): number {
    return this.#words[this.#at(table, KEYS) / WORD_BYTES + place] as number;
  }

  /** The first ids of a table's rows; good until anything is added. */
  ids(table: number, count: number): Int32Array {
    return new Int32Array(this.#words.buffer, this.#at(table, KEYS), count);
  }

  forgetChanged(table: number, row: number): void {
    this.#unmark(table, row, CHANGED);
  }

  forgetNoted(table: number, row: number): void {
    this.#unmark(table, row, NOTED);
  }

  /** Gives a table's rows room for just so many. */
  resize(table: number, capacity: number): void {
    this.#assembly.resize(table, capacity);
    this.#renew();
  }

  /** Gives a table so many slots, a power of two. */
  rehash(table: number, slotCount: number): void {
    this.#assembly.rehash(table, slotCount);
    this.#renew();
  }

  /** Gives a table without rows those of these ids and numbers. */
  fill(table: number, rowCount: number, ids: Int32Array, numbers: Float64Array): void {
    const width = this.#words[table / WORD_BYTES + WIDTH] as number;
    const rowWidth = this.#words[table / WORD_BYTES + ROW_WIDTH] as number;
    assert(ids.length === rowCount * width && numbers.length === rowCount * rowWidth, 'arrays are of as many rows');
    this.resize(table, rowCount);
    this.#words.set(ids, this.#at(table, KEYS) / WORD_BYTES);
    this.#numbers.set(numbers, this.numbersOf(table));
    this.#assembly.setRows(table, rowCount);
  }

  makeSet(): number {
    const set = this.#assembly.makeSet() >>> 0;
    this.#renew();
    return set;
  }

  pairCount(set: number): number {
    return this.#words[set / WORD_BYTES + PAIR_COUNT] as number;
  }

  /** A copy of a set's pairs, row and id alternating. */
  pairs(set: number): Int32Array {
    const pairs = new Int32Array(this.pairCount(set) * 2);
    const slots = this.#at(set, PAIRS) / WORD_BYTES;
    const end = slots + (this.#words[set / WORD_BYTES + PAIR_SLOTS] as number) * 2;
    let to = 0;
    for (let slot = slots; slot < end; slot += 2) {
      const id = this.#words[slot + 1] as number;
      if (id === 0) continue;
      pairs[to++] = this.#words[slot] as number;
      pairs[to++] = id;
    }
    return pairs;
  }

  /** Adds pairs, row and id alternating; ids are 1 and more. Not while records are in hand. */
  addPairs(set: number, pairs: Int32Array): void {
    this.#assembly.sizeSet(set, this.pairCount(set) + pairs.length / 2);
    for (let from = 0; from < pairs.length; from += PART_WORDS) {
      const part = pairs.subarray(from, from + PART_WORDS);
      const at = this.#reserve(part.byteLength);
      this.#words.set(part, at / WORD_BYTES);
      this.#assembly.addPairs(set, at, part.length / 2);
    }
    this.#renew();
  }

  /** Gives a set no more room than its pairs need. */
  trimSet(set: number): void {
    this.#assembly.sizeSet(set, this.pairCount(set));
    this.#renew();
  }

  /** Takes records of the columns in hand, which `find` then counts from 0. */
  take(columns: RecordColumns, records: Int32Array): void {
    const areFew = records.length < FEW_RECORDS || records.length < columns.count * SMALL_SHARE;
    const count = areFew ? records.length : columns.count;
    const recordBytes = this.#valueFields.length * NUMBER_BYTES + this.#idFields.length * WORD_BYTES;
    const lists = 5 * records.length + this.#idFields.length;
    let at = this.#reserve(count * recordBytes + lists * WORD_BYTES);
    const few = areFew ? records : undefined;
    for (const field of this.#valueFields) {
      this.#values[field] = at;
      at = this.#put(columns.values[field] as Float64Array, few, count, at);
    }
    for (const field of this.#idFields) {
      this.#ids[field] = at;
      at = this.#put(columns.ids[field] as Int32Array, few, count, at);
    }
    const room = (): number => {
      const before = at;
      at += records.length * WORD_BYTES;
      return before;
    };
    this.#records = room();
    this.#filtered = room();
    this.#rows = room();
    this.#changed = room();
    this.#noted = room();
    this.#dimensions = at;
    if (areFew) for (let k = 0; k < count; k++) this.#words[this.#records / WORD_BYTES + k] = k;
    else copyBytes(records, records.byteLength, this.#bytes, this.#records);
    this.#columns = columns;
    this.#taken = records;
  }

  /** Puts the first `count` of a column into the memory, or those of few records. @returns where they end */
  #put(column: Int32Array | Float64Array, few: Int32Array | undefined, count: number, at: number): number {
    const bytes = column.BYTES_PER_ELEMENT;
    if (few === undefined) {
      copyBytes(column, count * bytes, this.#bytes, at);
    } else {
      const memory = column instanceof Float64Array ? this.#numbers : this.#words;
      for (let k = 0; k < count; k++) memory[at / bytes + k] = column[few[k] as number] as number;
    }
    return at + count * bytes;
  }

  /** Forgets the records in hand. */
  letGo(): void {
    this.#columns = undefined;
    this.#taken = NO_ROWS;
  }

  /**
   * Finds or makes the rows of the records in hand from one to another, without those that a filter leaves out. What is
   * added then is of these.
   * @param dimensions  the fields whose ids tell rows apart
   * @param isNoted     whether the frame's amendments are to be told of rows
   */
  find(
    table: number,
    dimensions: readonly number[],
    from: number,
    to: number,
    filter: Filter | undefined,
    isNoted: boolean,
  ): FoundRows {
    this.#found = this.#records + from * WORD_BYTES;
    this.#count = to - from;
    if (filter !== undefined) this.#leaveOut(from, to, filter);
    for (let d = 0; d < dimensions.length; d++) {
      this.#words[this.#dimensions / WORD_BYTES + d] = this.#ids[dimensions[d] as number] as number;
    }
    const changed = this.#assembly.findRows(
      table,
      this.#dimensions,
      this.#found,
      this.#count,
      this.#rows,
      this.#changed,
      isNoted ? this.#noted : NOWHERE,
    );
    this.#renew();
    return {
      changed: this.#list(this.#changed, changed),
      noted: this.#list(this.#noted, this.#assembly.notedCount.value),
    };
  }

  /** Adds 1 to a number of each found row. */
  addOnes(table: number, place: number): void {
    this.#assembly.addOnes(table, place, this.#rows, this.#count);
  }

  /** Adds a field's values to a sum, which is two numbers: see `exact-sum.ts`. */
  addSums(table: number, place: number, field: number): void {
    const values = this.#values[field] as number;
    this.#assembly.addSums(table, place, this.#rows, this.#found, this.#count, values);
  }

  /** Has a number be the smallest or the largest of a field's values. */
  addExtremes(table: number, place: number, field: number, isLargest: boolean): void {
    const values = this.#values[field] as number;
    this.#assembly.addExtremes(table, place, this.#rows, this.#found, this.#count, values, isLargest ? 1 : 0);
  }

  /** Adds 1 to a number where a row has not had a field's id yet; null is none. */
  addDistinct(table: number, place: number, set: number, field: number): void {
    const ids = this.#ids[field] as number;
    this.#assembly.addDistinct(table, place, set, this.#rows, this.#found, this.#count, ids);
    this.#renew();
  }

  #leaveOut(from: number, to: number, filter: Filter): void {
    const columns = this.#columns as RecordColumns;
    this.#found = this.#filtered;
    this.#count = 0;
    for (let k = from; k < to; k++) {
      if (!filter(columns, this.#taken[k] as number)) continue;
      this.#words[this.#filtered / WORD_BYTES + this.#count++] = this.#words[this.#records / WORD_BYTES + k] as number;
    }
  }

  #list(at: number, count: number): Int32Array {
    return count === 0 ? NO_ROWS : new Int32Array(this.#words.buffer, at, count);
  }

  #unmark(table: number, row: number, mark: number): void {
    const at = this.#at(table, MARKS) + row;
    this.#bytes[at] = (this.#bytes[at] as number) & ~mark;
  }

  /** An address that a table or a set holds. */
  #at(table: number, place: number): number {
    return (this.#words[table / WORD_BYTES + place] as number) >>> 0;
  }

  #reserve(bytes: number): number {
    const at = this.#assembly.reserve(bytes) >>> 0;
    this.#renew();
    return at;
  }

  /** Looks at the memory anew where it has grown. */
  #renew(): void {
    const { buffer } = this.#assembly.memory;
    if (this.#words.buffer === buffer) return;
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.#bytes = Buffer.from(buffer);
  }
}
