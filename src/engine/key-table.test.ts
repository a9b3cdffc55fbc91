import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_WORDS } from '../record/columns.ts';
import { KEY_SHARDS, keyHash, shardOf } from '../record/key-hash.ts';
import type { Keys } from './key-table.ts';
import { KeyTable } from './key-table.ts';

/** Keys out of few values, so that repeats are common. */
const key = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 2 })));

function claim(table: KeyTable, keys: readonly (readonly number[])[], leftOut?: Uint8Array): readonly number[] {
  const words = Int32Array.from(keys.flat());
  const hashes = Int32Array.from(keys, (_, record) => keyHash(words, record * KEY_WORDS));
  return [...table.claim(words, hashes, keys.length, leftOut)];
}

function add(table: KeyTable, words: readonly number[]): boolean {
  return claim(table, [words]).length === 1;
}

function knownOf(table: KeyTable, keys: readonly (readonly number[])[]): readonly number[] {
  const words = Int32Array.from(keys.flat());
  const hashes = Int32Array.from(keys, (_, record) => keyHash(words, record * KEY_WORDS));
  return [...table.known(words, hashes, keys.length)];
}

function has(table: KeyTable, words: readonly number[]): boolean {
  const asked = Int32Array.from(words);
  return table.has(asked, 0, keyHash(asked, 0));
}

function reload(table: KeyTable): KeyTable {
  const other = new KeyTable();
  for (const keys of table.keptKeys()) other.load(keys);
  return other;
}

function wordsOf(keys: Keys): readonly number[] {
  return keys.flatMap((piece) => [...piece]);
}

describe('a key table', () => {
  it('knows exactly the keys that were added, and not taken back or split off, saved or not', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: fc.array(fc.tuple(key, fc.boolean()), { maxLength: 20 }) }) },
      fc.record({ keep: share }),
      fc.constant({ split: true }),
      fc.constant({ undo: true }),
      fc.constant({ save: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let table = new KeyTable();
        const kept: string[] = [];
        const undoable: string[] = [];
        for (const each of steps) {
          if ('add' in each) {
            const keys = each.add.map(([words]) => words);
            const known = new Set([...kept, ...undoable]);
            expect(knownOf(table, keys)).toEqual(keys.map((words) => (known.has(words.join()) ? 1 : 0)));
            const expected = each.add.flatMap(([words, isLeftOut], record) => {
              if (isLeftOut || known.has(words.join())) return [];
              known.add(words.join());
              undoable.push(words.join());
              return [record];
            });
            const leftOut = Uint8Array.from(each.add, ([, isLeftOut]) => (isLeftOut ? 1 : 0));
            expect(claim(table, keys, leftOut)).toEqual(expected);
          } else if ('keep' in each) {
            const count = Math.round(each.keep * undoable.length);
            table.keep(count);
            kept.push(...undoable.splice(0, count));
          } else if ('split' in each) {
            const other = table.splitUndoable();
            expect(other.undoable).toBe(undoable.length);
            // The kept ones are as they were, and the others are all there is now.
            expect(wordsOf(table.keptKeys()).join()).toBe(kept.join());
            expect([table.size, table.undoable]).toEqual([kept.length, 0]);
            table = other;
            kept.length = 0;
          } else if ('undo' in each) {
            table.undo();
            undoable.length = 0;
          } else {
            table = reload(table);
            undoable.length = 0;
          }
          expect([table.size, table.undoable]).toEqual([kept.length + undoable.length, undoable.length]);
          expect(wordsOf(table.keptKeys()).join()).toBe(kept.join());
        }
      }),
    );
  });

  it('takes back what was added last, also when its shards grew meanwhile', () => {
    const table = new KeyTable();
    const keyOf = (number: number): readonly number[] => [number, 0, number * 7, 1];
    const keysUpTo = (from: number, to: number): (readonly number[])[] =>
      Array.from({ length: to - from }, (_, i) => keyOf(from + i));
    expect(claim(table, keysUpTo(0, 40_000))).toHaveLength(40_000);
    table.keep(40_000);
    const saved = table.keptKeys();
    const words = wordsOf(saved);
    for (let number = 40_000; number < 100_000; number += 777) {
      claim(table, keysUpTo(number, Math.min(number + 777, 100_000)));
    }
    expect(table.size).toBe(100_000);
    table.undo();
    expect(table.size).toBe(40_000);
    expect(wordsOf(reload(table).keptKeys())).toEqual(words);
    for (let number = 0; number < 100_000; number += 101) {
      expect(has(table, keyOf(number))).toBe(number < 40_000);
      expect(add(table, keyOf(number))).toBe(number >= 40_000);
    }
    expect(wordsOf(saved)).toEqual(words);
    expect(table.bytes).toBeLessThan(100_000 * 40);
  });

  it('goes on behind keys that were loaded in parts of any length, and leaves those as they were', () => {
    const keyOf = (number: number): readonly number[] => [number, 5, number * 3, 2];
    const part = fc.integer({ min: 0, max: 9000 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), part, fc.boolean(), (loaded, added, isSplit) => {
        const table = new KeyTable();
        let size = 0;
        const parts = loaded.map((count) => {
          const from = size;
          size += count;
          return Int32Array.from(Array.from({ length: count }, (_, i) => keyOf(from + i)).flat());
        });
        for (const words of parts) table.load(words);
        const copies = parts.map((words) => words.slice());
        const comers = Array.from({ length: added }, (_, i) => keyOf(size - 3000 + i));
        const isNew = (number: number): boolean => number >= size || number < 0;
        const picked = comers.flatMap((_, record) => (isNew(size - 3000 + record) ? [record] : []));
        expect(claim(table, comers)).toEqual(picked);
        if (isSplit)
          expect(claim(table.splitUndoable(), comers.slice(0, 5))).toEqual(
            comers.slice(0, 5).flatMap((_, i) => (picked.includes(i) ? [] : [i])),
          );
        else table.undo();
        expect(table.size).toBe(size);
        expect(knownOf(table, comers)).toEqual(comers.map((_, record) => (isNew(size - 3000 + record) ? 0 : 1)));
        expect(parts).toEqual(copies);
        expect(wordsOf(table.keptKeys())).toEqual(copies.flatMap((words) => [...words]));
      }),
      { numRuns: 20 },
    );
  });

  it('tells keys apart that have one hash', () => {
    const table = new KeyTable();
    const twins = hashTwins();
    for (const [one, other] of twins)
      expect([add(table, one), add(table, other), add(table, one)]).toEqual([true, true, false]);
    table.keep(twins.length);
    table.undo();
    expect(table.size).toBe(twins.length);
    const kept = twins.flat().slice(0, twins.length);
    expect(twins.flat().map((each) => has(table, each))).toEqual(twins.flat().map((each) => kept.includes(each)));
  });

  it('copies the keys of each shard once, in the order of their coming, however they came', () => {
    const table = new KeyTable();
    const keys = Array.from({ length: 12_000 }, (_, number) => [number, 1, 2, 3]);
    table.load(Int32Array.from(keys.slice(0, 5_000).flat()));
    claim(table, keys.slice(4_000, 8_000));
    table.keep(1_000);
    table.undo();
    claim(table, keys.slice(6_000, 10_000));
    table.keep(2_500);
    const other = table.splitUndoable();
    claim(other, keys.slice(9_000));
    expect(copied(table)).toEqual(numbersByShard(keys.slice(0, 8_500)));
    expect(copied(other)).toEqual(numbersByShard(keys.slice(8_500)));
  });
});

