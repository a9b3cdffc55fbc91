import { expect, it } from 'vitest';
import { storeDay, storeTime } from './days.ts';

it('the store has its own day and time, wherever the browser is', () => {
  const atMs = Date.UTC(2026, 10, 30, 4, 5, 6);
  expect(storeTime(atMs, 'America/New_York')).toBe('2026-11-29 23:05:06');
  expect(storeTime(atMs, 'Asia/Tokyo')).toBe('2026-11-30 13:05:06');
  expect(storeDay(atMs, 'America/New_York', 0)).toBe('2026-11-29');
  expect(storeDay(atMs, 'Asia/Tokyo', 14)).toBe('2026-11-29');
});
