import { assert } from '../base/assert.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { KEY_SHARDS, keyPrint } from '../record/key-hash.ts';
import type { KeyTable } from './key-table.ts';

/** Keys of so many shards are copied at once. */
const SHARDS_AT_ONCE = 32;
/** Prints are sorted by so many bits at a time, from the lowest on. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
const PRINT_BITS = 32;

/** Prints, and beside each which one of the given keys it is of. */
type Pairs = readonly [prints: Uint32Array, numbers: Uint32Array];

/** Keys of a shard by their prints, and the prints. */
export interface ShardInOrder {
  readonly shard: number;
  readonly keys: Int32Array;
  readonly prints: Uint32Array;
}

/**
 * All keys of a table, in the order of a file of keys: shard by shard, but for those without any. What it gives is good until
 * the next. While some shards are given, the next ones are copied bit by bit, so that nobody waits for that: only the first
 * ones are copied in one go. The table must stay as it is meanwhile.
 */
export function* keysInOrder(table: KeyTable): Generator<ShardInOrder> {
  const sorter = new PrintSorter();
  let [current, next] = [new ShardCopies(table), new ShardCopies(table)];
  next.begin(0);
  for (let first = 0; first < KEY_SHARDS; first += SHARDS_AT_ONCE) {
    [current, next] = [next, current];
    current.finish();
    next.begin(first + SHARDS_AT_ONCE);
    for (let index = 0; index < SHARDS_AT_ONCE; index++) {
      const keys = current.keysOf(index);
      if (keys.length > 0) yield { shard: first + index, ...sorter.sort(keys) };
      next.copy(1 / SHARDS_AT_ONCE);
    }
  }
}

/** Copies of the keys of some shards. Their memory is used again and again: what comes and goes has V8 mark its heap. */
class ShardCopies {
  readonly #table: KeyTable;
  readonly #starts = new Uint32Array(SHARDS_AT_ONCE + 1);
  readonly #places = new Uint32Array(SHARDS_AT_ONCE);
  #room = new Int32Array(0);
  #first = KEY_SHARDS;
  /** How many of the table's pieces were looked at. */
  #pieces = 0;

  constructor(table: KeyTable) {
    this.#table = table;
  }

  /** Begins with other shards; beyond the last one there are none. */
  begin(first: number): void {
    this.#first = first;
    this.#pieces = 0;
    if (first >= KEY_SHARDS) return;
    for (let index = 0; index < SHARDS_AT_ONCE; index++) {
      this.#starts[index + 1] = (this.#starts[index] as number) + this.#table.countOf(first + index) * KEY_WORDS;
    }
    this.#places.set(this.#starts.subarray(0, SHARDS_AT_ONCE));
    const words = this.#starts[SHARDS_AT_ONCE] as number;
    if (words > this.#room.length) this.#room = new Int32Array(words + (words >> 3));
  }

  /** Looks at such a share of all keys. */
  copy(share: number): void {
    if (this.#first >= KEY_SHARDS) return;
    const { pieceCount } = this.#table;
    const to = Math.min(pieceCount, this.#pieces + Math.ceil(pieceCount * share));
    this.#table.copyShards([this.#pieces, to], this.#first, this.#room, this.#places);
    this.#pieces = to;
  }

  /** Copies what is left. */
  finish(): void {
    this.copy(1);
    this.#places.forEach((place, index) => {
      assert(place === this.#starts[index + 1], 'a shard has as many keys as can be found of it');
    });
  }

  keysOf(index: number): Int32Array {
    return this.#room.subarray(this.#starts[index], this.#starts[index + 1]);
  }
}

/**
 * Sorts the keys of a shard by their prints.
 * Source: sorting by distribution, digit by digit from the lowest on: Knuth, TAOCP 3, 5.2.5
 */
class PrintSorter {
  readonly #places = new Uint32Array(DIGITS);
  #keys = new Int32Array(0);
  /** As they are in order so far, and where the next digit moves them. */
  #order: Pairs = [new Uint32Array(0), new Uint32Array(0)];
  #moved: Pairs = [new Uint32Array(0), new Uint32Array(0)];

  sort(keys: Int32Array): { readonly keys: Int32Array; readonly prints: Uint32Array } {
    const count = keys.length / KEY_WORDS;
    this.#makeRoom(count);
    const [prints, numbers] = this.#order;
    for (let number = 0; number < count; number++) {
      prints[number] = keyPrint(keys, number * KEY_WORDS);
      numbers[number] = number;
    }
    for (let shift = 0; shift < PRINT_BITS; shift += DIGIT_BITS) this.#move(count, shift);
    return this.#inOrder(keys, count);
  }

  /** Puts all in the order of one digit, and leaves those of one digit as they are. */
  #move(count: number, shift: number): void {
    const [prints, numbers] = this.#order;
    const [toPrints, toNumbers] = this.#moved;
    const places = this.#placesOf(prints, count, shift);
    for (let i = 0; i < count; i++) {
      const print = prints[i] as number;
      const digit = (print >>> shift) & (DIGITS - 1);
      const place = places[digit] as number;
      places[digit] = place + 1;
      toPrints[place] = print;
      toNumbers[place] = numbers[i] as number;
    }
    [this.#order, this.#moved] = [this.#moved, this.#order];
  }

  /** By digit: where the first print of it goes. */
  #placesOf(prints: Uint32Array, count: number, shift: number): Uint32Array {
    const places = this.#places.fill(0);
    for (let i = 0; i < count; i++) {
      const digit = ((prints[i] as number) >>> shift) & (DIGITS - 1);
      places[digit] = (places[digit] as number) + 1;
    }
    let place = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const its = places[digit] as number;
      places[digit] = place;
      place += its;
    }
    return places;
  }

  #inOrder(keys: Int32Array, count: number): { readonly keys: Int32Array; readonly prints: Uint32Array } {
    const [prints, numbers] = this.#order;
    const sorted = this.#keys;
    for (let place = 0, to = 0; place < count; place++, to += KEY_WORDS) {
      const from = (numbers[place] as number) * KEY_WORDS;
      sorted[to] = keys[from] as number;
      sorted[to + 1] = keys[from + 1] as number;
      sorted[to + 2] = keys[from + 2] as number;
      sorted[to + 3] = keys[from + 3] as number;
    }
    return { keys: sorted.subarray(0, count * KEY_WORDS), prints: prints.subarray(0, count) };
  }

  #makeRoom(count: number): void {
    if (this.#keys.length >= count * KEY_WORDS) return;
    const room = count + (count >> 3);
    this.#keys = new Int32Array(room * KEY_WORDS);
    this.#order = [new Uint32Array(room), new Uint32Array(room)];
    this.#moved = [new Uint32Array(room), new Uint32Array(room)];
  }
}
