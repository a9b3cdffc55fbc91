import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Cell, ReportQuery, Row, TotalsQuery } from '../../ports/rows.ts';
import { Scanner } from '../../record/scanner.ts';
import type { RandomSale } from '../../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../../test/sales/random-sales.ts';
import { queryState } from '../query.ts';
import { EngineState } from '../state.ts';
import { Reader } from './reader.ts';

const plan = makePlan(daybook);
const REPORT = 'daily_category_product';
const MEASURES = ['daily_quantity', 'daily_rev', 'daily_profit'] as const;
const batchesOfSales = fc.array(fc.array(randomSale(60), { maxLength: 30 }), { minLength: 1, maxLength: 5 });
const columns = fc.constantFrom('ts_date', 'category', 'product_name', ...MEASURES);
const days = fc.option(fc.constantFrom('2026-02-01', '2026-02-10', '2026-02-20'), { nil: undefined });
const selections = {
  from: days,
  to: days,
  search: fc.constantFrom('', 'a', 'BINDER', 'no such text'),
  equals: fc.constantFrom(
    {},
    { category: ['Furniture'] },
    { category: ['Furniture', 'nowhere'], ts_date: ['2026-02-14'] },
  ),
};
const queries = fc
  .record({
    ...selections,
    sort: fc.uniqueArray(fc.record({ column: columns, descending: fc.boolean() }), {
      maxLength: 3,
      selector: ({ column }) => column,
    }),
    extentOf: fc.constantFrom(...MEASURES),
    limit: fc.nat(40),
    offset: fc.nat(40),
  })
  .map((query) => defined<ReportQuery>(query));
const totals = fc
  .record({
    ...selections,
    by: fc.subarray(['ts_date', 'category', 'sub_category'] as const, { minLength: 1 }),
    measure: fc.constantFrom(...MEASURES),
    trend: fc.boolean(),
  })
  .map((query) => defined<TotalsQuery>(query));

/** Without members that are undefined: a query leaves them out. */
function defined<T extends object>(query: { readonly [N in keyof T]: T[N] | undefined }): T {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;
}

/** A state that sales come into bit by bit. */
class Growing {
  readonly state = new EngineState(plan);
  readonly #scanner = new Scanner(plan, this.state.dictionaries);

  add(sales: readonly RandomSale[]): void {
    const { columns: scanned } = this.#scanner.scan(linesOf(sales), 1);
    this.state.apply(scanned, this.state.keys.claim(scanned).picked);
  }
}

function microsOf(cell: Cell | undefined): bigint {
  return typeof cell === 'bigint' ? cell : BigInt(cell ?? 0);
}

it('a page that is read again while sales come is what all rows looked at anew give', () => {
  fc.assert(
    fc.property(batchesOfSales, queries, (batches, query) => {
      const growing = new Growing();
      const reader = new Reader(growing.state, Infinity);
      batches.forEach((sales, frame) => {
        growing.add(sales);
        expect(reader.rows(REPORT, query, frame)).toEqual(queryState(growing.state, REPORT, query, frame));
      });
    }),
  );
});

it('totals are the sums of the rows, with a trend that adds up to them', () => {
  fc.assert(
    fc.property(batchesOfSales, totals, (batches, query) => {
      const growing = new Growing();
      const reader = new Reader(growing.state, Infinity);
      batches.forEach((sales, frame) => {
        growing.add(sales);
        const { by, measure, trend: _, ...selection } = query;
        const expected = new Map<string, bigint>();
        for (const row of queryState(growing.state, REPORT, selection, frame).rows) {
          const key = JSON.stringify(by.map((name) => row[name]));
          expected.set(key, (expected.get(key) ?? 0n) + microsOf(row[measure]));
        }
        const page = reader.totals(REPORT, query, frame);
        const keyOf = (row: Row): string => JSON.stringify(by.map((name) => row[name]));
        expect(new Map(page.rows.map((row) => [keyOf(row), microsOf(row[measure])]))).toEqual(expected);
        expect(page.total).toBe(expected.size);
        page.trends.forEach((trend, index) => {
          const sum = trend.reduce<bigint>((all, cell) => all + microsOf(cell), 0n);
          expect(sum).toBe(microsOf(page.rows[index]?.[measure]));
        });
        if (page.extent !== undefined) {
          const values = [...expected.values()].map(Number);
          const units = measure === 'daily_quantity' ? 1 : 1e6;
          expect(page.extent).toEqual({ min: Math.min(...values) / units, max: Math.max(...values) / units });
        }
      });
    }),
  );
});

