import { assert } from '../base/assert.ts';
import { AssemblyModule } from '../record/assembly-module.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { keyHash } from '../record/key-hash.ts';

/** Keys stand in pieces of so many. */
const PIECE_KEYS = 4096;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const KEY_BYTES = KEY_WORDS * WORD_BYTES;
/** Where what is left out stands when nothing is. */
const NOWHERE = 0;
/** From so many words on, they are copied as a whole. */
const MANY = 32;

/** Keys, `KEY_WORDS` words each, in pieces, at least one. */
export type Keys = readonly Int32Array[];

/** What `assembly/key-slots.ts` gives. Places are addresses in its memory. */
interface Slots {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly slotBytes: { readonly value: number };
  readonly reserve: (bytes: number) => number;
  readonly claim: (hashes: number, leftOut: number, count: number, size: number, picked: number) => number;
  readonly addAll: (hashes: number, count: number, size: number) => void;
  readonly has: (hash: number, record: number) => number;
  readonly remove: (hash: number, number: number) => void;
  readonly keysOf: (shard: number) => number;
  readonly numbersOf: (shard: number, below: number, to: number) => number;
}

type SlotsImports = { readonly 'key-slots': { isSame(number: number, record: number): boolean } };

const slotsModule = new AssemblyModule<Slots, SlotsImports>(
  new URL('assembly/key-slots.wasm', import.meta.url),
  { reserve: 1, claim: 5, addAll: 3, has: 2, remove: 2, keysOf: 1, numbersOf: 3 },
  { 'key-slots': { isSame: () => false } },
);

/**
 * Primary keys, 128 bits each: the exact answer to "was this one there before?". They stand in the order of their coming, each
 * written once and never moved; where each is found by its hash is kept in WebAssembly (`assembly/key-slots.ts`), which asks
 * here whether two keys of one hash are the same.
 */
export class KeyTable {
  /** Where the keys are found; made with the first one. */
  #made: Slots | undefined;
  /** The memory of the slots, until it grows. */
  #words: Int32Array = new Int32Array(0);
  /** Pieces of `PIECE_KEYS` keys. A key's number is its place in them, counted from 0. */
  #pieces: Int32Array[] = [];
  /** The keys before it are forgotten. */
  #first = 0;
  /** Those from it on may be taken back. */
  #kept = 0;
  #end = 0;
  /** The keys that are asked for, and where the slots' memory has the records that have got numbers from `#end` on. */
  #asked: Int32Array = new Int32Array(0);
  #picked = NOWHERE;

  get size(): number {
    return this.#end - this.#first;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return (this.#made?.slotBytes.value ?? 0) + this.size * KEY_BYTES;
  }

  /** How many keys `undo` would take back. */
  get undoable(): number {
    return this.#end - this.#kept;
  }

  /** How many it would not. */
  get kept(): number {
    return this.#kept - this.#first;
  }

