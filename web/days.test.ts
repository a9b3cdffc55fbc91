import { expect, it } from 'vitest';
import { businessDayAt, formatDay, zone } from '../src/base/calendar.ts';
import { isDay, storeDay, storeTime } from './days.ts';

it('the store has its own day and time, wherever the browser is', () => {
  const atMs = Date.UTC(2026, 10, 30, 4, 5, 6);
  expect(storeTime(atMs, 'America/New_York')).toBe('2026-11-29 23:05:06');
  expect(storeTime(atMs, 'Asia/Tokyo')).toBe('2026-11-30 13:05:06');
  expect(storeDay(atMs, 'America/New_York', 0)).toBe('2026-11-29');
  expect(storeDay(atMs, 'Asia/Tokyo', 14)).toBe('2026-11-29');
});

it('a day is one that is in the calendar, and can be asked for', () => {
  expect(['2024-02-29', '0001-01-01', '9999-12-31'].map(isDay)).toEqual([true, true, true]);
  const none = ['2017-02-30', '2023-02-29', '2017-13-01', '0000-01-01', '2017-1-1', '17-01-01', 'today', ''];
  expect(none.filter(isDay)).toEqual([]);
});

it('the store’s business day is the one that the engine has for a record of now, also when clocks go forward or back', () => {
  for (const [timeZone, endsAtHour, ...changes] of [
    ['America/New_York', 4, '2026-03-08', '2026-11-01'],
    ['Europe/Lisbon', 0, '2026-03-29', '2026-10-25'],
    ['Australia/Lord_Howe', 23, '2026-04-05', '2026-10-04'],
  ] as const) {
    const store = zone(timeZone);
    for (const change of changes) {
      for (let halfHour = -48; halfHour < 96; halfHour++) {
        const atMs = Date.parse(`${change}T00:00Z`) + halfHour * 1_800_000;
        const engineDay = formatDay(businessDayAt(store.localTime(atMs), endsAtHour));
        expect(storeDay(atMs, timeZone, endsAtHour), new Date(atMs).toISOString()).toBe(engineDay);
      }
    }
  }
});