it('totals since a frame, put on those of that frame, are the present ones', () => {
  fc.assert(
    fc.property(batchesOfSales, totals, (batches, query) => {
      const growing = new Growing();
      const reader = new Reader(growing.state, Infinity);
      const known = new Map<string, Row>();
      batches.forEach((sales, index) => {
        growing.add(sales);
        const since = index === 0 ? {} : { since: index };
        const page = reader.totals(REPORT, { ...query, trend: false, ...since }, index + 1);
        expect(page.isWhole).toBe(index === 0);
        const keyOf = (row: Row): string => JSON.stringify(query.by.map((name) => row[name]));
        for (const row of page.rows) known.set(keyOf(row), row);
        const all = reader.totals(REPORT, { ...query, trend: false }, index + 1).rows;
        expect(known).toEqual(new Map(all.map((row) => [keyOf(row), row])));
      });
    }),
  );
});

it('what is alike in several questions is remembered once', () => {
  const growing = new Growing();
  growing.add(fc.sample(randomSale(1_000), { numRuns: 500, seed: 5 }));
  const reader = new Reader(growing.state, Infinity);
  const sort = [{ column: 'daily_rev', descending: true }];
  const ask = (search: string, measure: string): void => {
    reader.rows(REPORT, { search, sort, limit: 10 }, 0);
    reader.totals(REPORT, { search, by: ['category', 'product_name'], measure }, 0);
  };
  ask('a', 'daily_rev');
  const { bytes } = reader;
  for (const search of [' a', 'A', 'a  ']) ask(search, 'daily_rev');
  expect(reader.bytes).toBe(bytes);
  ask('a', 'daily_profit');
  expect(reader.bytes - bytes).toBeLessThan(bytes / 4);
});

it('remembers no more than it may, and answers all the same', () => {
  const growing = new Growing();
  growing.add(fc.sample(randomSale(1_000), { numRuns: 500, seed: 6 }));
  const one = new Reader(growing.state, Infinity);
  one.rows(REPORT, { search: 'a' }, 0);
  one.totals(REPORT, { search: 'a', by: ['ts_date', 'category'], measure: 'daily_rev' }, 0);
  const bytesMax = one.bytes * 3;
  const reader = new Reader(growing.state, bytesMax);
  for (const search of ['a', 'b', 'c', 'e', 'i', 'n', 'o', 'r', 's', 't', 'a']) {
    expect(reader.rows(REPORT, { search }, 0)).toEqual(queryState(growing.state, REPORT, { search }, 0));
    expect(reader.bytes).toBeLessThan(bytesMax);
    const { rows } = reader.totals(REPORT, { search, by: ['ts_date', 'category'], measure: 'daily_rev' }, 0);
    expect(rows.length).toBeGreaterThan(0);
    expect(reader.bytes).toBeLessThan(bytesMax);
  }
  // Of these about a third can be remembered.
  expect(reader.bytes).toBeGreaterThan(bytesMax / 2);
});

it('refuses what cannot be read, and says what could be', () => {
  const reader = new Reader(new EngineState(plan), Infinity);
  const by = ['category'];
  expect(() => reader.rows('nothing', {}, 0)).toThrow(/There is no report 'nothing'; there are daily_pu_rev/);
  expect(() => reader.rows(REPORT, { sort: [{ column: 'x', descending: true }] }, 0)).toThrow(/'x' is no column/);
  expect(() => reader.rows(REPORT, { extentOf: 'category' }, 0)).toThrow(/'category' is no measure/);
  expect(() => reader.rows(REPORT, { equals: { price: ['1'] } }, 0)).toThrow(/'price' is no dimension/);
  expect(() => reader.rows(REPORT, { equals: { ts_date: ['1'] } }, 0)).toThrow(/a day that exists/);
  for (const latitude of ['Infinity', '1e999', '0x25', 'NaN', ' ', '']) {
    const read = (): unknown => reader.rows('daily_address', { equals: { latitude: [latitude] } }, 0).rows;
    if (latitude === '') expect(read()).toEqual([]);
    else expect(read, latitude).toThrow(/it must be a number/);
  }
  expect(() => reader.totals(REPORT, { by, measure: 'price' }, 0)).toThrow(/can be summed up; it has daily_quantity/);
  expect(() => reader.totals(REPORT, { by: ['x'], measure: 'daily_rev' }, 0)).toThrow(/'x' is no dimension/);
  expect(() => reader.totals(REPORT, { by: ['category', ...by], measure: 'daily_rev' }, 0)).toThrow(
    /'category' is named twice/,
  );
});
