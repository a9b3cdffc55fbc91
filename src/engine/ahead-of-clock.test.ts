import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { zone } from '../base/calendar.ts';
import { unpacked } from '../log/unpacking.ts';
import { makePlan } from '../plan/normalise.ts';
import { readCarefully } from '../record/careful.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { Scanner } from '../record/scanner.ts';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { randomSale } from '../../test/sales/random-sales.ts';
import { AheadOfClock } from './ahead-of-clock.ts';
import { packedBlock } from './frame-records.ts';

const plan = makePlan(daybook);
const newYork = zone(plan.stream.timeZone);
/** 10:00:00 in New York. */
const NOW_MS = Date.parse('2024-03-05T15:00:00Z');
const [sale] = fc.sample(randomSale(1), { numRuns: 1, seed: 1 });

function refuse(lines: readonly string[], nowMs = NOW_MS, store = plan): ReturnType<AheadOfClock['refuse']> {
  const scanner = new Scanner(store, makeDictionaries(store));
  const scanned = scanner.scan(Buffer.from(lines.map((line) => `${line}\n`).join('')), 1);
  const aheadOfClock = new AheadOfClock(store.stream);
  return aheadOfClock.refuse(scanned, nowMs);
}

function line(ts: string, members: object = {}): string {
  return JSON.stringify({ ...sale, ts, ts_date: undefined, ...members });
}

