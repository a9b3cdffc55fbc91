import { assert } from '../base/assert.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { keyHash, shardOf } from '../record/key-hash.ts';
import { KeySlots, loadKeySlots } from './key-slots.ts';

/** Keys stand in pieces of so many. */
const PIECE_KEYS = 4096;
const KEY_BYTES = KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;
const NO_WORDS = new Int32Array(0);

/** Keys, `KEY_WORDS` words each, in pieces, at least one. */
export type Keys = readonly Int32Array[];

/**
 * Primary keys, 128 bits each: the exact answer to "was this one there before?". They stand in the order of their coming, each
 * written once and never moved; where each is found by its hash is kept in WebAssembly (`key-slots.ts`), which asks here
 * whether two keys of one hash are the same.
 */
export class KeyTable {
  /** Made with the first key. */
  #made: KeySlots | undefined;
  /** Pieces of `PIECE_KEYS` keys. A key's number is its place in them, counted from 0. */
  readonly #pieces: Int32Array[] = [];
  /** By piece: the shard of each key that can be found. */
  readonly #shards: Uint8Array[] = [];
  /** Keys from it on may be taken back. */
  #kept = 0;
  /** Keys from it on are found by nobody yet: it takes longer than reading them, and who only reads reports asks for none. */
  #notFoundFrom: number | undefined;
  #size = 0;
  /** The keys that are asked for. */
  #asked: Int32Array = NO_WORDS;

  /** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
  constructor() {
    // That it is missing is said at the start, not when the first record comes.
    loadKeySlots();
  }

  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return (this.#made?.bytes ?? 0) + this.#size * (KEY_BYTES + 1);
  }

  /** How many keys `undo` would take back. */
  get undoable(): number {
    return this.#size - this.#kept;
  }

  /**
   * Adds the keys of some records that are not there yet; of equal ones the first.
   * @param words    `KEY_WORDS` words a record
   * @param hashes   the `keyHash` of each record's key
   * @param leftOut  1 for each record whose key is not to be added; none unless given
   * @returns the records whose keys were added, in their order
   */
  claim(words: Int32Array, hashes: Int32Array, count: number, leftOut?: Uint8Array): Int32Array {
    this.#asked = words;
    const records = this.#slots.claim(hashes, count, this.#size, leftOut);
    this.#asked = NO_WORDS;
    this.#append(words, hashes, records);
    return records;
  }

  /** Whether the key whose words stand at `at`, a multiple of `KEY_WORDS`, is there. */
  has(words: Int32Array, at: number, hash: number): boolean {
    this.#asked = words;
    const isThere = this.#slots.has(hash, at / KEY_WORDS);
    this.#asked = NO_WORDS;
    return isThere;
  }

  /** The number of the key whose words stand at `at`, counted from 0 in the order of their coming; undefined when it is not there. */
  numberOf(words: Int32Array, at: number, hash: number): number | undefined {
    this.#asked = words;
    const number = this.#slots.numberOf(hash, at / KEY_WORDS);
    this.#asked = NO_WORDS;
    return number;
  }

  /** A byte for each of some records, given as to `claim`: 1 where the key is there. */
  known(words: Int32Array, hashes: Int32Array, count: number): Uint8Array {
    this.#asked = words;
    const known = this.#slots.known(hashes, count);
    this.#asked = NO_WORDS;
    return known;
  }

  /** Has the first so many keys of those that `undo` would take back stay for good. */
  keep(keys: number): void {
    assert(keys <= this.undoable, 'what is kept was added');
    this.#kept += keys;
  }

