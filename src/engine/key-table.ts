import { assert } from '../base/assert.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { KEY_SHARDS, keyHash, shardOf, withinShard } from './key-hash.ts';

/** Keys stand in chunks of so many, so that more room never means a copy of those that are there. */
const CHUNK_BITS = 14;
const CHUNK_KEYS = 2 ** CHUNK_BITS;
const CHUNK_MASK = CHUNK_KEYS - 1;
const FIRST_SLOTS = 16;
const LOAD_MAX = 0.75;
const GROWTH = 2;
const NO_SLOTS = new Uint32Array(0);
const KEYS_MAX = 2 ** 32 - 2;
const BYTES_PER_KEY = KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;

/**
 * Primary keys, 128 bits each, in the order in which they were added: the exact answer to "was this one there before?".
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4; a place in a shard is its share of the hash (Lemire,
 * "Fast random integer generation in an interval"), so that a shard may have any number of slots.
 */
export class KeyTable {
  readonly #chunks: Int32Array[] = [];
  /** By shard: key numbers plus one; 0 is free. */
  readonly #slots: Uint32Array[] = Array.from({ length: KEY_SHARDS }, () => NO_SLOTS);
  readonly #counts = new Uint32Array(KEY_SHARDS);
  #slotBytes = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#size * BYTES_PER_KEY + this.#slotBytes;
  }

  /**
   * Adds the key whose words stand at `at`; false when it was there already.
   * @param hash  its `keyHash`
   */
  add(words: Int32Array, at: number, hash: number): boolean {
    const shard = shardOf(hash);
    if ((this.#counts[shard] as number) + 1 > (this.#slots[shard] as Uint32Array).length * LOAD_MAX) this.#grow(shard);
    const slot = this.#slotOf(words, at, hash);
    const slots = this.#slots[shard] as Uint32Array;
    if (slots[slot] !== 0) return false;
    this.#append(words, at);
    slots[slot] = this.#size;
    this.#counts[shard] = (this.#counts[shard] as number) + 1;
    return true;
  }

  /** Whether the key whose words stand at `at` is there. */
  has(words: Int32Array, at: number, hash: number): boolean {
    const slots = this.#slots[shardOf(hash)] as Uint32Array;
    return slots.length > 0 && slots[this.#slotOf(words, at, hash)] !== 0;
  }

  /** Takes back the keys added last, until so many are left. */
  truncate(size: number): void {
    assert(size <= this.#size, 'keys are taken back, never invented');
    for (; this.#size > size; this.#size--) {
      const hash = this.#hashOf(this.#size);
      const shard = shardOf(hash);
      const slots = this.#slots[shard] as Uint32Array;
      let slot = placeOf(hash, slots.length);
      while (slots[slot] !== this.#size) slot = slot + 1 === slots.length ? 0 : slot + 1;
      this.#free(slots, slot);
      this.#counts[shard] = (this.#counts[shard] as number) - 1;
    }
  }

  /** The keys of a shard, `KEY_WORDS` words each, in the order in which they were added. */
  keysOf(shard: number): Int32Array {
    const numbers = this.#numbersOf(shard);
    const keys = new Int32Array(numbers.length * KEY_WORDS);
    numbers.forEach((number, index) => {
      const at = ((number - 1) & CHUNK_MASK) * KEY_WORDS;
      const chunk = this.#chunks[(number - 1) >>> CHUNK_BITS] as Int32Array;
      for (let word = 0; word < KEY_WORDS; word++) keys[index * KEY_WORDS + word] = chunk[at + word] as number;
    });
    return keys;
  }

  /**
   * All keys for a checkpoint, in the order in which they were added. They are no copies: adding keys does not change
   * them, and only keys added since may be taken back while they are used.
   */
  save(): readonly Int32Array[] {
    return this.#chunks
      .slice(0, Math.ceil(this.#size / CHUNK_KEYS))
      .map((chunk, index) => chunk.subarray(0, Math.min(CHUNK_KEYS, this.#size - index * CHUNK_KEYS) * KEY_WORDS));
  }

  /** Adds keys that `save` gave, of one table or of several. */
  static load(saved: readonly Int32Array[]): KeyTable {
    const table = new KeyTable();
    for (const keys of saved) {
      for (let at = 0; at < keys.length; at += KEY_WORDS) {
        const isNew = table.add(keys, at, keyHash(keys, at));
        assert(isNew, 'saved keys are all different');
      }
    }
    return table;
  }

  /** The slot that holds the key, or the free one where it would go. */
  #slotOf(words: Int32Array, at: number, hash: number): number {
    const slots = this.#slots[shardOf(hash)] as Uint32Array;
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    let slot = placeOf(hash, slots.length);
    for (;;) {
      const number = slots[slot] as number;
      if (number === 0) return slot;
      const chunk = this.#chunks[(number - 1) >>> CHUNK_BITS] as Int32Array;
      const k = ((number - 1) & CHUNK_MASK) * KEY_WORDS;
      if (chunk[k] === a && chunk[k + 1] === b && chunk[k + 2] === c && chunk[k + 3] === d) return slot;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
  }

  #append(words: Int32Array, at: number): void {
    assert(this.#size < KEYS_MAX, 'key numbers have 32 bits');
    const inChunk = this.#size & CHUNK_MASK;
    if (this.#size === this.#chunks.length * CHUNK_KEYS) this.#chunks.push(new Int32Array(CHUNK_KEYS * KEY_WORDS));
    const chunk = this.#chunks[this.#size >>> CHUNK_BITS] as Int32Array;
    for (let word = 0; word < KEY_WORDS; word++) chunk[inChunk * KEY_WORDS + word] = words[at + word] as number;
    this.#size++;
  }

  #grow(shard: number): void {
    const old = this.#slots[shard] as Uint32Array;
    const slots = new Uint32Array(Math.max(FIRST_SLOTS, old.length * GROWTH));
    for (const number of old) {
      if (number === 0) continue;
      let slot = placeOf(this.#hashOf(number), slots.length);
      while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
      slots[slot] = number;
    }
    this.#slots[shard] = slots;
    this.#slotBytes += slots.byteLength - old.byteLength;
  }

  /**
   * Frees a slot, and moves up the keys behind it that are further from their places than they would then have to be.
   * Source: deletion with linear probing, Knuth, TAOCP 3, 6.4, Algorithm R
   */
  #free(slots: Uint32Array, freed: number): void {
    const length = slots.length;
    let hole = freed;
    for (let slot = freed + 1 === length ? 0 : freed + 1; slots[slot] !== 0; slot = slot + 1 === length ? 0 : slot + 1) {
      const place = placeOf(this.#hashOf(slots[slot] as number), length);
      const isBetween = hole < slot ? place > hole && place <= slot : place > hole || place <= slot;
      if (isBetween) continue;
      slots[hole] = slots[slot] as number;
      hole = slot;
    }
    slots[hole] = 0;
  }

  /** The hash of the key with a number, counted from 1. */
  #hashOf(number: number): number {
    return keyHash(this.#chunks[(number - 1) >>> CHUNK_BITS] as Int32Array, ((number - 1) & CHUNK_MASK) * KEY_WORDS);
  }

  /** What the slots of a shard hold, in ascending order. */
  #numbersOf(shard: number): Uint32Array {
    return (this.#slots[shard] as Uint32Array).filter((number) => number !== 0).sort();
  }
}

function placeOf(hash: number, slots: number): number {
  return Math.floor((withinShard(hash) * slots) / 2 ** 32);
}
