import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../../daybook.config.ts';
import { avg, count, countDistinct, max, min, ratio, sum } from '../../definition/measures.ts';
import { defineReport } from '../../definition/report.ts';
import { makePlan } from '../../plan/normalise.ts';
import { readSale, reportsOf } from '../../../test/oracle/furniture-store.ts';
import { makeAnswerKey } from './answer-key.ts';
import type { Sale } from './sales.ts';

const first: Sale = {
  ts_id: '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5',
  ts: '2026-03-04 10:11:12',
  ts_date: '2026-03-04',
  customer_id: 'AB-10000',
  customer_name: 'Ann Bell',
  segment: 'Consumer',
  country: 'United States',
  city: 'Henderson',
  category: 'Furniture',
  sub_category: 'Chairs',
  product_name: 'Stool, 18" seat',
  price: 0.1,
  quantity: 3,
  discount: '0.5',
  revenue: 0.30000000000000004,
  profit: 0.15000000000000002,
  latitude: 37.8,
  longitude: -87.5,
};
const second: Sale = {
  ...first,
  ts_id: '1b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5',
  quantity: 1,
  revenue: 1e-6,
  profit: -2,
  latitude: null,
  longitude: null,
};
const other: Sale = {
  ...second,
  ts_id: '2b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5',
  customer_id: 'CD-10001',
  revenue: 0.0000025,
  segment: 'Corporate',
};
const repeat: Sale = { ...first, quantity: 9, revenue: 1000 };
const nextDay: Sale = {
  ...first,
  ts_id: '3b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5',
  ts: '2026-03-05 00:00:00',
  ts_date: '2026-03-05',
  discount: '0',
};

function keyOf(
  plan: ReturnType<typeof makePlan>,
  sales: readonly Sale[],
): { json: string; reports: Record<string, unknown> } {
  const key = makeAnswerKey(plan);
  for (const sale of sales) key.add({ text: JSON.stringify(sale), sale });
  key.add({ text: 'no record', sale: undefined });
  return { json: key.json(), ...(JSON.parse(key.json()) as { reports: Record<string, unknown> }) };
}

describe('the answer key', () => {
  it('has exact sums, counts each sale once, and sorts rows by their dimensions', () => {
    const { json, reports } = keyOf(makePlan(daybook), [nextDay, first, second, repeat, other]);
    expect(json).toContain('"records":{"sent":6,"accepted":4,"duplicates":1,"quarantined":1}');
    expect(json).toContain('{"ts_date":"2026-03-04","daily_pu":2,"daily_rev":0.300003,"daily_profit":-3.85}');
    expect(reports).toMatchObject({
      daily_pu_rev: [
        { ts_date: '2026-03-04' },
        { ts_date: '2026-03-05', daily_pu: 1, daily_rev: 0.3, daily_profit: 0.15 },
      ],
      daily_address: [
        { ts_date: '2026-03-04', latitude: null, longitude: null, daily_pu: 2 },
        { ts_date: '2026-03-04', latitude: 37.8, longitude: -87.5, daily_pu: 1 },
        { ts_date: '2026-03-05', latitude: 37.8, longitude: -87.5, daily_pu: 1 },
      ],
      daily_category_product: [{ daily_quantity: 5, product_name: 'Stool, 18" seat' }, { daily_quantity: 3 }],
    });
  });

  it('equals a recount that shares no code with it', () => {
    const sales = [first, second, other, repeat, nextDay];
    const { json } = keyOf(makePlan(daybook), sales);
    const texts = JSON.parse(json, (_key, value: unknown, context?: { readonly source: string }) => {
      if (value === null) return 'null';
      return typeof value === 'number' ? (context?.source ?? '') : value;
    }) as { reports: Record<string, Record<string, string>[]> };
    const expected = reportsOf(sales.map((sale) => readSale(JSON.stringify(sale))));
    const sorted = (rows: readonly object[]): readonly string[] => rows.map((row) => JSON.stringify(row)).toSorted();
    for (const [name, rows] of Object.entries(expected)) {
      expect(sorted(texts.reports[name] ?? [])).toEqual(sorted(rows ?? []));
    }
  });

  it('knows every measure and condition that a report may have', () => {
    const report = defineReport(dailyRecords, {
      name: 'all',
      title: 'Every measure',
      dimensions: ['ts_date'],
      measures: {
        sales: count(),
        cities: countDistinct('city'),
        units: sum('quantity'),
        mean: avg('revenue'),
        least: min('profit'),
        most: max('quantity'),
        margin: ratio('least', 'units'),
      },
      where: { segment: ['Consumer', 'Home Office'], discount: { atLeast: 0.5 }, city: { not: 'Paris' } },
    });
    const { json } = keyOf(makePlan({ ...daybook, reports: [...daybook.reports, report] }), [
      first,
      second,
      other,
      nextDay,
    ]);
    // By hand: of the first two, (0.3 + 0.000001) / 2 is 0.1500005, a half that goes to the even neighbour; -2 / 4 is -0.5.
    expect(json).toContain(
      '"all":[{"ts_date":"2026-03-04","sales":2,"cities":1,"units":4,"mean":0.15,"least":-2,"most":3,"margin":-0.5}]',
    );
  });
});
