import { expect, it } from 'vitest';
import { tileNames } from './tile-names.ts';

it('tiles have names of their own in the address, also where their titles differ in signs alone, or in nothing', () => {
  const named = (...titles: readonly string[]) => tileNames(titles.map((title) => ({ title })));
  expect(named('Products by revenue')).toEqual(['products-by-revenue']);
  expect(named('Revenue €', 'Revenue %', 'Revenue 2', 'Revenue')).toEqual([
    'revenue',
    'revenue-2',
    'revenue-2-2',
    'revenue-3',
  ]);
  expect(named('€', '产品 明细')).toEqual(['tile', '产品-明细']);
});