describe('a record ahead of the clock', () => {
  it('is refused when its event time or its business date is further ahead than an hour', () => {
    const { columns, refused } = refuse([
      line('2024-03-05 11:00:00'),
      line('2024-03-05 11:00:01'),
      line('2024-03-05T16:00:00Z'),
      line('2024-03-05T16:00:00.001Z'),
      line('2024-03-05T17:30:00+01:00'),
      line('2024-03-05 09:00:00', { ts_date: '2024-03-05' }),
      line('2024-03-05 09:00:00', { ts_date: '2024-03-06' }),
      line('2024-03-06 01:00:00', { ts_date: '2024-03-05' }),
      line('9999-12-31 00:00:00'),
      line('2020-01-01 00:00:00'),
    ]);
    expect(refused.map((each) => [each.line, each.refusal.code, each.refusal.field])).toEqual([
      [2, 'DATE_IN_THE_FUTURE', 'ts'],
      [4, 'DATE_IN_THE_FUTURE', 'ts'],
      [5, 'DATE_IN_THE_FUTURE', 'ts'],
      [7, 'DATE_IN_THE_FUTURE', 'ts_date'],
      [8, 'DATE_IN_THE_FUTURE', 'ts'],
      [9, 'DATE_IN_THE_FUTURE', 'ts'],
    ]);
    expect([...columns.lines.subarray(0, columns.count)]).toEqual([1, 3, 6, 10]);
    expect(refused[0]?.refusal.reason).toContain('nothing after 2024-03-05 11:00:00 in America/New_York is taken yet');
    expect(refused[1]?.refusal.reason).toContain('nothing after 2024-03-05T16:00:00.000Z is taken yet');
  });

  it('is left out of what is packed', () => {
    const times = Array.from({ length: 30 }, (_, at) => `2024-03-05 ${at % 3 === 1 ? '11:30' : '10:30'}:${10 + at}`);
    const lines = times.map((ts, at) => JSON.stringify({ ...plainSale, ts, ts_date: '2024-03-05', quantity: at + 1 }));
    const scanner = new Scanner(plan, makeDictionaries(plan));
    const scanned = scanner.scan(Buffer.from(lines.map((each) => `${each}\n`).join('')), 1, undefined, true);
    const { columns, refused } = new AheadOfClock(plan.stream).refuse(scanned, NOW_MS);
    expect(refused.length).toBe(10);
    const { packed } = columns;
    if (packed === undefined) expect.fail('records that were packed');
    const rows = Int32Array.from({ length: columns.count }, (_, row) => row);
    const kept = lines.filter((_, at) => at % 3 !== 1).map((each) => `${each}\n`);
    const { head, records } = packedBlock(packed, rows, kept.join('').length);
    const found = unpacked(Buffer.concat([...head, ...records]));
    expect(found && Buffer.from(found).toString()).toBe(kept.join(''));
  });

  it('has its hour also when clocks go back or forward meanwhile', () => {
    const refusedAt = (now: string, moments: readonly string[]): readonly string[] => {
      const { refused } = refuse(
        moments.map((moment, index) => line(moment, { ts_id: `00000000-0000-4000-8000-00000000000${index}` })),
        Date.parse(now),
      );
      return refused.map((each) => moments[each.line - 1] ?? '');
    };
    // The wall shows 01:30 for the first time, and does so again an hour later.
    expect(
      refusedAt('2026-11-01T05:30:00Z', [
        '2026-11-01 01:30:05',
        '2026-11-01 02:30:00',
        '2026-11-01 02:30:01',
        '2026-11-01T01:59:59-04:00',
        '2026-11-01T01:30:00-05:00',
        '2026-11-01T01:30:01-05:00',
        '2026-11-01T06:30:00Z',
        '2026-11-01T06:30:01Z',
      ]),
    ).toEqual(['2026-11-01 02:30:01', '2026-11-01T01:30:01-05:00', '2026-11-01T06:30:01Z']);
    // And for the second time.
    expect(refusedAt('2026-11-01T06:30:00Z', ['2026-11-01 02:30:00', '2026-11-01 02:30:01'])).toEqual([
      '2026-11-01 02:30:01',
    ]);
    // The wall shows 01:30, and 03:30 an hour later.
    expect(
      refusedAt('2026-03-08T06:30:00Z', ['2026-03-08 03:30:00', '2026-03-08 03:30:01', '2026-03-08T03:30:01-04:00']),
    ).toEqual(['2026-03-08 03:30:01', '2026-03-08T03:30:01-04:00']);
  });

  it('is found also where days begin last: in the westernmost zone, and an hour before midnight', () => {
    const last = { ...plan, stream: { ...plan.stream, timeZone: 'Etc/GMT+12', businessDayEndsAtHour: 23 } };
    // The wall shows 12:00 of the day before.
    const { refused } = refuse(
      [
        line('2024-03-04 13:00:00'),
        line('2024-03-04 13:00:01', { ts_date: '2024-03-03' }),
        line('2024-03-05T01:00:01Z', { ts_date: '2024-03-03' }),
        line('2024-03-03 13:00:00', { ts_date: '2024-03-02' }),
      ],
      Date.parse('2024-03-05T00:00:00Z'),
      last,
    );
    expect(refused.map((each) => each.line)).toEqual([2, 3]);
  });

  it('is found wherever its event time stands, and whatever looks like it', () => {
    const late = '2024-03-05 12:00:00';
    const early = '2024-03-05 08:00:00';
    const { refused } = refuse([
      `{"extra":{"ts":"${late}"},${line(early).slice(1)}`,
      `{"extra":{"ts":"${early}"},${line(late).slice(1)}`,
      line(late, { city: 'ts' }),
      line(early, { city: `"ts":"${late}"` }),
      line(late).replace('"ts":', '"\\u0074s" : '),
      line(early).replace(/}$/, `,"ts":"${late}"}`),
    ]);
    expect(refused.map((each) => each.line)).toEqual([2, 3, 5, 6]);
  });

  it('leaves the other records as they were', () => {
    const time = fc.tuple(fc.integer({ min: 3, max: 7 }), fc.nat(23), fc.constantFrom('', 'Z', '.5-07:00'));
    fc.assert(
      fc.property(fc.array(time, { maxLength: 12 }), (times) => {
        const lines = times.map(([day, hour, rest], index) => {
          const moment = `2024-03-0${day}${rest === '' ? ' ' : 'T'}${String(hour).padStart(2, '0')}:30:00${rest}`;
          return line(moment, { ts_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, price: index });
        });
        const { columns, refused } = refuse(lines);
        const isAhead = ([day, hour, rest]: (typeof times)[number]): boolean => {
          const utcHour = hour + (rest === '' ? 5 : rest === 'Z' ? 0 : 7);
          return Date.UTC(2024, 2, day, utcHour, 30) > NOW_MS + 3_600_000;
        };
        const kept = times.flatMap((each, index) => (isAhead(each) ? [] : [index]));
        expect(refused.map((each) => each.line - 1)).toEqual(
          times.flatMap((each, index) => (isAhead(each) ? [index] : [])),
        );
        expect([...columns.lines.subarray(0, columns.count)].map((each) => each - 1)).toEqual(kept);
        kept.forEach((index, record) => {
          const careful = readCarefully(Buffer.from(lines[index] ?? ''), plan.stream, newYork);
          expect('reason' in careful).toBe(false);
          if ('reason' in careful) return;
          expect(columns.days[record]).toBe(careful.businessDay);
          expect(columns.keys[record * 4 + 3]).toBe(Number.parseInt(String(index).slice(-8), 16));
        });
      }),
    );
  });
});
