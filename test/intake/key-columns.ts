import type { RecordColumns } from '../../src/record/columns.ts';
import { KEY_WORDS } from '../../src/record/columns.ts';
import { keyHash, keyPrint, shardOf } from '../../src/record/key-hash.ts';

export type KeyWords = readonly [number, number, number, number];

/** A key for each number. */
export function keyOf(number: number): KeyWords {
  return [number, 0, number * 31, 5];
}

/** Columns of records that have nothing but a key. */
export function keyColumns(keysOfRecords: readonly KeyWords[]): RecordColumns {
  const count = keysOfRecords.length;
  const keys = Int32Array.from(keysOfRecords.flat());
  const none = new Int32Array(count);
  const bytes = new Uint8Array();
  const hashes = Int32Array.from({ length: count }, (_, record) => keyHash(keys, record * KEY_WORDS));
  const places = { bytes, starts: none, ends: none, isPlain: true, lines: none };
  return { count, ...places, keys, hashes, days: none, ids: [], values: [] };
}

/** Another key with the same shard and print, so that it has to be looked up once that one has left memory. */
export function keyThatLooksLike(key: KeyWords): KeyWords {
  const shardAndPrint = (words: KeyWords): string => {
    const array = Int32Array.from(words);
    return `${shardOf(keyHash(array, 0))}/${keyPrint(array, 0)}`;
  };
  for (let first = 1; ; first++) {
    const other: KeyWords = [first, 1, 2, lastWordFor(key, [first, 1, 2])];
    if (shardAndPrint(other) === shardAndPrint(key)) return other;
  }
}

const PRINT_SEED = 0x5bd1e995;
const MULTIPLIER_1 = 0xcc9e2d51;
const MULTIPLIER_2 = 0x1b873593;

/**
 * The last word that gives a key with other words before it the same print. Each step of MurmurHash3 can be gone
 * backwards: multiplied by the inverse modulo 2^32, turned the other way.
 */
function lastWordFor(key: KeyWords, before: readonly [number, number, number]): number {
  const target = key.reduce(mixed, PRINT_SEED);
  const start = before.reduce(mixed, PRINT_SEED);
  const mix = turned(Math.imul(target - 0xe6546b64, inverse(5)), 32 - 13) ^ start;
  return Math.imul(turned(Math.imul(mix, inverse(MULTIPLIER_2)), 32 - 15), inverse(MULTIPLIER_1));
}

function mixed(hash: number, word: number): number {
  const mix = hash ^ Math.imul(turned(Math.imul(word, MULTIPLIER_1), 15), MULTIPLIER_2);
  return (Math.imul(turned(mix, 13), 5) + 0xe6546b64) | 0;
}

function turned(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Modulo 2^32, of an odd number, by Newton's method: each step doubles the bits that are right. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}
