import { assert } from '../base/assert.ts';

const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const NULL_ID = 0;

/**
 * The hash that `intern` expects, for texts that were not scanned byte by byte.
 * Source: FNV-1a, 32 bits (Fowler, Noll, Vo).
 */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), HASH_PRIME);
  return hash;
}

/** What of a dictionary goes into a checkpoint. */
export interface SavedTexts {
  /** All texts in UTF-8, one behind the other, in the order of their ids. */
  readonly arena: Uint8Array;
  /** Where each text ends in `arena`. */
  readonly ends: Int32Array;
}

/**
 * Texts by small whole numbers: equal texts (byte for byte in UTF-8) have one id, from 1 on in the order of their
 * coming; 0 is null. Ids are never taken back.
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4.
 */
export class TextDictionary {
  #arena: Uint8Array;
  #arenaSize = 0;
  /** By id: where its text begins; the entry behind the last id is where the next will. */
  #starts: Int32Array;
  #hashes: Int32Array;
  #slots: Int32Array;
  #size = 0;
  readonly #texts: (string | null)[] = [null];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(capacity = 64) {
    this.#arena = new Uint8Array(capacity * 16);
    this.#starts = new Int32Array(capacity + 2);
    this.#hashes = new Int32Array(capacity + 2);
    this.#slots = new Int32Array(powerOfTwo(capacity * 2));
  }

  /** How many texts there are; the ids are 1 to this. */
  get size(): number {
    return this.#size;
  }

  /** The id of the text in `bytes` from `start` to `end`, whose `hashOf` is `hash`; a new one if it is new. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const arena = this.#arena;
    const starts = this.#starts;
    const length = end - start;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = slots[slot] as number;
      if (id === NULL_ID) return this.#add(bytes, start, end, hash, slot);
      if (this.#hashes[id] === hash) {
        const at = starts[id] as number;
        if ((starts[id + 1] as number) - at === length) {
          let i = 0;
          while (i < length && arena[at + i] === bytes[start + i]) i++;
          if (i === length) return id;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The id of a text; a new one if it is new; 0 for null. */
  internText(text: string | null): number {
    if (text === null) return NULL_ID;
    const bytes = this.#encoder.encode(text);
    return this.intern(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
  }

  /** The id of a text that is there already; undefined when it is not. */
  find(text: string): number | undefined {
    const bytes = this.#encoder.encode(text);
    const hash = hashOf(bytes, 0, bytes.length);
    const mask = this.#slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; this.#slots[slot] !== NULL_ID; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (this.#hashes[id] === hash && this.text(id) === text) return id;
    }
    return undefined;
  }

  /** The text of an id; null for 0. */
  text(id: number): string | null {
    assert(id >= 0 && id <= this.#size, 'a text id is one that the dictionary gave');
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const text = this.#decoder.decode(this.#arena.subarray(this.#starts[id], this.#starts[id + 1]));
    this.#texts[id] = text;
    return text;
  }

  /** A copy for a checkpoint. */
  save(): SavedTexts {
    return { arena: this.#arena.slice(0, this.#arenaSize), ends: this.#starts.slice(2, this.#size + 2) };
  }

  /** The dictionary that `save` saved: the same ids. */
  static load(saved: SavedTexts): TextDictionary {
    const dictionary = new TextDictionary(Math.max(64, saved.ends.length));
    let start = 0;
    for (const end of saved.ends) {
      dictionary.intern(saved.arena, start, end, hashOf(saved.arena, start, end));
      start = end;
    }
    assert(dictionary.size === saved.ends.length, 'saved texts are all different');
    return dictionary;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const length = end - start;
    if (this.#arenaSize + length > this.#arena.length) {
      const grown = new Uint8Array(Math.max(this.#arena.length * 2, this.#arenaSize + length));
      grown.set(this.#arena.subarray(0, this.#arenaSize));
      this.#arena = grown;
    }
    const id = ++this.#size;
    if (id + 1 >= this.#starts.length) {
      this.#starts = grownInt32(this.#starts);
      this.#hashes = grownInt32(this.#hashes);
    }
    for (let i = 0; i < length; i++) this.#arena[this.#arenaSize + i] = bytes[start + i] as number;
    this.#arenaSize += length;
    this.#starts[id + 1] = this.#arenaSize;
    this.#hashes[id] = hash;
    this.#slots[slot] = id;
    if (id * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id <= this.#size; id++) {
      const hash = this.#hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== NULL_ID) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/** The smallest power of two that is at least so large. */
export function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)));
}

/** A copy twice as long. */
export function grownInt32(array: Int32Array): Int32Array {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}

/** A copy twice as long. */
export function grownFloat64(array: Float64Array): Float64Array {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}
