import { expect, it } from 'vitest';
import { tableChoices } from './table-choices.ts';

const DEFAULTS = {
  columns: { days: ['day', 'name', 'revenue'], totals: ['name', 'revenue'] },
  dateColumn: 'day',
  measure: 'revenue',
};

it('what an address holds and no reader can have chosen is as if it were not there', () => {
  const of = (address: string) => tableChoices(new URLSearchParams(address), 'sales', DEFAULTS);
  expect(of('')).toEqual({
    search: '',
    sort: { column: 'day', descending: true },
    page: 0,
    size: 10,
    rows: 'days',
  });
  expect(of('sales.sort=colour&sales.page=-1&sales.size=7&sales.rows=years')).toEqual(of(''));
  expect(of('sales.sort=-name&sales.page=3&sales.size=25')).toMatchObject({
    sort: { column: 'name', descending: true },
    page: 2,
    size: 25,
  });
  expect(of('sales.rows=totals&sales.sort=day').sort).toEqual({ column: 'revenue', descending: true });
});
