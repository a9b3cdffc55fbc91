import { assert } from '../base/assert.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { grownInt32, powerOfTwo } from '../record/text-dictionary.ts';

/**
 * All primary keys that were accepted, 128 bits each, in log order: the exact answer to "was this one there before?".
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4.
 */
export class KeyTable {
  #keys: Int32Array;
  /** Key numbers plus one; 0 is free. */
  #slots: Int32Array;
  #size = 0;

  constructor(capacity = 1024) {
    this.#keys = new Int32Array(capacity * KEY_WORDS);
    this.#slots = new Int32Array(powerOfTwo(capacity * 2));
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the key whose words stand at `at`; false when it was there already. */
  add(words: Int32Array, at: number): boolean {
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    const keys = this.#keys;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(a, b, c, d) & mask;
    for (;;) {
      const number = slots[slot] as number;
      if (number === 0) break;
      const k = (number - 1) * KEY_WORDS;
      if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return false;
      slot = (slot + 1) & mask;
    }
    const k = this.#size * KEY_WORDS;
    if (k === keys.length) this.#keys = grownInt32(keys);
    this.#keys[k] = a;
    this.#keys[k + 1] = b;
    this.#keys[k + 2] = c;
    this.#keys[k + 3] = d;
    slots[slot] = ++this.#size;
    if (this.#size * 2 > slots.length) this.#rehash();
    return true;
  }

  /**
   * Takes back the keys added last, until so many are left. Going backwards, no key's way to its slot leads over one
   * that is taken back, so slots can simply be freed.
   */
  truncate(size: number): void {
    assert(size <= this.#size, 'keys are taken back, never invented');
    const mask = this.#slots.length - 1;
    for (; this.#size > size; this.#size--) {
      let slot = this.#hashOf(this.#size - 1) & mask;
      while (this.#slots[slot] !== this.#size) slot = (slot + 1) & mask;
      this.#slots[slot] = 0;
    }
  }

  /** A copy for a checkpoint: `KEY_WORDS` words a key, in log order. */
  save(): Int32Array {
    return this.#keys.slice(0, this.#size * KEY_WORDS);
  }

  /** The table that `save` saved. */
  static load(saved: Int32Array): KeyTable {
    const table = new KeyTable(Math.max(1024, saved.length / KEY_WORDS));
    for (let at = 0; at < saved.length; at += KEY_WORDS) table.add(saved, at);
    assert(table.size * KEY_WORDS === saved.length, 'saved keys are all different');
    return table;
  }

  #hashOf(number: number): number {
    const k = number * KEY_WORDS;
    const keys = this.#keys;
    return hash(keys[k] as number, keys[k + 1] as number, keys[k + 2] as number, keys[k + 3] as number);
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = this.#hashOf(number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** Mixes all words, as only random UUIDs are random in each of them. */
function hash(a: number, b: number, c: number, d: number): number {
  const mixed = Math.imul(Math.imul(a ^ (b << 7), 0x9e3779b1) ^ c, 0x85ebca6b) ^ Math.imul(d, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