/** The first words of a table's keys, by shard, copied in parts. */
function copied(table: KeyTable): readonly (readonly number[])[] {
  return Array.from({ length: KEY_SHARDS / 2 }, (_, pair) => pair * 2).flatMap((shard) => {
    const middle = table.countOf(shard) * KEY_WORDS;
    const end = middle + table.countOf(shard + 1) * KEY_WORDS;
    const [copies, places] = [new Int32Array(end), Uint32Array.of(0, middle)];
    for (let piece = 0; piece < table.pieceCount; piece++) table.copyShards([piece, piece + 1], shard, copies, places);
    expect([...places]).toEqual([middle, end]);
    expect([...copies].filter((_, word) => word % KEY_WORDS === 3).every((word) => word === 3)).toBe(true);
    return [copies.subarray(0, middle), copies.subarray(middle)].map((ofShard) =>
      [...ofShard].filter((_, word) => word % KEY_WORDS === 0),
    );
  });
}

function numbersByShard(keys: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const byShard = Array.from({ length: KEY_SHARDS }, (): number[] => []);
  for (const key of keys) byShard[shardOf(keyHash(Int32Array.from(key), 0))]?.push(key[0] ?? 0);
  return byShard;
}

/** Pairs of keys of one hash. Among so many there are some, as there are people who have one birthday. */
function hashTwins(): readonly (readonly [readonly number[], readonly number[]])[] {
  // One word alone would give each key a hash of its own.
  const keyOf = (number: number): readonly number[] => [number, Math.imul(number, 0x9e3779b1), 0, 9];
  const byHash = new Map<number, number>();
  const twins: (readonly [readonly number[], readonly number[]])[] = [];
  for (let number = 0; twins.length < 5; number++) {
    const hash = keyHash(Int32Array.from(keyOf(number)), 0);
    const other = byHash.get(hash);
    if (other !== undefined) twins.push([keyOf(other), keyOf(number)]);
    byHash.set(hash, number);
  }
  return twins;
}
