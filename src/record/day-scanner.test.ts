import { expect, it } from 'vitest';
import { date, text, timestamp } from '../definition/fields.ts';
import { count } from '../definition/measures.ts';
import { defineReport } from '../definition/report.ts';
import { defineStream } from '../definition/stream.ts';
import { makePlan } from '../plan/normalise.ts';
import { dayScanner } from './day-scanner.ts';

it('business days are read without a text being interned, be it the primary key', () => {
  const visits = defineStream({
    name: 'visits',
    timeZone: 'UTC',
    currency: 'EUR',
    primaryKey: 'id',
    eventTime: 'at',
    businessDate: 'day',
    fields: { id: text(), at: timestamp(), day: date(), guest: text() },
  });
  const byGuest = defineReport(visits, { name: 'by_guest', dimensions: ['day', 'guest'], measures: { n: count() } });
  const plan = makePlan({ stream: visits, reports: [byGuest], dashboard: { title: 'Visits', tiles: [] } });
  const scanner = dayScanner(plan);
  // The first is read carefully, those behind it by what was learned of it, whether there are escapes or not.
  const ids = ['first', 'second', 'a "third"', 'vierté', 'tab\t'];
  const lines = ids.map((id, day) => JSON.stringify({ id, at: `2026-05-0${day + 1} 10:00:00`, guest: 'Ann' }));
  const { columns, refused } = scanner.scan(Buffer.from(`${lines.join('\n')}\n`), 1);
  expect(refused).toEqual([]);
  expect(columns.count).toBe(ids.length);
  expect([...columns.days.subarray(0, ids.length)]).toEqual([0, 1, 2, 3, 4].map((day) => 20_574 + day));
  expect(columns.ids.every((each) => each === undefined)).toBe(true);
});
