import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../../daybook.config.ts';
import { avg, count, max, ratio, sum } from '../../definition/measures.ts';
import { defineReport } from '../../definition/report.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import type { Cell, ReportQuery, Row } from '../../ports/rows.ts';
import { Scanner } from '../../record/scanner.ts';
import type { RandomSale } from '../../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../../test/sales/random-sales.ts';
import { queryState } from '../query.ts';
import { EngineState } from '../state.ts';
import { Reader } from './reader.ts';

type Sort = NonNullable<ReportQuery['sort']>;

/** Texts, numbers that may be null, and a measure that is null where there is no profit. */
const places = defineReport(dailyRecords, {
  name: 'places',
  dimensions: ['ts_date', 'latitude', 'longitude', 'category'],
  measures: {
    sales: count(),
    revenue: sum('revenue'),
    profit: sum('profit'),
    dearest: max('price'),
    basket: avg('revenue'),
    of_profit: ratio('revenue', 'profit'),
  },
});
const plan = makePlan({ ...daybook, reports: [...daybook.reports, places] });
const placesPlan = plan.reports.at(-1) as ReportPlan;
const PEOPLE = new Intl.Collator('en', { numeric: true });

function compared(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'string' && typeof b === 'string') return PEOPLE.compare(a, b) || (a < b ? -1 : 1);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts rows by what stands in them, and shares nothing with the engine's order. */
function sorted(report: ReportPlan, rows: readonly Row[], sort: Sort): readonly Row[] {
  const [day, ...rest] = report.dimensions.map(({ name }) => name);
  const keys = [
    ...sort,
    { column: day ?? '', descending: true },
    ...rest.map((column) => ({ column, descending: false })),
  ];
  return rows.toSorted((a, b) => {
    for (const { column, descending } of keys) {
      const order = compared(a[column] ?? null, b[column] ?? null);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

function stateOf(sales: readonly RandomSale[]): EngineState {
  const state = new EngineState(plan);
  const { columns } = new Scanner(plan, state.dictionaries).scan(linesOf(sales), 1);
  state.apply(columns, state.keys.claim(columns).picked);
  return state;
}

const sorts = fc.constantFrom(...plan.reports).chain((report) =>
  fc.record({
    report: fc.constant(report),
    sort: fc.uniqueArray(
      fc.record({ column: fc.constantFrom(...report.columns.map(({ name }) => name)), descending: fc.boolean() }),
      { maxLength: 3, selector: ({ column }) => column },
    ),
  }),
);

it('rows are in the order of what stands in them, null below all', () => {
  fc.assert(
    fc.property(fc.array(randomSale(200), { maxLength: 60 }), sorts, fc.nat(20), (sales, { report, sort }, limit) => {
      const state = stateOf(sales);
      const expected = sorted(report, queryState(state, report.name, {}, 0).rows, sort);
      expect(queryState(state, report.name, { sort }, 0).rows).toEqual(expected);
      const page = new Reader(state, Infinity).rows(report.name, { sort, limit }, 0);
      expect(page.rows).toEqual(expected.slice(0, limit));
    }),
  );
});

/** Rows of a day and a category, whose averages are the same in millionths, or next to each other, and not behind them. */
const thirds = fc.uniqueArray(
  fc.record({
    sale: randomSale(200),
    day: fc.constantFrom('2026-02-01', '2026-02-02', '2026-02-03'),
    category: fc.constantFrom('Furniture', 'Technology'),
    revenues: fc.constantFrom([3.33, 3.33, 3.34], [3.333333], [6.666667, 0], [3.333334]),
  }),
  { selector: ({ day, category }) => day + category },
);

it('rows whose averages are the same as they stand there are in the order of their days', () => {
  fc.assert(
    fc.property(thirds, fc.boolean(), fc.nat(8), (rows, descending, limit) => {
      const sales = rows
        .flatMap(({ sale, day, category, revenues }) =>
          revenues.map((revenue) => ({ ...sale, ts: `${day} 12:00:00`, ts_date: day, category, revenue })),
        )
        .map((sale, index) => ({ ...sale, ts_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` }));
      const state = stateOf(sales);
      const sort = [{ column: 'basket', descending }];
      const expected = sorted(placesPlan, queryState(state, 'places', {}, 0).rows, sort);
      expect(queryState(state, 'places', { sort }, 0).rows).toEqual(expected);
      expect(new Reader(state, Infinity).rows('places', { sort, limit }, 0).rows).toEqual(expected.slice(0, limit));
    }),
  );
});
