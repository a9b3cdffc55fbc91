import { assert } from '../base/assert.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { KEY_SHARDS, keyHash, shardOf, withinShard } from '../record/key-hash.ts';

/** A slot holds a key's number in its shard, counted from 1, and above it some bits of its hash; 0 is free. */
const NUMBER_BITS = 20;
const NUMBER_MASK = 2 ** NUMBER_BITS - 1;
const FIRST_SLOTS = 32;
const LOAD_MAX = 0.75;
/** Small shards grow by much, as each time their keys are hashed anew; large ones, where room that is not used counts, by less. */
const SMALL_SLOTS = 4096;
const SMALL_GROWTH = 4;
const SLOTS_GROWTH = 1.5;
const FIRST_TRAIL = 1024;
/** Of a shard without keys: one free slot, as there is always a place to look at. */
const NO_SLOTS = new Int32Array(1);
const PIECE_BITS = 9;
/** A shard's keys stand in pieces of so many. */
export const PIECE_KEYS = 2 ** PIECE_BITS;
const PIECE_WORDS = PIECE_KEYS * KEY_WORDS;
const PIECES_AT_ONCE = 128;
const KEY_BYTES = KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** An empty array that V8 takes for one of objects: to what `[]` gives, its first piece would be one of another kind. */
const noPieces = (): Int32Array[] => [NO_SLOTS].slice(1);

/** Keys of a shard, `KEY_WORDS` words each, in pieces of `PIECE_KEYS`; only the last one may have fewer, or none. */
export type ShardKeys = readonly Int32Array[];

/**
 * Primary keys, 128 bits each: the exact answer to "was this one there before?". Each shard has slots of its own and
 * grows by itself, so growth never touches more than a small part of the keys. The keys are written once and stay where they
 * are: arrays that grew would be copied again and again, each time into memory that is touched anew.
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4; a place in a shard is its share of the hash (Lemire,
 * "Fast random integer generation in an interval"), so that a shard may have any number of slots.
 */