  /** Takes back the keys that are not kept. */
  undo(): void {
    if (this.undoable === 0) return;
    const slots = this.#slots;
    while (this.#size > this.#kept) {
      const number = --this.#size;
      slots.remove(this.#hashOf(number), number);
    }
  }

  /** Moves the keys that are not kept to a table of their own, where they are not kept either. */
  splitUndoable(): KeyTable {
    const other = new KeyTable();
    for (let number = this.#kept; number < this.#size; number++) {
      const at = placeInPiece(number);
      other.#appendAll(this.#pieceOf(number).subarray(at, at + KEY_WORDS));
    }
    other.#notFoundFrom = 0;
    this.undo();
    return other;
  }

  /** The keys that `undo` would not take back. No copies: adding keys does not change them. */
  keptKeys(): Keys {
    if (this.#kept === 0) return [NO_WORDS];
    return this.#pieces
      .slice(0, Math.ceil(this.#kept / PIECE_KEYS))
      .map((piece, index) => piece.subarray(0, (this.#kept - index * PIECE_KEYS) * KEY_WORDS));
  }

  /** How many keys a shard has. */
  countOf(shard: number): number {
    return this.#slots.countOf(shard);
  }

  /** How many pieces its keys stand in. */
  get pieceCount(): number {
    return Math.ceil(this.#size / PIECE_KEYS);
  }

  /**
   * Copies those keys of some pieces that are of some shards, in the order of their coming. It looks at all keys of a piece,
   * one behind the other: those of one shard are so far from each other that the processor would wait for each.
   * @param pieces  from which piece on, and up to which one without it
   * @param first   the first of these shards
   * @param to      has room for as many as `countOf` says of them
   * @param places  by shard, counted from the first: where in `to` its next key goes; it is moved on
   */
  copyShards(pieces: readonly [from: number, to: number], first: number, to: Int32Array, places: Uint32Array): void {
    // They can be found, so it is known which shards they are of.
    void this.#slots;
    for (
      let number = pieces[0] * PIECE_KEYS;
      number < Math.min(this.#size, pieces[1] * PIECE_KEYS);
      number += PIECE_KEYS
    ) {
      const piece = this.#pieceOf(number);
      const shards = this.#shardsOf(number);
      const count = Math.min(PIECE_KEYS, this.#size - number);
      for (let i = 0; i < count; i++) {
        const shard = (shards[i] as number) - first;
        if (shard < 0 || shard >= places.length) continue;
        const place = places[shard] as number;
        const from = i * KEY_WORDS;
        to[place] = piece[from] as number;
        to[place + 1] = piece[from + 1] as number;
        to[place + 2] = piece[from + 2] as number;
        to[place + 3] = piece[from + 3] as number;
        places[shard] = place + KEY_WORDS;
      }
    }
  }

  /** Adds keys, `KEY_WORDS` words each, which nobody may change any more; none of them is there, and none may be taken back. */
  load(keys: Int32Array): void {
    assert(this.undoable === 0, 'keys are loaded behind those that stay');
    this.#notFoundFrom ??= this.#size;
    this.#appendAll(keys);
    this.#kept = this.#size;
  }

  /** Has all keys be found at once by who asks first: 0.1 s a million. */
  findAll(): void {
    if (this.#size > 0) void this.#slots;
  }

  get #slots(): KeySlots {
    this.#made ??= new KeySlots((number, record) => this.#isSame(number, record));
    if (this.#notFoundFrom !== undefined) {
      const from = this.#notFoundFrom;
      this.#notFoundFrom = undefined;
      this.#find(from, this.#made);
    }
    return this.#made;
  }

  /** Whether the key with a number is that of a record of those that are asked for. */
  #isSame(number: number, record: number): boolean {
    // One that has just got its number stands nowhere else yet.
    const isNew = number >= this.#size;
    const keys = isNew ? this.#asked : this.#pieceOf(number);
    const k = isNew ? this.#slots.pickedAt(number - this.#size) * KEY_WORDS : placeInPiece(number);
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
  #find(from: number, slots: KeySlots): void {
    const hashes = new Int32Array(PIECE_KEYS);
    for (let number = from; number < this.#size;) {
      const count = Math.min(PIECE_KEYS, this.#size - number);
      for (let i = 0; i < count; i++) {
        const hash = this.#hashOf(number + i);
        hashes[i] = hash;
        this.#shardsOf(number + i)[(number + i) % PIECE_KEYS] = shardOf(hash);
      }
      slots.addAll(hashes, count, number);
      number += count;
    }
  }

  /** Appends the keys of some records, in their order. */
  #append(words: Int32Array, hashes: Int32Array, records: Int32Array): void {
    for (let from = 0; from < records.length;) {
      const piece = this.#roomForKeys();
      const shards = this.#shardsOf(this.#size);
      const to = Math.min(records.length, from + PIECE_KEYS - (this.#size % PIECE_KEYS));
      let place = placeInPiece(this.#size);
      for (let i = from; i < to; i++, place += KEY_WORDS) {
        const record = records[i] as number;
        const at = record * KEY_WORDS;
        shards[place / KEY_WORDS] = shardOf(hashes[record] as number);
        piece[place] = words[at] as number;
        piece[place + 1] = words[at + 1] as number;
        piece[place + 2] = words[at + 2] as number;
        piece[place + 3] = words[at + 3] as number;
      }
      this.#size += to - from;
      from = to;
    }
  }

  #appendAll(keys: Int32Array): void {
    for (let from = 0; from < keys.length;) {
      const whole = keys.subarray(from, from + PIECE_KEYS * KEY_WORDS);
      if (whole.length === PIECE_KEYS * KEY_WORDS && this.#size === this.#pieces.length * PIECE_KEYS) {
        // It stays where it is.
        this.#pieces.push(whole);
        this.#size += PIECE_KEYS;
        from += whole.length;
        continue;
      }
      const piece = this.#roomForKeys();
      const place = placeInPiece(this.#size);
      const part = keys.subarray(from, from + piece.length - place);
      piece.set(part, place);
      this.#size += part.length / KEY_WORDS;
      from += part.length;
    }
  }

  /** The piece where the next key goes. */
  #roomForKeys(): Int32Array {
    if (this.#size === this.#pieces.length * PIECE_KEYS) this.#pieces.push(new Int32Array(PIECE_KEYS * KEY_WORDS));
    return this.#pieceOf(this.#size);
  }

  /** The shards of the keys that are in a piece with the one of that number. */
  #shardsOf(number: number): Uint8Array {
    return (this.#shards[Math.floor(number / PIECE_KEYS)] ??= new Uint8Array(PIECE_KEYS));
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
