import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DaybookError } from '../../base/errors.ts';
import { ByteBudget } from './byte-budget.ts';

const BYTES_MAX = 100;

describe('a budget of bytes', () => {
  it('is never exceeded, and what is refused or given back takes nothing', () => {
    const step = fc.record({ claim: fc.nat(3), bytes: fc.option(fc.nat(BYTES_MAX + 1), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const budget = new ByteBudget(BYTES_MAX);
        const claims = Array.from({ length: 4 }, () => budget.open());
        const held = [0, 0, 0, 0];
        for (const { claim, bytes } of steps) {
          const fits = held.reduce((sum, each) => sum + each, 0) + (bytes ?? 0) <= BYTES_MAX;
          if (bytes === undefined) {
            const kept = Math.floor((held[claim] ?? 0) / 2);
            claims[claim]?.keep(kept);
            held[claim] = kept;
          } else if (fits) {
            claims[claim]?.grow(bytes);
            held[claim] = (held[claim] ?? 0) + bytes;
          } else {
            expect(() => claims[claim]?.grow(bytes)).toThrow(DaybookError);
          }
          expect(budget.takenBytes).toBe(held.reduce((sum, each) => sum + each, 0));
        }
      }),
    );
  });
});
