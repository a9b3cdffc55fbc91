import type { ReportPlan } from '../../plan/plan.ts';
import { grownInt32 } from '../../base/typed-arrays.ts';
import type { GroupTable } from '../group-table.ts';

/** About what is kept of a table takes besides arrays of its rows. */
export const TABLE_BYTES = 200;

/**
 * Numbers for the combinations of some of a report's dimensions, from 0 on in the order of their coming; a business date
 * among them stands as its day. Which group a row is of never changes, so each row is looked at once.
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4.
 */
export class Groups {
  readonly #report: ReportPlan;
  /** Where each dimension stands among a row's ids; -1 for the business date. */
  readonly #places: readonly number[];
  readonly #rowWidth: number;
  readonly #tables = new Map<GroupTable, { groups: Int32Array; count: number }>();
  #keys = new Int32Array(64);
  #slots = new Int32Array(64);
  #count = 0;
  #rowBytes = 0;

  /** @param dimensions  by their places in the report */
  constructor(report: ReportPlan, dimensions: readonly number[]) {
    this.#report = report;
    this.#places = dimensions.map((dimension) => dimension - 1);
    this.#rowWidth = report.dimensions.length - 1;
  }

  /** Whether they are by these dimensions of the report, in this order. */
  isBy(report: ReportPlan, dimensions: readonly number[]): boolean {
    const { length } = this.#places;
    if (report !== this.#report || dimensions.length !== length) return false;
    return dimensions.every((dimension, index) => dimension - 1 === this.#places[index]);
  }

  get count(): number {
    return this.#count;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#keys.byteLength + this.#slots.byteLength + this.#rowBytes + this.#tables.size * TABLE_BYTES;
  }

  /** A group's id, or day, of the dimension at `index` among those that the groups are by. */
  keyOf(group: number, index: number): number {
    return this.#keys[group * this.#places.length + index] as number;
  }

  /** By row: the number of its group. */
  of(table: GroupTable): Int32Array {
    let known = this.#tables.get(table);
    if (known === undefined) {
      known = { groups: new Int32Array(0), count: 0 };
      this.#tables.set(table, known);
    }
    if (known.count === table.rowCount) return known.groups;
    if (known.groups.length < table.rowCount) {
      const grown = new Int32Array(Math.max(table.rowCount, known.groups.length * 2));
      grown.set(known.groups);
      this.#rowBytes += grown.byteLength - known.groups.byteLength;
      known.groups = grown;
    }
    const ids = table.dimensionIds;
    for (let row = known.count; row < table.rowCount; row++) {
      known.groups[row] = this.#groupOf(ids, row * this.#rowWidth, table.day);
    }
    known.count = table.rowCount;
    return known.groups;
  }

  #groupOf(ids: Int32Array, at: number, day: number): number {
    const places = this.#places;
    const width = places.length;
    const keys = this.#keys;
    let mixed = 0;
    for (let i = 0; i < width; i++) mixed = mix(mixed, cell(ids, at, places[i] as number, day));
    const mask = this.#slots.length - 1;
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const group = (this.#slots[slot] as number) - 1;
      if (group < 0) break;
      let i = 0;
      while (i < width && keys[group * width + i] === cell(ids, at, places[i] as number, day)) i++;
      if (i === width) return group;
      slot = (slot + 1) & mask;
    }
    const group = this.#count++;
    while ((group + 1) * width > this.#keys.length) this.#keys = grownInt32(this.#keys);
    for (let i = 0; i < width; i++) this.#keys[group * width + i] = cell(ids, at, places[i] as number, day);
    this.#slots[slot] = group + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return group;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const width = this.#places.length;
    for (let group = 0; group < this.#count; group++) {
      let mixed = 0;
      for (let i = 0; i < width; i++) mixed = mix(mixed, this.#keys[group * width + i] as number);
      let slot = (mixed ^ (mixed >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = group + 1;
    }
    this.#slots = slots;
  }
}

function cell(ids: Int32Array, at: number, place: number, day: number): number {
  return place < 0 ? day : (ids[at + place] as number);
}

function mix(mixed: number, id: number): number {
  return Math.imul(mixed ^ id, 0x9e3779b1);
}
