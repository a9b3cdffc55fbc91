import { expect, it } from 'vitest';
import { daybook as daybookDefinition } from '../../daybook.config.ts';
import { date, text, timestamp, uuid } from '../definition/fields.ts';
import { count } from '../definition/measures.ts';
import { defineReport } from '../definition/report.ts';
import { defineStream } from '../definition/stream.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Plan } from '../plan/plan.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { readSale } from '../../test/oracle/furniture-store.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import type {
  ExplanationAnswer,
  JsonRow,
  RecordAnswer,
  ReportAnswer,
  TailEvent,
  TopicRecordsAnswer,
} from './protocol.ts';

const SALES = mixedSales(600, { repeats: 0, seed: 11 });
const TOPIC = '/topics/daily_records/records';

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return (await response.json()) as T;
}

async function send(api: string, lines: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const response = await fetch(`${api}/records`, { method: 'POST', headers, body: lines.join('\n') });
  expect(response.status).toBe(200);
}

function parsed(line: string): JsonRow {
  return JSON.parse(line) as JsonRow;
}

/** A row's key as parameters. */
function keyOf(report: string, row: JsonRow): string {
  const { dimensions = [] } = makePlan(daybookDefinition).reports.find(({ name }) => name === report) ?? {};
  return String(new URLSearchParams(dimensions.map(({ name }): [string, string] => [name, String(row[name] ?? '')])));
}

/** Data of server-sent events by name, as they come. */
async function* events(url: string, signal: AbortSignal): AsyncGenerator<readonly [string, unknown]> {
  const response = await fetch(url, { signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const match = /event: (\w+)\ndata: (.*)/.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (match !== null) yield [match[1] ?? '', JSON.parse(match[2] ?? '')];
    }
  }
}

it('a row is explained by just its records, with their offsets, and they make the row', async () => {
  await using daybook = await serveEmbedded();
  const { api } = daybook;
  for (let at = 0; at < SALES.length; at += 37) await send(api, SALES.slice(at, at + 37));
  for (const { name, dimensions } of daybook.runtime.plan.reports) {
    const { rows } = await json<ReportAnswer>(`${api}/reports/${name}?limit=10000`);
    for (const row of rows.filter((_, index) => index % 29 === 0)) {
      const answer = await json<ExplanationAnswer>(`${api}/reports/${name}/records?${keyOf(name, row)}&limit=1000`);
      const own = SALES.flatMap((line, offset) => {
        const sale: JsonRow = {
          ts_date: readSale(line).ts.slice(0, 10),
          ...parsed(line),
        };
        const isOwn = dimensions.every((field) => String(sale[field.name] ?? '') === String(row[field.name] ?? ''));
        return isOwn ? [{ partition: 0, offset, value: line }] : [];
      });
      expect(answer).toMatchObject({ row, computed: row, total: own.length, records: own, duplicates: [] });
    }
  }
});

it('a row of an empty text is another one than that of null, and each is explained by its own records', async () => {
  const visits = defineStream({
    name: 'visits',
    timeZone: 'UTC',
    currency: 'EUR',
    primaryKey: 'id',
    eventTime: 'at',
    businessDate: 'day',
    fields: { id: uuid(), at: timestamp(), day: date(), guest: text({ nullable: true }) },
  });
  const byGuest = defineReport(visits, { name: 'by_guest', dimensions: ['day', 'guest'], measures: { n: count() } });
  const plan = makePlan({ stream: visits, reports: [byGuest], dashboard: { title: 'Visits', tiles: [] } });
  await using daybook = await serveEmbedded({ plan });
  const { api } = daybook;
  const guests = [null, '', null, '""', '"', 'Ann', null];
  await send(
    api,
    guests.map((guest, index) => {
      const id = `00000000-0000-4000-8000-00000000000${index}`;
      return JSON.stringify({ id, at: '2026-05-01 10:00:00', day: '2026-05-01', guest });
    }),
  );
  for (const [spelled, guest] of [
    ['', null],
    ['""', ''],
    ['""""', '""'],
    ['"', '"'],
    ['Ann', 'Ann'],
  ] as const) {
    const offsets = guests.flatMap((each, offset) => (each === guest ? [offset] : []));
    const row = { day: '2026-05-01', guest, n: offsets.length };
    const asked = String(new URLSearchParams({ day: '2026-05-01', guest: spelled }));
    const answer = await json<ExplanationAnswer>(`${api}/reports/by_guest/records?${asked}`);
    expect(answer).toMatchObject({ row, computed: row, total: offsets.length });
    expect(answer.records.map(({ offset }) => offset)).toEqual(offsets);
    expect(await json(`${api}/reports/by_guest?${asked}`)).toMatchObject({ rows: [row] });
    for (const offset of offsets) {
      const details = await json<RecordAnswer>(`${api}/topics/visits/records/${offset}`);
      expect(details.rows).toEqual([{ report: 'by_guest', row }]);
    }
  }
});

