import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KEY_WORDS } from '../record/columns.ts';
import { keyHash, keyPrint, shardOf } from '../record/key-hash.ts';
import { keysInOrder } from './key-order.ts';
import { KeyTable } from './key-table.ts';

/** A key with what it is sorted by. */
type Placed = readonly [shard: number, print: number, key: string];

const anyKeys = fc.uniqueArray(fc.array(fc.integer(), { minLength: KEY_WORDS, maxLength: KEY_WORDS }), {
  maxLength: 2_000,
  size: 'max',
  selector: String,
});

it('gives all keys of a table by shard, then by print, each with its print', () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      const table = new KeyTable();
      table.load(Int32Array.from(keys.flat()));
      expect(placed(table)).toEqual(expected(keys));
    }),
    { numRuns: 30 },
  );
});

it('gives the keys of shards that get larger and smaller, one behind the other', () => {
  const keys = Array.from({ length: 20_000 }, (_, number) => [number, 0, 0, 7]);
  // Of some shards only one in ten.
  const some = keys.filter((key, number) => shardOf(keyHash(Int32Array.from(key), 0)) % 3 > 0 || number % 10 === 0);
  const table = new KeyTable();
  table.load(Int32Array.from(some.flat()));
  expect(placed(table)).toEqual(expected(some));
});

function placed(table: KeyTable): readonly Placed[] {
  const found: Placed[] = [];
  for (const { shard, keys, prints } of keysInOrder(table)) {
    expect(keys.length).toBe(prints.length * KEY_WORDS);
    prints.forEach((print, place) => {
      found.push([shard, print, String([...keys.subarray(place * KEY_WORDS, (place + 1) * KEY_WORDS)])]);
    });
  }
  return found;
}

/** Of equal prints the one that came first stands first. */
function expected(keys: readonly (readonly number[])[]): readonly Placed[] {
  return keys
    .map((key): Placed => {
      const words = Int32Array.from(key);
      return [shardOf(keyHash(words, 0)), keyPrint(words, 0), String([...words])];
    })
    .toSorted(([shardA, printA], [shardB, printB]) => shardA - shardB || printA - printB);
}
