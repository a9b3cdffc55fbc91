import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHash } from './key-hash.ts';
import { KeyTable } from './key-table.ts';
import { PairSet } from './pair-set.ts';

/** Keys out of few values, so that repeats are common. */
const key = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 2 })));

function add(table: KeyTable, words: readonly number[]): boolean {
  const key_ = Int32Array.from(words);
  return table.add(key_, 0, keyHash(key_, 0));
}

describe('a key table', () => {
  it('knows exactly the keys that were added and not taken back, saved or not', () => {
    const step = fc.oneof(
      fc.record({ add: key }),
      fc.record({ truncate: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.constant({ save: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let table = new KeyTable();
        let known: string[] = [];
        for (const each of steps) {
          if ('add' in each) {
            const text = each.add.join();
            expect(add(table, each.add)).toBe(!known.includes(text));
            if (!known.includes(text)) known.push(text);
          } else if ('truncate' in each) {
            known = known.slice(0, Math.floor(known.length * each.truncate));
            table.truncate(known.length);
          } else {
            table = KeyTable.load(table.save());
          }
          expect(table.size).toBe(known.length);
        }
      }),
    );
  });

  it('takes back what was added last, also when its shards grew meanwhile', () => {
    const table = new KeyTable();
    const keyOf = (number: number): readonly number[] => [number, 0, number * 7, 1];
    for (let number = 0; number < 40_000; number++) expect(add(table, keyOf(number))).toBe(true);
    const saved = table.save();
    for (let number = 40_000; number < 100_000; number++) add(table, keyOf(number));
    table.truncate(40_000);
    for (let number = 0; number < 100_000; number += 101) expect(add(table, keyOf(number))).toBe(number >= 40_000);
    expect(KeyTable.load(saved).size).toBe(40_000);
    expect(saved.reduce((sum, keys) => sum + keys.length, 0)).toBe(40_000 * 4);
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
          set = PairSet.load(saved);
        }
      }),
    );
  });
});
