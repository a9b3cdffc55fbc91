import { KEY_SHARDS, shardOf } from '../record/key-hash.ts';

const LOAD_MAX = 0.8;
/** How full a shard's slots are once they have grown. */
const LOAD_GROWN = 0.75;
const BYTES_PER_SLOT = Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT;
/** Of a shard without keys: one free slot, as there is always a place to look at. */
const NO_PRINTS = new Uint32Array(1);
const NO_FILES = new Uint16Array(0);

/** Files of keys are numbered from 1 to this. */
export const KEY_FILES_MAX = 2 ** 16 - 1;

/**
 * What is remembered of keys that have left memory: the shard and a print of 32 bits, and the number of the file that
 * holds the key. A key that is not found here was never there; one that is found must be looked for in its file, which
 * of 30 million keys is needless once in 40,000 new ones. About 8 bytes a key.
 */
export class KeyPrints {
  /** By shard: prints in open addressing, each near its share of the slots; 0 is free. */
  readonly #prints: Uint32Array[] = Array.from({ length: KEY_SHARDS }, () => NO_PRINTS);
  /** By shard and slot: the file's number. */
  readonly #files: Uint16Array[] = Array.from({ length: KEY_SHARDS }, () => NO_FILES);
  readonly #counts = new Uint32Array(KEY_SHARDS);
  #slotCount = 0;
  #size = 0;
  /** What `touch` saw; kept, or the compiler would leave the looking out as needless. */
  readonly #seen = new Int32Array(1);

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slotCount * BYTES_PER_SLOT;
  }

  /** Makes room for so many keys in all, so that the shards need not grow again and again. */
  reserve(keys: number): void {
    for (let shard = 0; shard < KEY_SHARDS; shard++) this.#makeRoom(shard, Math.ceil(keys / KEY_SHARDS));
  }

  /** Adds keys of a shard that are in file `file`; one that is added twice is there twice. */
  add(shard: number, added: Uint32Array, file: number): void {
    const count = (this.#counts[shard] as number) + added.length;
    this.#makeRoom(shard, count);
    const prints = this.#prints[shard] as Uint32Array;
    const files = this.#files[shard] as Uint16Array;
    for (const print of added) put(prints, files, print, file);
    this.#counts[shard] = count;
    this.#size += added.length;
  }

  /**
   * Looks at the places of some keys, so that they are on their way from memory before they are needed.
   * @param prints  of the keys whose hashes stand from `from` to below `to`
   */
  touch(hashes: Int32Array, prints: Uint32Array, from: number, to: number): void {
    let seen = 0;
    for (let i = from; i < to; i++) {
      const shard = this.#prints[shardOf(hashes[i] as number)] as Uint32Array;
      seen ^= shard[placeOf(prints[i - from] as number, shard.length)] as number;
    }
    this.#seen[0] = seen;
  }

  /** Whether a key may be in a file. */
  has(shard: number, print: number): boolean {
    const prints = this.#prints[shard] as Uint32Array;
    let slot = placeOf(print, prints.length);
    for (;;) {
      const known = prints[slot] as number;
      if (known === print) return true;
      if (known === 0) return false;
      slot = slot + 1 === prints.length ? 0 : slot + 1;
    }
  }

  /** The numbers of the files that a key may be in, each once. */
  filesOf(shard: number, print: number): readonly number[] {
    const prints = this.#prints[shard] as Uint32Array;
    const files = this.#files[shard] as Uint16Array;
    const found: number[] = [];
    for (let slot = placeOf(print, prints.length); prints[slot] !== 0;) {
      const file = files[slot] as number;
      if (prints[slot] === print && !found.includes(file)) found.push(file);
      slot = slot + 1 === prints.length ? 0 : slot + 1;
    }
    return found;
  }

  /** Forgets all keys of a file. */
  drop(file: number): void {
    for (let shard = 0; shard < KEY_SHARDS; shard++) {
      const files = this.#files[shard] as Uint16Array;
      if (files.includes(file)) this.#resize(shard, files.length, file);
    }
  }

  #makeRoom(shard: number, keys: number): void {
    if (keys > (this.#prints[shard] as Uint32Array).length * LOAD_MAX) {
      this.#resize(shard, Math.ceil(keys / LOAD_GROWN));
    }
  }

  /** @param without  a file whose keys are left out */
  #resize(shard: number, length: number, without = 0): void {
    const [oldPrints, oldFiles] = [this.#prints[shard] as Uint32Array, this.#files[shard] as Uint16Array];
    const prints = new Uint32Array(length);
    const files = new Uint16Array(length);
    let count = 0;
    for (let slot = 0; slot < oldPrints.length; slot++) {
      const print = oldPrints[slot] as number;
      if (print === 0 || oldFiles[slot] === without) continue;
      put(prints, files, print, oldFiles[slot] as number);
      count++;
    }
    this.#size += count - (this.#counts[shard] as number);
    this.#counts[shard] = count;
    this.#prints[shard] = prints;
    this.#files[shard] = files;
    this.#slotCount += length - oldPrints.length;
  }
}

function put(prints: Uint32Array, files: Uint16Array, print: number, file: number): void {
  let slot = placeOf(print, prints.length);
  while (prints[slot] !== 0) slot = slot + 1 === prints.length ? 0 : slot + 1;
  prints[slot] = print;
  files[slot] = file;
}

function placeOf(print: number, slots: number): number {
  return (print * slots * 2 ** -32) | 0;
}
