import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable } from './key-table.ts';
import { PairSet } from './pair-set.ts';

/** Keys out of few values, so that repeats and collisions are common. */
const key = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 2 })));

describe('a key table', () => {
  it('knows exactly the keys that were added and not taken back, saved or not', () => {
    const step = fc.oneof(
      fc.record({ add: key }),
      fc.record({ truncate: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.constant({ save: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let table = new KeyTable(1);
        let known: string[] = [];
        for (const each of steps) {
          if ('add' in each) {
            const text = each.add.join();
            expect(table.add(Int32Array.from(each.add), 0)).toBe(!known.includes(text));
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
});

describe('a set of pairs', () => {
  it('takes each pair once, saved or not', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }))), (pairs) => {
        let set = new PairSet(1);
        const known = new Set<string>();
        for (const [row, id] of pairs) {
          expect(set.add(row, id)).toBe(!known.has(`${row}/${id}`));
          known.add(`${row}/${id}`);
          set = PairSet.load(set.save());
        }
      }),
    );
  });
});
