import { powerOfTwo } from '../record/text-dictionary.ts';

/** A set of pairs (row, value id): what makes a count of different values exact. Ids are 1 and more. */
export class PairSet {
  /** Row and id alternate; id 0 is free. */
  #slots: Int32Array;
  #size = 0;

  constructor(capacity = 8) {
    this.#slots = new Int32Array(powerOfTwo(capacity * 2) * 2);
  }

  /** Adds a pair; false when it was there already. */
  add(row: number, id: number): boolean {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let slot = hash(row, id) & mask;
    for (;;) {
      const known = slots[slot * 2 + 1] as number;
      if (known === 0) break;
      if (known === id && slots[slot * 2] === row) return false;
      slot = (slot + 1) & mask;
    }
    slots[slot * 2] = row;
    slots[slot * 2 + 1] = id;
    if (++this.#size * 4 > slots.length) this.#rehash();
    return true;
  }

  /** A copy for a checkpoint: row and id alternate, in no order. */
  save(): Int32Array {
    const pairs = new Int32Array(this.#size * 2);
    let at = 0;
    for (let i = 0; i < this.#slots.length; i += 2) {
      if (this.#slots[i + 1] === 0) continue;
      pairs[at++] = this.#slots[i] as number;
      pairs[at++] = this.#slots[i + 1] as number;
    }
    return pairs;
  }

  /** The set that `save` saved. */
  static load(pairs: Int32Array): PairSet {
    const set = new PairSet(Math.max(8, pairs.length / 2));
    for (let i = 0; i < pairs.length; i += 2) set.add(pairs[i] as number, pairs[i + 1] as number);
    return set;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    const mask = this.#slots.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let slot = hash(old[i] as number, old[i + 1] as number) & mask;
      while (this.#slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot * 2] = old[i] as number;
      this.#slots[slot * 2 + 1] = old[i + 1] as number;
    }
  }
}

function hash(row: number, id: number): number {
  const mixed = Math.imul(Math.imul(row, 0x9e3779b1) ^ id, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
