import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHash } from '../record/key-hash.ts';
import { byShard, KeyTable } from './key-table.ts';
import { PairSet } from './pair-set.ts';

/** Keys out of few values, so that repeats are common. */
const key = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 2 })));

function add(table: KeyTable, words: readonly number[]): boolean {
  const key_ = Int32Array.from(words);
  const isNew = new Uint8Array(1);
  table.addAll(key_, Int32Array.of(keyHash(key_, 0)), Int32Array.of(0), isNew);
  return isNew[0] === 1;
}

function reload(table: KeyTable): KeyTable {
  const other = new KeyTable();
  table.keptKeys().forEach((pieces, shard) => {
    for (const keys of pieces) other.load(shard, keys);
  });
  return other;
}

describe('a key table', () => {
  it('knows exactly the keys that were added and not taken back, saved or not', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: key }) },
      fc.record({ keep: share }),
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
            const isNew = ![...kept, ...undoable].includes(each.add.join());
            expect(add(table, each.add)).toBe(isNew);
            if (isNew) undoable.push(each.add.join());
          } else if ('keep' in each) {
            const count = Math.round(each.keep * undoable.length);
            table.keep(count);
            kept.push(...undoable.splice(0, count));
          } else if ('undo' in each) {
            table.undo();
            undoable.length = 0;
          } else {
            table = reload(table);
            undoable.length = 0;
          }
          expect([table.size, table.undoable]).toEqual([kept.length + undoable.length, undoable.length]);
        }
      }),
    );
  });

  it('takes back what was added last, also when its shards grew meanwhile', () => {
    const table = new KeyTable();
    const keyOf = (number: number): readonly number[] => [number, 0, number * 7, 1];
    for (let number = 0; number < 40_000; number++) expect(add(table, keyOf(number))).toBe(true);
    table.keep(40_000);
    const saved = table.keptKeys();
    const copies = saved.map((pieces) => pieces.map((keys) => keys.slice()));
    for (let number = 40_000; number < 100_000; number++) add(table, keyOf(number));
    table.undo();
    expect(table.size).toBe(40_000);
    expect(reload(table).keptKeys()).toEqual(copies);
    for (let number = 0; number < 100_000; number += 101) expect(add(table, keyOf(number))).toBe(number >= 40_000);
    expect(saved).toEqual(copies);
    expect(table.bytes).toBeLessThan(100_000 * 40);
  });
});

describe('records by shard', () => {
  it('are added like the same ones in their order', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
        const words = Int32Array.from(keys.flat());
        const hashes = Int32Array.from(keys, (_, record) => keyHash(words, record * 4));
        const records = Int32Array.from(keys, (_, record) => record);
        const [one, other] = [new KeyTable(), new KeyTable()];
        const [isNew, isNewOfOther] = [new Uint8Array(keys.length), new Uint8Array(keys.length)];
        one.addAll(words, hashes, records, isNew);
        other.addAll(words, hashes, byShard(hashes, records), isNewOfOther);
        expect(isNewOfOther).toEqual(isNew);
        expect([other.size, other.undoable]).toEqual([one.size, one.undoable]);
        other.keep(other.undoable);
        one.keep(one.undoable);
        expect(other.keptKeys()).toEqual(one.keptKeys());
      }),
    );
  });
});

describe('a set of pairs', () => {
  it('takes each pair once, saved or not', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }))), (pairs) => {
        let set = new PairSet();
        const known = new Set<string>();
        for (const [row, id] of pairs) {
          expect(set.add(row, id)).toBe(!known.has(`${row}/${id}`));
          known.add(`${row}/${id}`);
          const saved = set.save();
          const before = saved.slice();
          set.detach();
          set.add(0, 1_000_000 + known.size);
          expect(saved).toEqual(before);
          set = new PairSet();
          set.load(saved);
        }
      }),
    );
  });
});
