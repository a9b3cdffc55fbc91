import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { mixedSales } from '../../../test/sales/mixed-sales.ts';
import { date, defineStream, text, timestamp } from '../../daybook.ts';
import { makePlan } from '../../plan/normalise.ts';
import { recordReader } from './stream-record.ts';

const [sale = '{}'] = mixedSales(1, { repeats: 0, seed: 3 });
const read = recordReader(makePlan(daybook).stream);

/** Why a record of a day is refused; undefined: it is taken. */
function refusalOf(day: string, timestampMs: number): string | undefined {
  const text = JSON.stringify({ ...(JSON.parse(sale) as object), ts: `${day} 12:00:00`, ts_date: day });
  const record = read({ key: null, value: Buffer.from(text), offset: 0, timestampMs });
  return 'reason' in record ? `${record.code} ${record.field ?? ''}` : undefined;
}

it('a record dated more than two days ahead of its message is refused, as Spark leaves it out', () => {
  const REFUSED = 'DATE_IN_THE_FUTURE ts_date';
  for (const time of ['00:00:00.000Z', '23:59:59.999Z']) {
    const written = Date.parse(`2026-11-30T${time}`);
    expect(refusalOf('2026-12-02', written)).toBeUndefined();
    expect(refusalOf('2026-12-03', written)).toBe(REFUSED);
    expect(refusalOf('2062-03-01', written)).toBe(REFUSED);
  }
  // What has no timestamp says nothing of its clock.
  for (const none of [-1, 0, 86_399_999]) expect(refusalOf('2062-03-01', none)).toBeUndefined();
  expect(refusalOf('1970-01-05', 86_400_000)).toBe(REFUSED);
  expect(refusalOf('1970-01-04', 86_400_000)).toBeUndefined();
});

it('each moment of a record is an instant, not the event time alone', () => {
  const stream = defineStream({
    name: 'rides',
    timeZone: 'America/New_York',
    currency: 'USD',
    primaryKey: 'id',
    eventTime: 'at',
    businessDate: 'day',
    fields: { id: text(), at: timestamp(), day: date(), left: timestamp() },
  });
  const { stream: plan } = makePlan({ stream, reports: [], dashboard: { title: '', tiles: [] } });
  const value = { id: 'a', at: '2026-03-08 01:59:59', day: '2026-03-08', left: '2026-03-08T07:00:00.125Z' };
  const record = recordReader(plan)({
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    offset: 0,
    timestampMs: 0,
  });
  const moments = 'reason' in record ? record : [...record.momentsMs];
  expect(moments).toEqual([
    ['at', Date.UTC(2026, 2, 8, 6, 59, 59)],
    ['left', Date.UTC(2026, 2, 8, 7, 0, 0, 125)],
  ]);
});
