import { assert } from '../base/assert.ts';
import { grownFloat64, powerOfTwo } from '../base/typed-arrays.ts';

/**
 * Numbers by small whole numbers, to group by them: equal numbers have one id, from 1 on in the order of their coming;
 * 0 is null. -0 is 0; NaN is none of them.
 */
export class NumberDictionary {
  #values: Float64Array;
  #slots: Int32Array;
  #size = 0;
  readonly #double = new Float64Array(1);
  readonly #words = new Int32Array(this.#double.buffer);

  constructor(capacity = 64) {
    this.#values = new Float64Array(capacity + 1);
    this.#slots = new Int32Array(powerOfTwo(capacity * 2));
  }

  /** How many numbers there are; the ids are 1 to this. */
  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#values.byteLength + this.#slots.byteLength;
  }

  /** The id of a number; a new one if it is new. */
  intern(number: number): number {
    const value = number === 0 ? 0 : number;
    const slot = this.#slotOf(value);
    const known = this.#slots[slot] as number;
    if (known !== 0) return known;
    const id = ++this.#size;
    if (id >= this.#values.length) this.#values = grownFloat64(this.#values);
    this.#values[id] = value;
    this.#slots[slot] = id;
    if (id * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  /** The id of a number that is there already; undefined when it is not. */
  find(number: number): number | undefined {
    const id = this.#slots[this.#slotOf(number === 0 ? 0 : number)] as number;
    return id === 0 ? undefined : id;
  }

  /** The number of an id; null for 0. */
  value(id: number): number | null {
    assert(id >= 0 && id <= this.#size, 'a number id is one that the dictionary gave');
    return id === 0 ? null : (this.#values[id] as number);
  }

  /** A copy of the numbers behind the first `from`, in the order of their ids: for a checkpoint all of them. */
  save(from = 0): Float64Array {
    return this.#values.slice(from + 1, this.#size + 1);
  }

  /** The dictionary that `save` saved: the same ids. */
  static load(saved: Float64Array): NumberDictionary {
    const dictionary = new NumberDictionary(Math.max(64, saved.length));
    for (const value of saved) dictionary.intern(value);
    assert(dictionary.size === saved.length, 'saved numbers are all different');
    return dictionary;
  }

  /** The slot that holds the number, or the free one where it would go. */
  #slotOf(value: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(value) & mask;
    for (;;) {
      const id = this.#slots[slot] as number;
      if (id === 0 || this.#values[id] === value) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #hash(value: number): number {
    this.#double[0] = value;
    const mixed = Math.imul((this.#words[0] as number) ^ Math.imul(this.#words[1] as number, 0x9e3779b1), 0x85ebca6b);
    return mixed ^ (mixed >>> 15);
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id <= this.#size; id++) {
      let slot = this.#hash(this.#values[id] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}