  /**
   * Adds the keys of some records that are not there yet; of equal ones the first.
   * @param words    `KEY_WORDS` words a record
   * @param hashes   the `keyHash` of each record's key
   * @param leftOut  1 for each record whose key is not to be added; none unless given
   * @returns the records whose keys were added, in their order
   */
  claim(words: Int32Array, hashes: Int32Array, count: number, leftOut?: Uint8Array): Int32Array {
    const at = this.#slots.reserve(count * (2 * WORD_BYTES + 1));
    const picked = at + count * WORD_BYTES;
    const leftOutAt = picked + count * WORD_BYTES;
    this.#put(hashes, count, at);
    if (leftOut !== undefined) new Uint8Array(this.#memory.buffer, leftOutAt).set(leftOut);
    this.#asked = words;
    this.#picked = picked / WORD_BYTES;
    const found = this.#slots.claim(at, leftOut === undefined ? NOWHERE : leftOutAt, count, this.#end, picked);
    const records = this.#memory.slice(this.#picked, this.#picked + found);
    this.#append(words, records);
    return records;
  }

  /** Whether the key whose words stand at `at`, a multiple of `KEY_WORDS`, is there. */
  has(words: Int32Array, at: number, hash: number): boolean {
    this.#asked = words;
    return this.#slots.has(hash, at / KEY_WORDS) !== 0;
  }

  /** Has the first so many keys of those that `undo` would take back stay for good. */
  keep(keys: number): void {
    assert(keys <= this.undoable, 'what is kept was added');
    this.#kept += keys;
  }

  /** Takes back the keys that are not kept. */
  undo(): void {
    while (this.#end > this.#kept) {
      const number = --this.#end;
      this.#slots.remove(this.#hashOf(number), number);
    }
  }

  /** The keys that `undo` would not take back. No copies: neither adding keys nor forgetting others changes them. */
  keptKeys(): Keys {
    const pieces = this.#pieces.slice(0, Math.ceil(this.#kept / PIECE_KEYS));
    if (pieces.length === 0) return [new Int32Array(0)];
    return pieces.map((piece, index) => {
      const start = index * PIECE_KEYS;
      return piece.subarray(
        Math.max(this.#first - start, 0) * KEY_WORDS,
        Math.min(this.#kept - start, PIECE_KEYS) * KEY_WORDS,
      );
    });
  }

  /** A copy of the keys of a shard that are among the first so many. */
  keysOfShard(shard: number, keys: number): Int32Array {
    const at = this.#slots.reserve(this.#slots.keysOf(shard) * WORD_BYTES);
    const found = this.#slots.numbersOf(shard, this.#first + keys, at);
    const numbers = new Int32Array(this.#memory.buffer, at, found);
    const copy = new Int32Array(found * KEY_WORDS);
    for (let i = 0; i < found; i++) {
      const piece = this.#pieceOf(numbers[i] as number);
      const from = placeInPiece(numbers[i] as number);
      for (let word = 0; word < KEY_WORDS; word++) copy[i * KEY_WORDS + word] = piece[from + word] as number;
    }
    return copy;
  }

  /** Adds keys, `KEY_WORDS` words each; none of them is there, and none may be taken back. */
  load(keys: Int32Array): void {
    assert(this.undoable === 0, 'keys are loaded behind those that stay');
    const first = this.#end;
    for (let from = 0; from < keys.length;) {
      const piece = this.#roomForKeys();
      const place = placeInPiece(this.#end);
      const part = keys.subarray(from, from + piece.length - place);
      piece.set(part, place);
      this.#end += part.length / KEY_WORDS;
      from += part.length;
    }
    this.#kept = this.#end;
    this.#find(first);
  }

  /** Forgets the first so many keys, all of which are kept. */
  forget(keys: number): void {
    assert(keys <= this.kept, 'keys that may be taken back are not forgotten');
    const first = this.#first + keys;
    const whole = first - (first % PIECE_KEYS);
    this.#pieces = this.#pieces.slice(whole / PIECE_KEYS);
    this.#first = first - whole;
    this.#kept -= whole;
    this.#end -= whole;
    // The memory of the slots is never given back, but with all of them.
    this.#made = undefined;
    this.#find(this.#first);
  }

  get #slots(): Slots {
    this.#made ??= slotsModule.instance({
      'key-slots': { isSame: (number, record) => this.#isSame(number, record) },
    });
    return this.#made;
  }

  get #memory(): Int32Array {
    const { buffer } = this.#slots.memory;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer);
    return this.#words;
  }

  /** Whether the key with a number is that of a record of those that are asked for. */
  #isSame(number: number, record: number): boolean {
    // One that has just got its number stands nowhere else yet.
    const isNew = number >= this.#end;
    const keys = isNew ? this.#asked : this.#pieceOf(number);
    const k = isNew ? (this.#memory[this.#picked + number - this.#end] as number) * KEY_WORDS : placeInPiece(number);
    const asked = this.#asked;
    const at = record * KEY_WORDS;
    return (
      keys[k] === asked[at] &&
      keys[k + 1] === asked[at + 1] &&
      keys[k + 2] === asked[at + 2] &&
      keys[k + 3] === asked[at + 3]
    );
  }

  /** Has the keys from a number on be found. */
  #find(from: number): void {
    const hashes = new Int32Array(PIECE_KEYS);
    for (let number = from; number < this.#end;) {
      const count = Math.min(PIECE_KEYS - (number % PIECE_KEYS), this.#end - number);
      for (let i = 0; i < count; i++) hashes[i] = this.#hashOf(number + i);
      const at = this.#slots.reserve(count * WORD_BYTES);
      this.#put(hashes, count, at);
      this.#slots.addAll(at, count, number);
      number += count;
    }
  }

  /** Puts words where the slots' functions look for them. */
  #put(words: Int32Array, count: number, at: number): void {
    const memory = this.#memory;
    if (count < MANY) {
      for (let i = 0; i < count; i++) memory[at / WORD_BYTES + i] = words[i] as number;
    } else {
      copyMany(words, memory, at / WORD_BYTES, count);
    }
  }

  /** Appends the keys of some records, in their order. */
  #append(words: Int32Array, records: Int32Array): void {
    for (let from = 0; from < records.length;) {
      const piece = this.#roomForKeys();
      const to = Math.min(records.length, from + PIECE_KEYS - (this.#end % PIECE_KEYS));
      let place = placeInPiece(this.#end);
      for (let i = from; i < to; i++, place += KEY_WORDS) {
        const at = (records[i] as number) * KEY_WORDS;
        piece[place] = words[at] as number;
        piece[place + 1] = words[at + 1] as number;
        piece[place + 2] = words[at + 2] as number;
        piece[place + 3] = words[at + 3] as number;
      }
      this.#end += to - from;
      from = to;
    }
  }

  /** The piece where the next key goes. */
  #roomForKeys(): Int32Array {
    if (this.#end === this.#pieces.length * PIECE_KEYS) this.#pieces.push(new Int32Array(PIECE_KEYS * KEY_WORDS));
    return this.#pieceOf(this.#end);
  }

  #pieceOf(number: number): Int32Array {
    return this.#pieces[Math.floor(number / PIECE_KEYS)] as Int32Array;
  }

  #hashOf(number: number): number {
    return keyHash(this.#pieceOf(number), placeInPiece(number));
  }
}

/** Where a key begins in its piece. */
function placeInPiece(number: number): number {
  return (number % PIECE_KEYS) * KEY_WORDS;
}

/** `set` copies word by word what threads share; this is the system's own copying, several times as fast. */
function copyMany(from: Int32Array, to: Int32Array, place: number, count: number): void {
  const bytes = Buffer.from(from.buffer, from.byteOffset, count * WORD_BYTES);
  Buffer.from(to.buffer, to.byteOffset, to.byteLength).fill(bytes, place * WORD_BYTES, (place + count) * WORD_BYTES);
}