it('says which repeats were left out of a row, and what changed in it after its day was closed', async () => {
  await using daybook = await serveEmbedded();
  const { api } = daybook;
  const [first = ''] = SALES;
  const sale = parsed(first);
  const day = String(sale['ts_date'] ?? String(sale['ts']).slice(0, 10));
  const later = {
    ...sale,
    ts_id: 'ffffffff-0000-4000-8000-000000000001',
    ts: '2026-05-30 10:00:00',
    ts_date: '2026-05-30',
  };
  const late = { ...sale, ts_id: 'ffffffff-0000-4000-8000-000000000002' };
  await send(api, [first, JSON.stringify(later)]);
  await send(api, [JSON.stringify({ ...sale, revenue: 1 }), JSON.stringify(late)]);
  const answer = await json<ExplanationAnswer>(`${api}/reports/daily_pu_rev/records?ts_date=${day}`);
  expect(answer.records.map(({ offset }) => offset)).toEqual([0, 2]);
  expect(answer.duplicates).toMatchObject([{ id: 1, origin: 'http', line: 1, offset: 2 }]);
  expect(JSON.parse(answer.duplicates[0]?.record ?? '')).toMatchObject({ revenue: 1 });
  expect(answer.amendments).toMatchObject([{ firstOffset: 2, before: { daily_pu: 1 }, after: answer.row }]);
  expect(await json(`${api}/duplicates`)).toMatchObject({ total: 1, kept: 1 });
  const key = await fetch(`${api}/reports/daily_category_product/records?ts_date=${day}`);
  expect(await key.json()).toMatchObject({ code: 'BAD_QUERY', detail: expect.stringContaining('category') as string });
});

/** Visits whose keys are texts, on days that end in the morning. */
function nightlyVisits(): Plan {
  const visits = defineStream({
    name: 'visits',
    timeZone: 'UTC',
    currency: 'EUR',
    primaryKey: 'id',
    eventTime: 'at',
    businessDate: 'day',
    businessDayEndsAtHour: 6,
    fields: { id: text(), at: timestamp(), day: date(), guest: text() },
  });
  const byGuest = defineReport(visits, { name: 'by_guest', dimensions: ['day', 'guest'], measures: { n: count() } });
  return makePlan({ stream: visits, reports: [byGuest], dashboard: { title: 'Visits', tiles: [] } });
}

it('a repeat is one of the record that has its very key, where keys are texts', async () => {
  await using daybook = await serveEmbedded({ plan: nightlyVisits() });
  const { api } = daybook;
  const visit = (id: string, guest: string): string =>
    JSON.stringify({ id, at: '2026-05-01 10:00:00', day: '2026-05-01', guest });
  await send(api, [visit('K-a', 'Ann'), visit('k-A', 'Bob')]);
  await send(api, [visit('K-a', 'Ann')]);
  const repeatsOf = async (guest: string): Promise<readonly string[]> => {
    const asked = `${api}/reports/by_guest/records?day=2026-05-01&guest=${guest}`;
    return (await json<ExplanationAnswer>(asked)).duplicates.map(({ key }) => key);
  };
  expect([await repeatsOf('Ann'), await repeatsOf('Bob')]).toEqual([['K-a'], []]);
});

it('from a time on no record is left out, also where days end in the morning', async () => {
  await using daybook = await serveEmbedded({ plan: nightlyVisits() });
  const { api } = daybook;
  // Three o'clock is of the day before, and a record may say that it is of the one before that. Enough for a block of the log.
  const guest = 'x'.repeat(200);
  const early = Array.from({ length: 3_000 }, (_, id) => {
    return JSON.stringify({ id: `${id}`, at: '2026-01-10 03:00:00', day: '2026-01-08', guest });
  });
  await send(api, early);
  await send(api, [JSON.stringify({ id: 'late', at: '2026-01-20 12:00:00', day: '2026-01-20', guest })]);
  for (const time of ['2026-01-10', '2026-01-10 03:00:00']) {
    const asked = `${api}/topics/visits/records?time=${encodeURIComponent(time)}&limit=1`;
    const { records } = await json<TopicRecordsAnswer>(asked);
    expect(records.map(({ offset }) => offset)).toEqual([0]);
  }
});

