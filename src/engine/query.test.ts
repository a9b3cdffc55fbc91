import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { avg, count, countDistinct, max, min, ratio, sum } from '../definition/measures.ts';
import { defineReport } from '../definition/report.ts';
import { microsText } from '../base/decimal.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Cell, Row } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { Scanner } from '../record/scanner.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { throughAFile } from '../../test/disk/through-a-file.ts';
import { readSale, reportsOf } from '../../test/oracle/furniture-store.ts';
import { rowTexts } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import { queryState } from './query.ts';
import { SectionReader } from './sections.ts';
import { EngineState } from './state.ts';

const everyMeasure = defineReport(dailyRecords, {
  name: 'every_measure',
  dimensions: ['ts_date', 'quantity', 'discount'],
  measures: {
    sales: count(),
    revenue_sum: sum('revenue'),
    basket: avg('revenue'),
    pieces: avg('quantity'),
    cheapest: min('price'),
    most: max('quantity'),
    customers: countDistinct('customer_id'),
    places: countDistinct('latitude'),
    per_customer: ratio('revenue_sum', 'customers'),
  },
  where: {
    segment: 'Consumer',
    quantity: { above: 2, atMost: 15 },
    discount: { not: [1, 0.15] },
    latitude: { not: null },
  },
});
const plan = makePlan({ ...daybook, reports: [...daybook.reports, everyMeasure] });

function claimAndApply(state: EngineState, columns: RecordColumns): void {
  const { picked } = state.keys.claim(columns);
  state.keys.keep(picked.length);
  state.apply(columns, picked);
}

function stateOf(batches: readonly (readonly RandomSale[])[]): EngineState {
  const state = new EngineState(plan);
  const scanner = new Scanner(plan, state.dictionaries);
  for (const sales of batches) {
    const { columns, refused } = scanner.scan(linesOf(sales), 1);
    expect(refused).toEqual([]);
    claimAndApply(state, columns);
  }
  return state;
}

function cellText(cell: Cell | undefined): string {
  return typeof cell === 'bigint' ? microsText(cell) : String(cell);
}

const batchesOfSales = fc.array(fc.array(randomSale(60), { maxLength: 30 }), { maxLength: 6 });

