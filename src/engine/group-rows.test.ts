import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupRows } from './group-rows.ts';

/** A row and an id of each of few sets. */
const pair = fc.tuple(fc.nat(2), fc.nat(5), fc.integer({ min: 1, max: 9 }));

describe('a set of pairs', () => {
  it('has each pair once, whoever else takes memory and gives it back', () => {
    fc.assert(
      fc.property(fc.array(fc.array(pair, { maxLength: 40 }), { maxLength: 20 }), (steps) => {
        const rows = new GroupRows([]);
        const sets = [rows.makeSet(), rows.makeSet(), rows.makeSet()];
        const known = sets.map(() => new Set<string>());
        const table = rows.makeTable(2, [0, NaN]);
        steps.forEach((pairs, step) => {
          sets.forEach((set, index) => {
            const own = pairs.filter(([of]) => of === index).map(([, row, id]) => [row, id] as const);
            rows.addPairs(set, Int32Array.from(own.flat()));
            for (const [row, id] of own) known[index]?.add(`${row}/${id}`);
          });
          rows.resize(table, step % 7);
          if (step % 3 === 0) rows.trimSet(sets[step % sets.length] as number);
        });
        sets.forEach((set, index) => {
          const pairs = rows.pairs(set);
          expect(pairs.length).toBe(rows.pairCount(set) * 2);
          const texts = Array.from({ length: pairs.length / 2 }, (_, n) => `${pairs[n * 2]}/${pairs[n * 2 + 1]}`);
          expect(texts.toSorted()).toEqual([...(known[index] ?? [])].toSorted());
        });
      }),
    );
  });

  it('is whole however large it becomes, and memory moves', () => {
    const rows = new GroupRows([]);
    const set = rows.makeSet();
    const pairs = Int32Array.from({ length: 600_000 }, (_, n) => (n % 2 === 0 ? n / 2 : 1 + (n % 1000)));
    for (let from = 0; from < pairs.length; from += 100_000) rows.addPairs(set, pairs.subarray(from, from + 100_000));
    rows.addPairs(set, pairs);
    expect(rows.pairCount(set)).toBe(300_000);
    expect(rows.bytes).toBeLessThan(300_000 * 8 * 4);
    // What a checkpoint has of it, in the order of its slots.
    const another = rows.makeSet();
    rows.addPairs(another, rows.pairs(set));
    expect(rows.pairCount(another)).toBe(300_000);
  });
});