it('records are found by offset, by time and by any field, and each says which rows it is in', async () => {
  await using daybook = await serveEmbedded();
  const { api } = daybook;
  for (let at = 0; at < SALES.length; at += 50) await send(api, SALES.slice(at, at + 50));
  const some = await json<TopicRecordsAnswer>(`${api}${TOPIC}?offset=120&limit=5`);
  expect(some.records.map(({ value }) => value)).toEqual(SALES.slice(120, 125));
  expect(some.nextOffset).toBe(125);
  const end = await json<TopicRecordsAnswer>(`${api}${TOPIC}?offset=598&limit=5`);
  expect(end).toMatchObject({ nextOffset: null, scanned: 2, of: 2 });

  for (const offset of ['1,2', '1,', 'a', '-1'])
    expect((await fetch(`${api}${TOPIC}?offset=${offset}`)).status).toBe(400);
  for (const offset of [600, 999_999]) {
    const none = { records: [], scanned: 0, of: 0, nextOffset: null };
    expect(await json(`${api}${TOPIC}?offset=${offset}`)).toEqual(none);
  }
  const found = await json<TopicRecordsAnswer>(`${api}${TOPIC}?field=category&value=Furniture&limit=1000`);
  const furniture = SALES.flatMap((line, offset) => (readSale(line).category === 'Furniture' ? [offset] : []));
  expect(found.records.map(({ offset }) => offset)).toEqual(furniture);
  const newest = await json<TopicRecordsAnswer>(`${api}${TOPIC}?field=category&value=Furniture&before=end&limit=5`);
  expect(newest.records.map(({ offset }) => offset)).toEqual(furniture.slice(-5).toReversed());
  const older = await json<TopicRecordsAnswer>(
    `${api}${TOPIC}?field=category&value=Furniture&before=${newest.nextBefore}&limit=1000`,
  );
  expect(older.records.map(({ offset }) => offset)).toEqual(furniture.slice(0, -5).toReversed());
  expect(older).not.toHaveProperty('nextBefore');
  const large = await json<TopicRecordsAnswer>(`${api}${TOPIC}?field=quantity&test=above&value=9&limit=1000`);
  const wanted = SALES.flatMap((line, offset) => (Number(parsed(line)['quantity']) > 9 ? [offset] : []));
  expect(large.records.map(({ offset }) => offset)).toEqual(wanted);

  const time = '2026-04-10 12:00:00';
  const later = await json<TopicRecordsAnswer>(`${api}${TOPIC}?time=${encodeURIComponent(time)}&limit=1`);
  const expected = SALES.findIndex((line) => readSale(line).ts.slice(0, 19).replace('T', ' ') >= time);
  expect(later.records[0]?.offset).toBe(expected);
  expect((await fetch(`${api}${TOPIC}?time=noon`)).status).toBe(400);

  const details = await json<RecordAnswer>(`${api}${TOPIC}/120`);
  expect(details.rows.map(({ report }) => report)).toEqual(daybook.runtime.plan.reports.map(({ name }) => name));
  for (const { report, row } of details.rows) {
    const { records } = await json<ExplanationAnswer>(
      `${api}/reports/${report}/records?${keyOf(report, row)}&limit=1000`,
    );
    expect(records.map(({ offset }) => offset)).toContain(120);
  }
});

it('a long search says how far it is, and what comes is followed with an honest count of what was skipped', async () => {
  await using daybook = await serveEmbedded();
  const { api } = daybook;
  await send(api, SALES.slice(0, 300));
  const ended = new AbortController();
  const names: string[] = [];
  const search = `${api}${TOPIC}?stream=true&field=city&value=nowhere`;
  for await (const [name, data] of events(search, ended.signal)) {
    names.push(name);
    if (name === 'chunk') expect(data).toMatchObject({ records: [], scanned: 300, of: 300 });
  }
  expect(names).toEqual(['chunk', 'end']);

  let [seen, skipped] = [0, 0];
  for await (const [name, data] of events(`${api}${TOPIC}?follow=true`, ended.signal)) {
    const { records, skipped: more, nextOffset } = data as TailEvent;
    expect(name).toBe('tail');
    if (seen + skipped === 0 && records.length === 0) {
      await send(api, SALES.slice(300, 310));
      await send(api, SALES.slice(310));
    }
    seen += records.length;
    skipped += more;
    for (const { offset, value } of records) expect(value).toBe(SALES[offset]);
    if (nextOffset === SALES.length) break;
  }
  expect(seen + skipped).toBe(300);
  expect(skipped).toBeGreaterThan(0);
});