describe('the reports', () => {
  it('equal the oracle’s to the last digit, whatever comes, repeats and batches', () => {
    fc.assert(
      fc.property(batchesOfSales, (batches) => {
        const state = stateOf(batches);
        const expected = reportsOf(batches.flat().map((sale) => readSale(JSON.stringify(sale))));
        for (const { name } of daybook.reports) {
          expect(rowTexts(queryState(state, name, {}, 0).rows)).toEqual(expected[name]);
        }
      }),
    );
  });

  it('come back from a checkpoint as they were, and go on from there', async () => {
    await fc.assert(
      fc.asyncProperty(batchesOfSales, batchesOfSales, async (before, after) => {
        const { facts, arrays } = await throughAFile(stateOf(before).save());
        const state = await EngineState.load(plan, facts, new SectionReader(arrays), new FaultyDisk());
        const scanner = new Scanner(plan, state.dictionaries);
        for (const sales of after) {
          const { columns } = scanner.scan(linesOf(sales), 1);
          claimAndApply(state, columns);
        }
        const straight = stateOf([...before, ...after]);
        for (const { name } of plan.reports) {
          expect(rowTexts(queryState(state, name, {}, 0).rows)).toEqual(
            rowTexts(queryState(straight, name, {}, 0).rows),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('come back as they were when a checkpoint was begun, whatever comes before it is written', async () => {
    await fc.assert(
      fc.asyncProperty(batchesOfSales, batchesOfSales, randomSale(10), async (before, after, sale) => {
        // So many new rows that none stays where it was in memory.
        const many = Array.from({ length: 20_000 }, (_, n) => ({
          ...sale,
          ts_id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
          product_name: `Product ${n % 7_000}`,
          customer_id: `C-${n % 9_000}`,
        }));
        const state = stateOf(before);
        const rows = plan.reports.map(({ name }) => rowTexts(queryState(state, name, {}, 0).rows));
        const saved = state.save();
        const scanner = new Scanner(plan, state.dictionaries);
        for (const sales of [...after, many]) claimAndApply(state, scanner.scan(linesOf(sales), 1).columns);
        const { facts, arrays } = await throughAFile(saved);
        state.release();
        const found = await EngineState.load(plan, facts, new SectionReader(arrays), new FaultyDisk());
        expect(plan.reports.map(({ name }) => rowTexts(queryState(found, name, {}, 0).rows))).toEqual(rows);
      }),
      { numRuns: 5 },
    );
  });

  it('are refused more records when their rows leave no room, before one is taken', () => {
    const state = stateOf([]);
    state.requireRoom();
    expect(() => state.requireRoom(-1)).toThrow(/^The rows of the reports take 0 MB, and .* none is lost/);
  });

  it('compute every measure as a plain recount does', () => {
    fc.assert(
      fc.property(batchesOfSales, (batches) => {
        const first = new Map(
          batches
            .flat()
            .toReversed()
            .map((sale) => [sale.ts_id, sale]),
        );
        const groups = new Map<string, RandomSale[]>();
        for (const sale of first.values()) {
          const passes =
            sale.segment === 'Consumer' &&
            sale.quantity > 2 &&
            sale.quantity <= 15 &&
            !['1', '0.15'].includes(sale.discount) &&
            sale.latitude !== null;
          if (!passes) continue;
          const key = [sale.ts_date, sale.quantity, sale.discount].join('/');
          groups.set(key, [...(groups.get(key) ?? []), sale]);
        }
        const rows = queryState(stateOf(batches), 'every_measure', {}, 0).rows;
        expect(rows.length).toBe(groups.size);
        for (const row of rows) {
          const sales = groups.get([row['ts_date'], row['quantity'], cellText(row['discount'])].join('/')) ?? [];
          const revenue = sales.reduce((total, sale) => total + exact(sale.revenue), 0n);
          const customers = new Set(sales.map((sale) => sale.customer_id)).size;
          expect(row).toMatchObject({
            sales: sales.length,
            revenue_sum: revenue,
            basket: nearestEven(revenue, BigInt(sales.length)),
            most: Math.max(...sales.map((sale) => sale.quantity)),
            pieces: BigInt(sales[0]?.quantity ?? 0) * 1_000_000n,
            cheapest: sales.map((sale) => exact(sale.price)).reduce((a, b) => (a < b ? a : b)),
            customers,
            places: new Set(sales.map((sale) => (sale.latitude ?? 0) + 0)).size,
            per_customer: nearestEven(revenue, BigInt(customers)),
          });
        }
      }),
    );
  });
});

/** Millionths of a float’s own digits, rounded half-even, by way of the oracle’s text arithmetic. */
function exact(value: number): bigint {
  const sale = readSale(
    JSON.stringify({ ts_id: 'x', ts: '2026-01-01', revenue: value, profit: 0, quantity: 0, latitude: 0, longitude: 0 }),
  );
  const text = reportsOf([sale])['daily_pu_rev']?.[0]?.['daily_rev'] ?? '0';
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function nearestEven(dividend: bigint, divisor: bigint): bigint {
  const below = dividend / divisor;
  const twice = (dividend - below * divisor) * 2n;
  return twice > divisor || (twice === divisor && below % 2n === 1n) ? below + 1n : below;
}

describe('a query', () => {
  it('filters, searches, sorts and pages like plain arrays', () => {
    const sortKeys = fc.array(
      fc.record({
        column: fc.constantFrom('ts_date', 'daily_rev', 'daily_quantity', 'category'),
        descending: fc.boolean(),
      }),
      { maxLength: 2 },
    );
    fc.assert(
      fc.property(
        batchesOfSales,
        sortKeys,
        fc.nat(30),
        fc.nat(10),
        fc.constantFrom('', 'binder', 'CAFÉ', 'fur'),
        (batches, sort, offset, limit, search) => {
          const state = stateOf(batches);
          const all = queryState(state, 'daily_category_product', {}, 0).rows;
          const wanted = all
            .filter((row) => String(row['ts_date']) >= '2026-02-05' && String(row['ts_date']) <= '2026-02-20')
            .filter((row) => row['category'] === 'Furniture' || row['category'] === 'Technology')
            .filter((row) =>
              [row['category'], row['sub_category'], row['product_name']].some((cell) =>
                String(cell).toLowerCase().includes(search.toLowerCase()),
              ),
            );
          const value = (row: Row, column: string): string | bigint => {
            const cell = row[column] ?? null;
            return typeof cell === 'number' ? BigInt(cell) : (cell as string | bigint);
          };
          wanted.sort((a, b) => {
            for (const { column, descending } of sort) {
              const [x, y] = [value(a, column), value(b, column)];
              if (x !== y) return (x < y ? -1 : 1) * (descending ? -1 : 1);
            }
            return 0;
          });
          const page = queryState(
            state,
            'daily_category_product',
            {
              from: '2026-02-05',
              to: '2026-02-20',
              equals: { category: ['Furniture', 'Technology'] },
              search,
              sort,
              offset,
              limit,
            },
            7,
          );
          expect(page.frame).toBe(7);
          expect(page.total).toBe(wanted.length);
          // The first rows in the wanted order; rows that tie in all keys may be any of their kind, so keys are compared.
          const keysOf = (row: Row): readonly unknown[] => sort.map(({ column }) => row[column]);
          expect(page.rows.map(keysOf)).toEqual(wanted.slice(offset, offset + limit).map(keysOf));
          const whole = queryState(
            state,
            'daily_category_product',
            { from: '2026-02-05', to: '2026-02-20', equals: { category: ['Furniture', 'Technology'] }, search, sort },
            7,
          );
          expect(page.rows).toEqual(whole.rows.slice(offset, offset + limit));
        },
      ),
    );
  });

  it('puts the newest day first when it is not told otherwise', () => {
    fc.assert(
      fc.property(batchesOfSales, (batches) => {
        const dates = queryState(stateOf(batches), 'daily_address', {}, 0).rows.map((row) => String(row['ts_date']));
        expect(dates).toEqual([...dates].sort().toReversed());
      }),
    );
  });

  it('finds places by their coordinates, and unknown places by nothing', () => {
    const [sale] = fc.sample(randomSale(1), 1) as [RandomSale];
    const state = stateOf([[{ ...sale, latitude: 34.0522342, longitude: null }]]);
    const found = (equals: Record<string, string[]>): number => queryState(state, 'daily_address', { equals }, 0).total;
    expect(found({ latitude: ['34.0522342'], longitude: [''] })).toBe(1);
    expect(found({ latitude: ['34.0522343'] })).toBe(0);
  });

  it('says what is wrong with a name, a day or a number', () => {
    const state = stateOf([]);
    expect(() => queryState(state, 'sales', {}, 0)).toThrow("no report 'sales'; there are daily_pu_rev");
    expect(() => queryState(state, 'daily_address', { from: '2026-02-30' }, 0)).toThrow("'from' is '2026-02-30'");
    expect(() => queryState(state, 'daily_address', { equals: { city: ['x'] } }, 0)).toThrow("'city' is no dimension");
    expect(() => queryState(state, 'daily_address', { equals: { latitude: ['north'] } }, 0)).toThrow(
      "'latitude' is 'north'",
    );
    expect(() => queryState(state, 'daily_address', { sort: [{ column: 'x', descending: true }] }, 0)).toThrow(
      "'x' is no column",
    );
    expect(() => queryState(state, 'daily_address', { limit: -1 }, 0)).toThrow("'limit' is -1");
  });
});
