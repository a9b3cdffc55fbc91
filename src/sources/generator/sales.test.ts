import { describe, expect, it } from 'vitest';
import { formatDay, parseDay, zone } from '../../base/calendar.ts';
import type { Catalogue } from './catalogue.ts';
import { ownCatalogue } from './catalogue.ts';
import type { Sale } from './sales.ts';
import { liveSales, salesCount, salesOfDay } from './sales.ts';

const catalogue: Catalogue = await ownCatalogue();
const MONDAY = parseDay('2026-03-02') ?? NaN;

function day(seed: number, number = MONDAY, perDay = 2000): readonly Sale[] {
  return [...salesOfDay({ catalogue, seed, day: number, perDay })];
}

describe('a day’s sales', () => {
  it('are the same for the same seed, and all others for another seed, day or number', () => {
    expect(day(1)).toEqual(day(1));
    const ids = [day(1), day(2), day(1, MONDAY + 1), day(1, MONDAY, 2001)].flat().map((sale) => sale.ts_id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('have the fields of a record in the record’s order', () => {
    expect(Object.keys(day(1)[0] ?? {}).join(' ')).toBe(
      'ts_id ts ts_date customer_id customer_name segment country city category sub_category product_name price ' +
        'quantity discount revenue profit latitude longitude',
    );
  });

  it('come in the order of their times, all on their day', () => {
    const sales = day(1);
    expect(sales.map((sale) => sale.ts)).toEqual(sales.map((sale) => sale.ts).toSorted());
    for (const { ts, ts_date } of sales) {
      expect(ts).toMatch(/^2026-03-02 ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/);
      expect(ts_date).toBe('2026-03-02');
    }
  });

  it('are worth what their price, quantity and discount say', () => {
    const sales = day(1);
    for (const { price, quantity, discount, revenue, profit } of sales) {
      expect([revenue, profit]).toEqual([price * quantity, price * quantity * (1 - Number(discount))]);
      expect(Number.isInteger(quantity) && quantity >= 1 && quantity <= 20).toBe(true);
      expect(Number(discount) >= 0 && Number(discount) <= 0.5).toBe(true);
    }
    expect(sales.filter(({ quantity }) => quantity <= 5).length).toBeGreaterThan(sales.length / 2);
    expect(sales.some(({ quantity }) => quantity > 10)).toBe(true);
    expect(sales.some(({ revenue }) => String(revenue).length > 12)).toBe(true);
  });

  it('are few at night, and most at lunch and in the evening', () => {
    const perHour = Array.from({ length: 24 }, () => 0);
    for (const { ts } of day(1, MONDAY, 50_000)) perHour[Number(ts.slice(11, 13))]! += 1;
    const of = (hour: number): number => perHour[hour] ?? 0;
    expect(of(3) * 10).toBeLessThan(of(12));
    expect(of(12)).toBeGreaterThan(of(9));
    expect(of(12)).toBeGreaterThan(of(15));
    expect(of(19)).toBeGreaterThan(of(15));
    expect(of(19)).toBeGreaterThan(of(22));
  });

  it('are more on a Saturday than on a Tuesday, and as many as asked for over a week', () => {
    const counts = Array.from({ length: 70 }, (_, at) => salesCount({ seed: 3, day: MONDAY + at, perDay: 1000 }));
    const saturdays = counts.filter((_, at) => at % 7 === 5);
    const tuesdays = counts.filter((_, at) => at % 7 === 1);
    expect(Math.min(...saturdays)).toBeGreaterThan(Math.max(...tuesdays));
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(Math.abs(mean - 1000)).toBeLessThan(30);
    expect(day(3, MONDAY, 1000)).toHaveLength(counts[0] ?? 0);
    expect(formatDay(MONDAY)).toBe('2026-03-02');
  });

  it('sell some products far more often than others', () => {
    const counts = new Map<string, number>();
    for (const { product_name } of day(1, MONDAY, 20_000))
      counts.set(product_name, (counts.get(product_name) ?? 0) + 1);
    const sorted = [...counts.values()].toSorted((a, b) => b - a);
    expect(sorted.length).toBeGreaterThan(1200);
    expect(sorted[0] ?? 0).toBeGreaterThan(10 * (sorted[1000] ?? 0));
  });
});

describe('live sales', () => {
  const local = zone('America/New_York');

  it('have the store’s local time', () => {
    const live = liveSales(catalogue, 1, 'a run', local);
    expect(live.next(Date.UTC(2026, 6, 1, 3, 59, 59))).toMatchObject({
      ts: '2026-06-30 23:59:59',
      ts_date: '2026-06-30',
    });
    expect(live.next(Date.UTC(2026, 0, 1, 17, 0, 0))).toMatchObject({
      ts: '2026-01-01 12:00:00',
      ts_date: '2026-01-01',
    });
  });

  it('share no primary key with those of another run', () => {
    const ids = ['1', '2', '12'].flatMap((run) => {
      const live = liveSales(catalogue, 1, run, local);
      return Array.from({ length: 2000 }, () => live.next(0).ts_id);
    });
    expect(new Set(ids).size).toBe(6000);
  });
});
