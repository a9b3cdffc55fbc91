import fc from 'fast-check';
import { expect, it } from 'vitest';
import { microsText } from '../base/decimal.ts';
import {
  avg,
  count,
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  ratio,
  sum,
  text,
  timestamp,
  uuid,
} from '../daybook.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Row } from '../ports/rows.ts';
import { Scanner } from '../record/scanner.ts';
import { rowPrinter } from '../server/row-text.ts';
import { queryState } from './query.ts';
import { Reader } from './reading/reader.ts';
import { EngineState } from './state.ts';

const sales = defineStream({
  name: 'sales',
  timeZone: 'UTC',
  currency: 'EUR',
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  fields: { id: uuid(), at: timestamp(), day: date(), shop: text(), pieces: integer(), amount: decimal() },
});
const plan = makePlan(
  defineDaybook({
    stream: sales,
    reports: [
      defineReport(sales, {
        name: 'shops',
        dimensions: ['day', 'shop'],
        measures: {
          records: count(),
          pieces: sum('pieces'),
          amount: sum('amount'),
          pieces_each: avg('pieces'),
          amount_each: avg('amount'),
          pieces_per_amount: ratio('pieces', 'amount'),
        },
      }),
    ],
    dashboard: defineDashboard({ title: 'Sales', tiles: [] }),
  }),
);
const [report] = plan.reports as readonly [(typeof plan.reports)[number]];

interface Sale {
  readonly shop: string;
  readonly pieces: number;
  readonly micros: number;
}

function stateOf(batch: readonly Sale[]): EngineState {
  const lines = batch.map(
    ({ shop, pieces, micros }, index) =>
      `{"id":"00000000-0000-4000-8000-${String(index).padStart(12, '0')}","at":"2026-03-04 10:00:00","day":"2026-03-04",` +
      `"shop":"${shop}","pieces":${pieces},"amount":${microsText(BigInt(micros))}}\n`,
  );
  const state = new EngineState(plan);
  const { columns, refused } = new Scanner(plan, state.dictionaries).scan(Buffer.from(lines.join('')), 1);
  expect(refused).toEqual([]);
  state.apply(columns, state.keys.claim(columns).picked);
  return state;
}

/** A measure as JSON prints it, in micro-units; exact. */
function printedMicros(row: Row, column: string): bigint | null {
  const printed = new RegExp(`"${column}":(-?\\d+)(?:\\.(\\d+))?[,}]`).exec(rowPrinter(report)(row));
  return printed === null ? null : BigInt(`${printed[1]}${(printed[2] ?? '').padEnd(6, '0')}`);
}

function compareCells(a: bigint | null, b: bigint | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Near the ends of what a record may hold, where a sum of two is no longer a float's. */
const LARGE = fc.oneof(
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 4, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MIN_SAFE_INTEGER + 4 }),
  fc.integer({ min: -3, max: 3 }),
);
const batches = fc.array(fc.record({ shop: fc.constantFrom('A', 'B', 'C', 'D', 'E'), pieces: LARGE, micros: LARGE }), {
  minLength: 1,
  maxLength: 30,
});

/** Averages of a third above and a third below a half, in the order in which they must not stand. */
const AROUND_A_HALF = [
  { shop: 'A', pieces: 0, micros: -9_007_199_254_740_990 },
  { shop: 'E', pieces: 0, micros: 9_007_199_254_740_988 },
  { shop: 'E', pieces: 0, micros: -9_007_199_254_740_989 },
  { shop: 'A', pieces: 0, micros: 9_007_199_254_740_989 },
  { shop: 'E', pieces: 0, micros: -9_007_199_254_740_987 },
  { shop: 'A', pieces: 0, micros: -9_007_199_254_740_988 },
];

it('sums beyond what a float holds are exact to the last digit', () => {
  fc.assert(
    fc.property(batches, (batch) => {
      for (const row of queryState(stateOf(batch), 'shops', {}, 0).rows) {
        const own = batch.filter(({ shop }) => shop === row['shop']);
        const pieces = own.reduce((total, sale) => total + BigInt(sale.pieces), 0n);
        expect(rowPrinter(report)(row)).toContain(`"pieces":${pieces},`);
        expect(row['amount']).toBe(own.reduce((total, sale) => total + BigInt(sale.micros), 0n));
      }
    }),
  );
});

it('rows are in the order of their values, also where only a last digit tells them apart', () => {
  fc.assert(
    fc.property(
      batches,
      fc.constantFrom(...report.measures.map(({ name }) => name)),
      fc.boolean(),
      (batch, column, descending) => {
        const { rows } = queryState(stateOf(batch), 'shops', { sort: [{ column, descending }] }, 0);
        const values = rows.map((row) => printedMicros(row, column));
        const sorted = [...values].sort((a, b) => compareCells(a, b) * (descending ? -1 : 1));
        expect(values).toEqual(sorted);
      },
    ),
    { numRuns: 300, examples: [[AROUND_A_HALF, 'amount_each', true]] },
  );
});

/** Two sums that are the same float. */
const A_DIGIT_APART = [1, 2].flatMap((micros) =>
  [micros, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER].map((each) => ({
    shop: `${micros}`,
    pieces: 0,
    micros: each,
  })),
);

it('totals are in the order of their values, also where only a last digit tells them apart', () => {
  const measures = fc.constantFrom('pieces', 'amount');
  fc.assert(
    fc.property(batches, measures, fc.boolean(), (batch, measure, descending) => {
      const query = { by: ['shop'], measure, sort: [{ column: measure, descending }] };
      const { rows } = new Reader(stateOf(batch), Infinity).totals('shops', query, 0);
      const values = rows.map((row) => printedMicros(row, measure));
      const sorted = [...values].sort((a, b) => compareCells(a, b) * (descending ? -1 : 1));
      expect(values).toEqual(sorted);
    }),
    { numRuns: 300, examples: [[A_DIGIT_APART, 'amount', true]] },
  );
});