export class KeyTable {
  readonly #slots: Int32Array[] = Array.from({ length: KEY_SHARDS }, () => NO_SLOTS);
  /** By shard: pieces of `PIECE_KEYS` keys, in the order in which they were added. */
  readonly #pieces: Int32Array[][] = Array.from({ length: KEY_SHARDS }, noPieces);
  /** Room for pieces that no shard has taken yet. */
  #room = new Int32Array(0);
  readonly #counts = new Uint32Array(KEY_SHARDS);
  /** The shards of the keys that may be taken back, in the order in which they were added. */
  #trail = new Uint16Array(FIRST_TRAIL);
  #trailLength = 0;
  /** What `touch` saw; kept, or the compiler would leave the looking out as needless. */
  readonly #seen = new Int32Array(1);
  #size = 0;
  #slotBytes = 0;

  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#slotBytes + this.#size * KEY_BYTES;
  }

  /**
   * Adds the keys of some records that are not there yet; of equal ones the first.
   * @param words    `KEY_WORDS` words a record
   * @param hashes   the `keyHash` of each record's key
   * @param records  the numbers of these records, in order; those of a shard behind each other (`byShard`) are faster
   * @param isNew    is set to 1 for each record whose key was added
   */
  addAll(words: Int32Array, hashes: Int32Array, records: Int32Array, isNew: Uint8Array): void {
    for (let from = 0; from < records.length;) {
      const shard = shardOf(hashes[records[from] as number] as number);
      let to = from + 1;
      while (to < records.length && shardOf(hashes[records[to] as number] as number) === shard) to++;
      this.#addToShard(shard, words, hashes, records, from, to, isNew);
      from = to;
    }
  }

  /** The same for records `records[from]` to `records[to - 1]`, whose keys are of one shard. */
  #addToShard(
    shard: number,
    words: Int32Array,
    hashes: Int32Array,
    records: Int32Array,
    from: number,
    to: number,
    isNew: Uint8Array,
  ): void {
    const before = this.#counts[shard] as number;
    let slots = this.#slots[shard] as Int32Array;
    if (before + to - from > slots.length * LOAD_MAX) slots = this.#growSlots(shard, before + to - from);
    this.#touch(slots, hashes, records, from, to);
    const pieces = this.#pieces[shard] as Int32Array[];
    let count = before;
    for (let i = from; i < to; i++) {
      const record = records[i] as number;
      const hash = hashes[record] as number;
      const at = record * KEY_WORDS;
      const slot = slotOf(slots, pieces, words, at, hash);
      if (slots[slot] !== 0) continue;
      const piece = pieces[count >>> PIECE_BITS] ?? this.#addPiece(shard);
      const k = placeInPiece(count);
      piece[k] = words[at] as number;
      piece[k + 1] = words[at + 1] as number;
      piece[k + 2] = words[at + 2] as number;
      piece[k + 3] = words[at + 3] as number;
      slots[slot] = slotFor(hash, ++count);
      isNew[record] = 1;
    }
    this.#counts[shard] = count;
    this.#note(shard, count - before);
  }

  /**
   * Looks at the places of keys, so that memory answers for all of them at once. Beyond what the processor keeps, that is most of
   * a key's time.
   * Source: group prefetching, Chen and others, "Improving hash join performance through prefetching", ICDE 2004
   */
  #touch(slots: Int32Array, hashes: Int32Array, records: Int32Array, from: number, to: number): void {
    const { length } = slots;
    let seen = 0;
    for (let i = from; i < to; i++) {
      seen ^= slots[placeOf(hashes[records[i] as number] as number, length)] as number;
    }
    this.#seen[0] = seen;
  }

  /** Notes that keys were added to a shard. */
  #note(shard: number, added: number): void {
    const end = this.#trailLength + added;
    if (end > this.#trail.length) this.#growTrail(end);
    this.#trail.fill(shard, this.#trailLength, end);
    this.#trailLength = end;
    this.#size += added;
  }

  /** Whether the key whose words stand at `at` is there. */
  has(words: Int32Array, at: number, hash: number): boolean {
    const slots = this.#slots[shardOf(hash)] as Int32Array;
    return slots[slotOf(slots, this.#pieces[shardOf(hash)] as Int32Array[], words, at, hash)] !== 0;
  }

  /** How many keys `undo` would take back. */
  get undoable(): number {
    return this.#trailLength;
  }

  /** Has the first so many keys of those that `undo` would take back stay for good. */
  keep(keys: number): void {
    assert(keys <= this.#trailLength, 'what is kept was added');
    this.#trail.copyWithin(0, keys, this.#trailLength);
    this.#trailLength -= keys;
  }

  /**
   * Takes back the keys that are not kept. Going backwards, no key's way to its slot leads over one that is taken back,
   * so slots can simply be freed.
   */
  undo(): void {
    while (this.#trailLength > 0) {
      const shard = this.#trail[--this.#trailLength] as number;
      const count = this.#counts[shard] as number;
      const hash = hashOf(this.#pieces[shard] as Int32Array[], count - 1);
      const slots = this.#slots[shard] as Int32Array;
      let slot = placeOf(hash, slots.length);
      while (((slots[slot] as number) & NUMBER_MASK) !== count) slot = slot + 1 === slots.length ? 0 : slot + 1;
      slots[slot] = 0;
      this.#counts[shard] = count - 1;
      this.#size--;
    }
  }

  /**
   * By shard, the keys that `undo` would not take back. No copies: neither adding keys nor taking others back changes
   * them.
   */
  keptKeys(): readonly ShardKeys[] {
    const counts = this.#counts.slice();
    for (const shard of this.#trail.subarray(0, this.#trailLength)) counts[shard] = (counts[shard] as number) - 1;
    return this.#pieces.map((pieces, shard) => {
      const count = counts[shard] as number;
      const whole = count >>> PIECE_BITS;
      return [...pieces.slice(0, whole), (pieces[whole] ?? this.#room).subarray(0, placeInPiece(count))];
    });
  }

  /** Adds keys of a shard, `KEY_WORDS` words each; none of them is there. */
  load(shard: number, keys: Int32Array): void {
    const pieces = this.#pieces[shard] as Int32Array[];
    let count = this.#counts[shard] as number;
    for (let from = 0; from < keys.length;) {
      const piece = pieces[count >>> PIECE_BITS] ?? this.#addPiece(shard);
      const place = placeInPiece(count);
      const part = keys.subarray(from, from + PIECE_WORDS - place);
      piece.set(part, place);
      from += part.length;
      count += part.length / KEY_WORDS;
    }
    this.#size += count - (this.#counts[shard] as number);
    this.#counts[shard] = count;
    this.#setSlots(shard, Math.ceil(count / LOAD_MAX) + 1);
  }

  /** Makes room for so many keys. */
  #growSlots(shard: number, keys: number): Int32Array {
    // Not all shards at the same number of keys, as they fill alike.
    let length = Math.round(FIRST_SLOTS * SLOTS_GROWTH ** (shard / KEY_SHARDS));
    while (keys > length * LOAD_MAX) length = Math.ceil(length * (length < SMALL_SLOTS ? SMALL_GROWTH : SLOTS_GROWTH));
    return this.#setSlots(shard, length);
  }

  #setSlots(shard: number, length: number): Int32Array {
    const pieces = this.#pieces[shard] as Int32Array[];
    const count = this.#counts[shard] as number;
    const slots = new Int32Array(length);
    // In the order of their numbers, which is what `undo` builds on.
    for (let number = 1; number <= count; number++) {
      const hash = hashOf(pieces, number - 1);
      let slot = placeOf(hash, length);
      while (slots[slot] !== 0) slot = slot + 1 === length ? 0 : slot + 1;
      slots[slot] = slotFor(hash, number);
    }
    this.#slotBytes += slots.byteLength - (this.#slots[shard] as Int32Array).byteLength;
    this.#slots[shard] = slots;
    return slots;
  }

  #addPiece(shard: number): Int32Array {
    const pieces = this.#pieces[shard] as Int32Array[];
    assert(pieces.length < NUMBER_MASK >>> PIECE_BITS, 'a shard is retired long before its numbers have too many bits');
    if (this.#room.length === 0) this.#room = new Int32Array(PIECES_AT_ONCE * PIECE_WORDS);
    const piece = this.#room.subarray(0, PIECE_WORDS);
    this.#room = this.#room.subarray(PIECE_WORDS);
    pieces.push(piece);
    return piece;
  }

  #growTrail(length: number): void {
    const trail = new Uint16Array(Math.max(length, this.#trail.length * 2));
    trail.set(this.#trail);
    this.#trail = trail;
  }
}

/** The slot of a shard that holds the key, or the free one where it would go. */
function slotOf(slots: Int32Array, pieces: ShardKeys, words: Int32Array, at: number, hash: number): number {
  const { length } = slots;
  const tag = slotFor(hash, 0);
  let slot = placeOf(hash, length);
  for (;;) {
    const held = slots[slot] as number;
    if (held === 0) return slot;
    if (((held ^ tag) & ~NUMBER_MASK) === 0) {
      const index = (held & NUMBER_MASK) - 1;
      const keys = pieces[index >>> PIECE_BITS] as Int32Array;
      const k = placeInPiece(index);
      const isEqual =
        keys[k] === words[at] &&
        keys[k + 1] === words[at + 1] &&
        keys[k + 2] === words[at + 2] &&
        keys[k + 3] === words[at + 3];
      if (isEqual) return slot;
    }
    slot = slot + 1 === length ? 0 : slot + 1;
  }
}

/** Of a shard's key, counted from 0. */
function hashOf(pieces: ShardKeys, index: number): number {
  return keyHash(pieces[index >>> PIECE_BITS] as Int32Array, placeInPiece(index));
}

/** Where a shard's key, counted from 0, begins in its piece. */
function placeInPiece(index: number): number {
  return (index & (PIECE_KEYS - 1)) * KEY_WORDS;
}

function placeOf(hash: number, slots: number): number {
  return (withinShard(hash) * slots * 2 ** -32) | 0;
}

/** What a slot holds of a key; its bits above the number are the hash's lowest, as its place says the others. */
function slotFor(hash: number, number: number): number {
  return (hash << NUMBER_BITS) | number;
}

/**
 * The same records, those whose keys are of a shard behind each other in their order.
 * @param hashes   of all records
 * @param records  the numbers of those that are wanted
 * Source: counting sort, Knuth, TAOCP 3, 5.2
 */
export function byShard(hashes: Int32Array, records: Int32Array): Int32Array {
  const places = new Int32Array(KEY_SHARDS + 1);
  for (let i = 0; i < records.length; i++) {
    (places[shardOf(hashes[records[i] as number] as number) + 1] as number)++;
  }
  for (let shard = 1; shard < KEY_SHARDS; shard++) {
    places[shard] = (places[shard] as number) + (places[shard - 1] as number);
  }
  const sorted = new Int32Array(records.length);
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as number;
    sorted[(places[shardOf(hashes[record] as number)] as number)++] = record;
  }
  return sorted;
}
