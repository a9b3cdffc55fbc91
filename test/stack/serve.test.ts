import { isDeepStrictEqual } from 'node:util';
import { Admin } from '@platformatic/kafka';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { ReportPlan } from '../../src/plan/plan.ts';
import type { Reading, Row } from '../../src/ports/rows.ts';
import { reportNamed } from '../../src/plan/query-names.ts';
import type { Runtime } from '../../src/ports/runtime.ts';
import { DaybookError } from '../../src/base/errors.ts';
import { cassandraConnection } from '../../src/runtimes/cassandra-connection.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openStackRuntime } from '../../src/runtimes/stack/stack.ts';
import type { CassandraCluster } from '../../src/stores/cassandra/cluster.ts';
import { openCassandra } from '../../src/stores/cassandra/cluster.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { openPostgres } from '../../src/stores/postgres/database.ts';
import { postgresConnection } from '../../src/runtimes/postgres-connection.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import { expectReports, post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { TopicRecordInfo, TopicRecordsAnswer, TopicsAnswer } from '../../src/server/protocol.ts';
import type { StackProcess } from './processes.ts';
import { readyUrl, startProcess } from './processes.ts';
import type { ReportFeeder } from './report-feeder.ts';
import { openFeeder } from './report-feeder.ts';
import { sendRecords, tellLateDay } from './report-topics.ts';
import { startServers } from './servers.ts';
import { apply, rowsInPostgres } from './stores.ts';
import { readTopic } from './topic-messages.ts';

const plan = makePlan(daybook);
const REPORT = 'daily_category_product';
const MEASURES = ['daily_quantity', 'daily_rev', 'daily_profit'] as const;

const days = fc.option(fc.constantFrom('2026-04-03', '2026-04-10', '2026-04-20'), { nil: undefined });
const selections = {
  from: days,
  to: days,
  search: fc.constantFrom('', 'a', 'CHAIR', 'étagère', '桌', 'no such text', 'a\0'),
  equals: fc.constantFrom({}, { category: ['Furniture'] }, { category: ['Furniture', 'x'], ts_date: ['2026-04-14'] }),
};
const columns = fc.constantFrom('ts_date', 'category', 'product_name', ...MEASURES);
const sort = (column: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.record({ column, descending: fc.boolean() }), { maxLength: 3, selector: (key) => key.column });
const rowsAsked = fc.record({
  ...selections,
  sort: sort(columns),
  extentOf: fc.constantFrom(...MEASURES),
  limit: fc.nat(40),
  offset: fc.nat(40),
});
const totalsAsked = fc
  .record({
    ...selections,
    by: fc.subarray(['ts_date', 'category', 'sub_category'] as const),
    measure: fc.constantFrom(...MEASURES),
    trend: fc.boolean(),
    descending: fc.boolean(),
  })
  .map(({ descending, ...query }) => ({ ...query, sort: [{ column: query.measure, descending }] }));
const readings: fc.Arbitrary<Reading> = fc.oneof(
  rowsAsked.map((query) => ({ kind: 'rows', report: REPORT, query: defined(query) }) as unknown as Reading),
  totalsAsked.map((query) => ({ kind: 'totals', report: REPORT, query: defined(query) }) as unknown as Reading),
);

