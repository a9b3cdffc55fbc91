import { expect, it } from 'vitest';
import { requireDaysInOrder } from './options.ts';

it('takes a range of days, or an end of one, and refuses one that ends before it begins', () => {
  for (const range of [{}, { from: '2026-03-02' }, { to: '2026-03-01' }, { from: '2026-03-01', to: '2026-03-01' }]) {
    expect(() => requireDaysInOrder(range)).not.toThrow();
  }
  expect(() => requireDaysInOrder({ from: '2026-03-02', to: '2026-03-01' })).toThrow(
    '--from 2026-03-02 is after --to 2026-03-01.',
  );
});
