import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDay, formatLocalTime, MS_PER_DAY, parseDay, parseTimestamp, zone } from './calendar.ts';

const newYork = zone('America/New_York');

describe('days', () => {
  it('are those of JavaScript’s own calendar, printed and parsed', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (day) => {
        const text = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
        expect(formatDay(day)).toBe(text);
        expect(parseDay(text)).toBe(day);
      }),
    );
  });

  it('that do not exist are refused', () => {
    for (const text of [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31',
      '0000-01-01',
      '2026-1-1',
      '2026-01-01 ',
      'x',
    ]) {
      expect(parseDay(text)).toBeUndefined();
    }
    expect(parseDay('2024-02-29')).toBeDefined();
  });
});

describe('moments', () => {
  const local = (text: string): string | undefined => {
    const moment = parseTimestamp(text, newYork);
    return moment && formatLocalTime(moment);
  };

  it('without an offset are local time as it stands', () => {
    expect(local('2026-07-01 23:59:59')).toBe('2026-07-01 23:59:59');
    expect(local('2026-07-01T00:00:00.250')).toBe('2026-07-01 00:00:00');
  });

  it('with an offset are carried over to the zone, in summer and in winter', () => {
    expect(local('2026-07-01T03:30:00Z')).toBe('2026-06-30 23:30:00');
    expect(local('2026-01-01T03:30:00Z')).toBe('2025-12-31 22:30:00');
    expect(local('2026-01-01T03:30:00+05:30')).toBe('2025-12-31 17:00:00');
    expect(local('2026-03-08T07:00:00Z')).toBe('2026-03-08 03:00:00');
    expect(local('2026-03-08T06:59:59Z')).toBe('2026-03-08 01:59:59');
  });

  it('that do not exist are refused', () => {
    for (const text of [
      '2026-07-01',
      '2026-07-01 24:00:00',
      '2026-07-01 10:60:00',
      '2026-02-30 10:00:00',
      '2026-07-01 10:00:00+24:00',
    ]) {
      expect(parseTimestamp(text, newYork)).toBeUndefined();
    }
  });

  it('whose local year is not from 1 to 9999 are refused', () => {
    expect(local('9999-12-31T23:30:00-05:00')).toBe('9999-12-31 23:30:00');
    expect(local('9999-12-31T23:30:00-10:00')).toBeUndefined();
    expect(local('0001-01-01T05:00:00Z')).toBe('0001-01-01 00:03:58');
    expect(local('0001-01-01T00:00:00+05:00')).toBeUndefined();
  });

  it('within a quarter hour in which the clock was changed are on their side of the change', () => {
    const moments = [
      ['1972-01-07T00:30:00Z', '1972-01-06 23:45:30'],
      ['1972-01-07T00:44:29.999Z', '1972-01-06 23:59:59'],
      ['1972-01-07T00:44:30Z', '1972-01-07 00:44:30'],
      ['1972-01-07T00:45:00Z', '1972-01-07 00:45:00'],
    ] as const;
    for (const asked of [moments, moments.toReversed()]) {
      const monrovia = zone('Africa/Monrovia');
      for (const [text, shown] of asked) expect(formatLocalTime(monrovia.localTime(Date.parse(text)))).toBe(shown);
    }
  });

  it('of any zone are what Intl says', () => {
    const names = [
      'America/New_York',
      'Europe/Paris',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Africa/Monrovia',
      'UTC',
    ];
    const instants = fc.integer({ min: Date.UTC(1850, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(fc.constantFrom(...names), instants, (name, ms) => {
        const text = new Intl.DateTimeFormat('sv-SE', {
          timeZone: name,
          dateStyle: 'short',
          timeStyle: 'medium',
        }).format(ms);
        expect(formatLocalTime(zone(name).localTime(ms))).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on before the year 1, where a moment of that year can be on an earlier local day', () => {
    const firstDay = parseDay('0001-01-01') ?? NaN;
    expect(newYork.localTime(firstDay * MS_PER_DAY).day).toBe(firstDay - 1);
    expect(newYork.localTime((firstDay + 1) * MS_PER_DAY).day).toBe(firstDay);
  });
});
