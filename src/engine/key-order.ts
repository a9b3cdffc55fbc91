import { KEY_WORDS } from '../record/columns.ts';
import { KEY_SHARDS, keyPrint } from '../record/key-hash.ts';
import type { KeyTable } from './key-table.ts';

/** Keys of so many shards are copied at once: an eighth of all of them, for which others wait. */
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
 * the next; memory is used again and again, as what comes and goes has V8 mark its heap.
 */
export function* keysInOrder(table: KeyTable): Generator<ShardInOrder> {
  const sorter = new PrintSorter();
  const ends = new Uint32Array(SHARDS_AT_ONCE);
  let room = new Int32Array(0);
  for (let first = 0; first < KEY_SHARDS; first += SHARDS_AT_ONCE) {
    let words = 0;
    for (let index = 0; index < SHARDS_AT_ONCE; index++) {
      ends[index] = words;
      words += table.countOf(first + index) * KEY_WORDS;
    }
    if (words > room.length) room = new Int32Array(words + (words >> 3));
    table.copyShards(first, room, ends);
    let start = 0;
    for (const [index, end] of ends.entries()) {
      if (end > start) yield { shard: first + index, ...sorter.sort(room.subarray(start, end)) };
      start = end;
    }
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