function defined(query: object): object {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** The revenue of each day, as one report has it. */
function revenueByDay(rows: readonly Row[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { ts_date: day, daily_rev: revenue } of rows) {
    sums.set(String(day), (sums.get(String(day)) ?? 0n) + (revenue as bigint));
  }
  return sums;
}

/** A sale like another one, of another key and day. */
function saleOf(sale = '{}', { ts_id, day }: { readonly ts_id: string; readonly day: string }): string {
  return JSON.stringify({ ...(JSON.parse(sale) as object), ts_id, ts: `${day} 10:00:00`, ts_date: day });
}

/** A row's key, as it is asked for. */
function keyOf(report: ReportPlan, row: Row): Readonly<Record<string, string>> {
  return Object.fromEntries(report.dimensions.map(({ name }) => [name, String(row[name])]));
}

/** Has records of all partitions searched page by page, from the newest on or from the oldest: together they are all that there are. */
async function expectPages(url: string, kafka: string, from: 'newest' | 'oldest'): Promise<void> {
  const given: TopicRecordInfo[] = [];
  const path = `${url}/api/v1/topics/daily_records/records?field=category&value=Furniture&limit=700`;
  const [begin, name] = from === 'newest' ? ['end', 'before'] : ['0', 'offset'];
  for (let at: string | undefined = begin; at !== undefined;) {
    const answer = (await (await fetch(`${path}&${name}=${at}`)).json()) as TopicRecordsAnswer;
    given.push(...answer.records);
    at = from === 'newest' ? answer.nextBefore : answer.nextOffsets;
  }
  const messages = (await readTopic(kafka, 'daily_records')).filter(
    ({ value }) => readSale(value).category === 'Furniture',
  );
  const partitions = new Set(messages.map(({ partition }) => partition));
  expect(partitions.size).toBeGreaterThan(1);
  expect(given).toHaveLength(messages.length);
  for (const each of partitions) {
    const values = (records: readonly { readonly partition: number; readonly value: string }[]) =>
      records.filter(({ partition }) => partition === each).map(({ value }) => value);
    expect(values(given)).toEqual(from === 'newest' ? values(messages).toReversed() : values(messages));
  }
}

/** Sends two sales of a closed day, one of them over several lines, and has its rows explained. */
async function expectExplainedLate(
  runtime: Runtime,
  { kafka, postgres }: { readonly kafka: string; readonly postgres: string },
  sale: string | undefined,
): Promise<void> {
  const day = '2026-03-01';
  const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
  const [first = '', second = ''] = ids.map((ts_id) => saleOf(sale, { ts_id, day }));
  await sendRecords(plan, kafka, [JSON.stringify(JSON.parse(first), undefined, 2), second]);
  const rowsOf = async (name: string): Promise<readonly Row[]> =>
    (await runtime.query(name, { from: day, to: day })).rows;
  const { quantity } = JSON.parse(first) as { readonly quantity: number };
  await expect.poll(async () => (await rowsOf(REPORT))[0]?.['daily_quantity']).toBe(2 * quantity);
  // Far more came after theirs than are listed at once.
  await rowsInPostgres(
    postgres,
    `INSERT INTO daybook.amendments (report, frame, after)
SELECT report, frame, jsonb_set(after, '{ts_date}', '"2026-03-02"') FROM daybook.amendments, generate_series(1, 1001)`,
  );
  for (const report of plan.reports) {
    const [row = {}] = await rowsOf(report.name);
    const asked = { report: report.name, key: keyOf(report, row), limit: 10, offset: 0 };
    const explain = () => runtime.explain(asked, new AbortController().signal);
    await expect.poll(async () => (await explain()).total).toBe(2);
    const { computed, records, amendments } = await explain();
    expect(computed).toEqual(row);
    expect(records.map(({ value }) => readSale(value).ts_id).sort()).toEqual(ids);
    expect(amendments[0]?.after).toEqual(row);
    for (const { partition, offset, value } of records) {
      const found = await runtime.topicRecord(plan.stream.name, partition, offset);
      expect(readSale(found.record.value)).toEqual(readSale(value));
      expect(found.rows.map(({ report: name }) => name)).toEqual(plan.reports.map(({ name }) => name));
    }
  }
}

/** Sends one more sale of a closed day while the engine rests, and has its row explained before anybody has counted it, and then. */
async function expectExplainedWaiting(
  runtime: Runtime,
  feeder: ReportFeeder,
  kafka: string,
  sale: string | undefined,
): Promise<void> {
  const day = '2026-03-01';
  const asked = { report: 'daily_pu_rev', key: { ts_date: day }, limit: 10, offset: 0 };
  const explain = () => runtime.explain(asked, new AbortController().signal);
  const before = await explain();
  await feeder.rest();
  await sendRecords(plan, kafka, [saleOf(sale, { ts_id: '00000000-0000-4000-8000-000000000021', day })]);
  await expect.poll(async () => (await explain()).total).toBe(before.total + 1);
  const uncounted = await explain();
  expect([uncounted.row, uncounted.waiting]).toEqual([before.row, 0]);
  expect(uncounted.computed).not.toEqual(before.row);
  await tellLateDay(plan, kafka, { day, seen: before.total + 1, kept: before.total, frame: feeder.frame });
  expect((await explain()).waiting).toBe(1);
  feeder.follow();
  await expect
    .poll(async () => {
      const { row, waiting } = await explain();
      return [row, waiting];
    })
    .toEqual([uncounted.computed, 0]);
}

/** Somebody adds partitions to a report's topic: what is told of sales from then on has their rows, too. */
async function expectAddedFollowed(runtime: Runtime, kafka: string): Promise<void> {
  await using open = new AsyncDisposableStack();
  const connection = { bootstrapBrokers: [kafka], clientId: 'test' };
  const admin = open.adopt(new Admin(connection), (each) => each.close());
  const reader = open.use(openTopicReader(connection, 'test'));
  const before = (await reader.extents([REPORT])).length;
  await admin.createPartitions({ topics: [{ name: REPORT, count: 2 * before, assignments: null }] });
  // Who writes rows looks after some seconds only.
  const added = async (): Promise<number> => {
    await sendRecords(plan, kafka, mixedSales(20, { repeats: 0, seed: seed++ }));
    const extents = await reader.extents([REPORT]);
    return extents.filter(({ partition, endOffset }) => partition >= before && endOffset > 0).length;
  };
  let seed = 100;
  await expect.poll(added, { interval: 500 }).toBeGreaterThan(0);
  const told = new Map<string, Row>();
  const report = reportNamed(plan, REPORT);
  const nameOf = (row: Row): string => JSON.stringify(keyOf(report, row));
  open.defer(
    runtime.subscribe(({ reports }) => {
      const { rows = [] } = reports.find(({ report: { name } }) => name === REPORT) ?? {};
      for (const row of rows) told.set(nameOf(row), row);
    }),
  );
  const sales = mixedSales(100, { repeats: 0, seed });
  await sendRecords(plan, kafka, sales);
  const wanted = new Set((reportsOf(sales.map(readSale))[REPORT] ?? []).map((row) => nameOf(row)));
  await expect.poll(() => [...wanted].filter((name) => !told.has(name)), { interval: 300 }).toEqual([]);
  const asStored = async (): Promise<readonly Row[]> =>
    (await runtime.query(REPORT, {})).rows.filter((row) => wanted.has(nameOf(row)));
  await expect.poll(asStored, { interval: 300 }).toSatisfy((rows: readonly Row[]) => {
    return rows.length === wanted.size && rows.every((row) => isDeepStrictEqual(row, told.get(nameOf(row))));
  });
}

/**
 * Has rows of an open day explained when Cassandra has a sale that no frame has, as the engine rests, and when it lacks one that the
 * newest frame has, as its sink does: each time the records give the row.
 */
async function expectExplainedAsOfItsFrame(
  runtime: Runtime,
  feeder: ReportFeeder,
  {
    kafka,
    cluster,
    sink,
    startSink,
  }: {
    readonly kafka: string;
    readonly cluster: CassandraCluster;
    readonly sink: StackProcess;
    readonly startSink: () => StackProcess;
  },
  sale: string | undefined,
): Promise<StackProcess> {
  const day = String((await runtime.query('daily_pu_rev', { limit: 1 })).rows[0]?.['ts_date']);
  const send = (ts_id: string): Promise<unknown> => sendRecords(plan, kafka, [saleOf(sale, { ts_id, day })]);
  const explain = () =>
    runtime.explain(
      { report: 'daily_pu_rev', key: { ts_date: day }, limit: 10, offset: 0 },
      new AbortController().signal,
    );
  const { accepted } = await runtime.status();
  const before = await explain();
  expect(before.computed).toEqual(before.row);

  await feeder.rest();
  const early = '00000000-0000-4000-8000-000000000011';
  await send(early);
  const known = `SELECT key FROM daybook.record_keys WHERE stream = '${plan.stream.name}' AND key = '${early}'`;
  await expect.poll(async () => (await cluster.run(known)).length).toBe(1);
  const ahead = await explain();
  expect([ahead.row, ahead.computed, ahead.total]).toEqual([before.row, before.row, before.total]);

  await sink.stop();
  await send('00000000-0000-4000-8000-000000000012');
  feeder.follow();
  await expect.poll(async () => (await runtime.status()).accepted).toBe(accepted + 2);
  const waiting = explain();
  const started = startSink();
  // A sink that starts may take longer than anybody waits.
  const behind = await waiting.catch((error: unknown) => {
    if (!(error instanceof DaybookError) || error.code !== 'SINK_BEHIND') throw error;
    return explain();
  });
  expect([behind.computed, behind.total]).toEqual([behind.row, before.total + 2]);
  return started;
}

/** Stops Cassandra's sink, and has a day exported that it has not written: before it comes back, and when it does. */
async function expectExportWaits(
  runtime: Runtime,
  {
    kafka,
    sink,
    startSink,
  }: { readonly kafka: string; readonly sink: StackProcess; readonly startSink: () => StackProcess },
  sale: string | undefined,
): Promise<void> {
  await sink.stop();
  const day = '2026-03-05';
  const unwritten = saleOf(sale, { ts_id: '00000000-0000-4000-8000-000000000003', day });
  await sendRecords(plan, kafka, [unwritten]);
  const exported = async (): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of runtime.records({ from: day, to: day })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  await expect(exported()).rejects.toMatchObject({ code: 'SINK_BEHIND', retryable: true, details: { missing: 1 } });
  const waiting = exported();
  startSink();
  expect(await waiting).toBe(`${unwritten}\n`);
}

test('the stack is served: records in by HTTP, whole frames out, and every question answered as the engine does', async () => {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra']);
  const { kafka, postgres, cassandra } = servers.at;
  const environment = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
  await apply(environment, 'kafka', 'postgres', 'cassandra');
  await using processes = new AsyncDisposableStack();
  await using feeder = await openFeeder(plan, kafka);
  feeder.follow();
  const start = (...args: readonly string[]): StackProcess => processes.use(startProcess(args, environment));
  // Two sinks of PostgreSQL, so that a frame is two transactions.
  for (let i = 0; i < 2; i++) start('sink', 'postgres');
  const cassandraSink = start('sink', 'cassandra');
  const url = await readyUrl(start('serve', '--port', '0'));

  process.env['DAYBOOK_POSTGRES'] = postgres;
  await using database = openPostgres(postgresConnection(postgres));
  await using cluster = openCassandra(cassandraConnection(cassandra));
  const runtime = openStackRuntime({
    plan,
    connection: { bootstrapBrokers: [kafka] },
    database,
    cluster,
    clock: machineClock(),
    logger: pino({ level: 'silent' }),
  });
  processes.defer(() => runtime.close());
  let told = 0;
  runtime.subscribe(({ offset }) => {
    expect(offset).toBeGreaterThan(told);
    told = offset;
  });

  const mixed = mixedSales(6_000, { repeats: 0.05, seed: 9 });
  // One has a mistyped year: trends are of 400 days all the same.
  const mistyped = saleOf(mixed[0], { ts_id: '00000000-0000-4000-8000-000000000026', day: '0026-04-02' });
  const sales = [mistyped, ...mixed];
  let whole = 0;
  for (let at = 0; at < sales.length; at += 100) {
    const { status, answer } = await post(url, sales.slice(at, at + 100));
    expect({ status, answer }).toMatchObject({ status: 200, answer: { accepted: Math.min(100, sales.length - at) } });
    // However long it takes the sinks to be there.
    if (at === 0) await expect.poll(() => told).toBeGreaterThan(0);
    const before = told;
    const { frame, answers } = await runtime.read([
      { kind: 'rows', report: 'daily_pu_rev', query: {} },
      { kind: 'rows', report: REPORT, query: {} },
    ]);
    // What was told can be read, and both reports are of one frame: their sums agree.
    expect(frame).toBeGreaterThanOrEqual(before);
    expect(revenueByDay(answers[1]?.rows ?? [])).toEqual(revenueByDay(answers[0]?.rows ?? []));
    if (frame > 0) whole++;
  }
  expect(whole).toBeGreaterThan(5);
  const expected = reportsOf(sales.map(readSale));
  await expect
    .poll(async () => rowTexts((await runtime.query('daily_pu_rev', {})).rows), { interval: 300 })
    .toEqual(expected['daily_pu_rev']);
  await expectReports(url, sales);

  await fc.assert(
    fc.asyncProperty(readings, async (reading) => {
      const [own] = (await runtime.read([reading])).answers;
      const [engine] = (await feeder.runtime.read([reading])).answers;
      expect({ ...own, frame: 0 }).toEqual({ ...engine, frame: 0 });
    }),
    { numRuns: 150 },
  );
  await expect.poll(async () => (await runtime.status()).duplicates).toBeGreaterThan(100);
  // Who reads raw records waits for Cassandra's sink, which comes after others.
  const unique = new Map(sales.toReversed().map((sale) => [readSale(sale).ts_id, sale]));
  const rawRecords = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    for await (const chunk of runtime.records({})) lines.push(...Buffer.from(chunk).toString().trim().split('\n'));
    return lines.sort();
  };
  expect(await rawRecords()).toEqual([...unique.values()].sort());

  const row = (await runtime.query(REPORT, { limit: 1 })).rows[0] ?? {};
  const key = keyOf(reportNamed(plan, REPORT), row);
  const asked = { report: REPORT, key, limit: 10, offset: 0 };
  const explained = await runtime.explain(asked, new AbortController().signal);
  const byEngine = await feeder.runtime.explain(asked, new AbortController().signal);
  expect(explained.computed).toEqual(explained.row);
  expect(explained.total).toBe(byEngine.total);
  const startSink = (): StackProcess => start('sink', 'cassandra');
  const explaining = { kafka, cluster, sink: cassandraSink, startSink };
  const secondSink = await expectExplainedAsOfItsFrame(runtime, feeder, explaining, sales[0]);
  await expectExplainedLate(runtime, { kafka, postgres }, sales[0]);
  await expectExplainedWaiting(runtime, feeder, kafka, sales[0]);
  await expectExportWaits(runtime, { kafka, sink: secondSink, startSink }, sales[0]);
  await expectAddedFollowed(runtime, kafka);

  const found = (await (
    await fetch(`${url}/api/v1/topics/daily_records/records?partition=1&limit=3&field=category&value=Furniture`)
  ).json()) as { records: { value: string; partition: number }[] };
  expect(found.records.map(({ value, partition }) => [readSale(value).category, partition])).toEqual([
    ['Furniture', 1],
    ['Furniture', 1],
    ['Furniture', 1],
  ]);
  await expectPages(url, kafka, 'newest');
  await expectPages(url, kafka, 'oldest');
  const { topics } = (await (await fetch(`${url}/api/v1/topics`)).json()) as TopicsAnswer;
  const stored = [...unique.values()].reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  expect(topics.find(({ name }) => name === 'daily_records')?.bytes).toBeGreaterThan(stored / 20);
  // Who watches over it sees how far each group is.
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  for (const [group, topic] of [
    ['daybook-postgres-daily_records', 'daily_pu_rev'],
    ['daybook-cassandra-daily_records', 'daily_records'],
  ]) {
    const lag = `daybook_consumer_lag_messages{group="${group}",topic="${topic}",partition="0"} 0\n`;
    await expect.poll(metrics, { interval: 500 }).toContain(lag);
  }
  expect(await metrics()).toMatch(/daybook_consumer_offset_total\{group="daybook-cassandra-daily_records",.*\} [1-9]/);

  // Reports are in PostgreSQL: nobody who reads them, or looks whether it is ready, waits for Cassandra.
  const duplicates = sales.length - unique.size;
  await expect.poll(async () => (await runtime.status()).duplicates).toBe(duplicates);
  await servers.stack.kill('cassandra');
  await expect.poll(async () => (await fetch(`${url}/api/v1/duplicates`)).status).toBe(503);
  for (const path of [
    '/readyz',
    '/metrics',
    '/api/v1/pipeline',
    '/api/v1/pipeline/details',
    '/api/v1/reports/daily_pu_rev',
  ]) {
    expect({ path, status: (await fetch(url + path)).status }).toEqual({ path, status: 200 });
  }
  expect((await runtime.status()).duplicates).toBe(duplicates);

  await servers.stack.kill('postgres');
  const refused = await fetch(`${url}/api/v1/reports/daily_pu_rev`);
  expect({ status: refused.status, body: await refused.json() }).toMatchObject({
    status: 503,
    body: { code: 'POSTGRES_UNREACHABLE' },
  });
  expect(await metrics()).toContain('\ndaybook_ready 0\n');
  await servers.stack.start('postgres');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
});
