import { describe, expect, it } from 'vitest';
import { addDays } from '../days.ts';
import { daySeries } from './day-series.ts';

const ALL = { from: undefined, to: undefined };
const SUM = { empty: 0 } as const;

describe('a series of days', () => {
  it('has each calendar day from the first with sales to the newest, those without sales as zero', () => {
    const values = [
      { day: '2026-03-01', value: 5 },
      { day: '2026-02-27', value: 2 },
    ];
    expect(daySeries(values, ALL, SUM)).toEqual({
      newest: { day: '2026-03-01', value: 5 },
      change: { kind: 'none', why: 'No sales on the previous day' },
      weekChange: { kind: 'none', why: 'No day a week before' },
      days: [
        { day: '2026-02-27', value: 2 },
        { day: '2026-02-28', value: 0 },
        { day: '2026-03-01', value: 5 },
      ],
    });
  });

  it('ends at the last day that can be written, and begins at the first', () => {
    const last = [
      { day: '9999-12-30', value: 4 },
      { day: '9999-12-31', value: 5 },
    ];
    expect(daySeries(last, ALL, SUM)).toEqual({
      newest: { day: '9999-12-31', value: 5 },
      change: { kind: 'share', share: 0.25 },
      weekChange: { kind: 'none', why: 'No day a week before' },
      days: last,
    });
    const first = [{ day: '0001-01-01', value: 5 }];
    expect(daySeries(first, ALL, SUM)?.days).toEqual(first);
  });

  it('has no more than ten years before the newest day, however odd the year of the oldest is', () => {
    const series = daySeries(
      [
        { day: '0001-01-01', value: 1 },
        { day: '2026-03-01', value: 2 },
      ],
      ALL,
      SUM,
    );
    expect(series?.days.length).toBe(3_653);
    expect(series?.days.at(0)).toEqual({ day: '2016-03-01', value: 0 });
    expect(series?.days.at(-1)).toEqual({ day: '2026-03-01', value: 2 });
  });
});

describe('the changes of the newest day', () => {
  it('are against the day before and the same weekday of the week before', () => {
    const values = [
      { day: '2026-03-01', value: 4 },
      { day: '2026-03-07', value: 10 },
      { day: '2026-03-08', value: 5 },
    ];
    const series = daySeries(values, { from: '2026-03-08', to: '2026-03-08' }, SUM);
    expect(series?.change).toEqual({ kind: 'share', share: -0.5 });
    expect(series?.weekChange).toEqual({ kind: 'share', share: 0.25 });
    expect(series?.days).toEqual([{ day: '2026-03-08', value: 5 }]);
  });

  it('are none on a first day, and say why', () => {
    const series = daySeries([{ day: '2026-03-08', value: 5 }], ALL, SUM);
    expect(series?.change).toEqual({ kind: 'none', why: 'First day: nothing to compare with' });
    expect(series?.weekChange).toEqual({ kind: 'none', why: 'No day a week before' });
  });

  it('say nothing of days that were not read: those before a range, but for a week', () => {
    const series = daySeries([{ day: '2026-03-08', value: 5 }], { from: '2026-03-08', to: '2026-03-08' }, SUM);
    expect(series?.change).toEqual({ kind: 'none', why: 'No sales on the previous day' });
    expect(series?.weekChange).toEqual({ kind: 'none', why: 'No sales a week before' });
  });

  it('are of a day without sales as well, once it is that day', () => {
    const series = daySeries([{ day: '2026-03-08', value: 5 }], ALL, { ...SUM, through: '2026-03-09' });
    expect(series?.newest).toEqual({ day: '2026-03-09', value: 0 });
    expect(series?.change).toEqual({ kind: 'share', share: -1 });
  });

  it('of what is no sum are none on a day without sales, nor against one', () => {
    const values = [
      { day: '2026-03-01', value: null },
      { day: '2026-03-06', value: 7 },
      { day: '2026-03-08', value: 5 },
    ];
    const empty = daySeries(values, ALL, { empty: null, through: '2026-03-09' });
    expect(empty?.newest).toEqual({ day: '2026-03-09', value: null });
    expect([empty?.change, empty?.weekChange]).toEqual([undefined, undefined]);
    expect(empty?.days.slice(-4).map(({ value }) => value)).toEqual([7, null, 5, null]);
    const against = daySeries(values, ALL, { empty: null });
    expect(against?.change).toEqual({ kind: 'none', why: 'No sales on the previous day' });
    expect(against?.weekChange).toEqual({ kind: 'none', why: 'No value a week before' });
  });
});

describe('a day so many days later', () => {
  it('crosses months and years, and stays among the days that can be written', () => {
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('0001-01-01', -1)).toBe('0001-01-01');
    expect(addDays('9999-12-31', 1)).toBe('9999-12-31');
  });
});
