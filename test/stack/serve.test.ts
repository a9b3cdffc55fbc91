import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Reading, Row } from '../../src/ports/rows.ts';
import { cassandraConnection } from '../../src/runtimes/cassandra-connection.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openStackRuntime } from '../../src/runtimes/stack/stack.ts';
import { openCassandra } from '../../src/stores/cassandra/cluster.ts';
import { openPostgres } from '../../src/stores/postgres/database.ts';
import { postgresConnection } from '../../src/runtimes/postgres-connection.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import { expectReports, post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { TopicsAnswer } from '../../src/server/protocol.ts';
import type { StackProcess } from './processes.ts';
import { readyUrl, startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { startServers } from './servers.ts';
import { apply } from './stores.ts';

const plan = makePlan(daybook);
const REPORT = 'daily_category_product';
const MEASURES = ['daily_quantity', 'daily_rev', 'daily_profit'] as const;

const days = fc.option(fc.constantFrom('2026-04-03', '2026-04-10', '2026-04-20'), { nil: undefined });
const selections = {
  from: days,
  to: days,
  search: fc.constantFrom('', 'a', 'CHAIR', 'étagère', '桌', 'no such text'),
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
  for (const store of ['postgres', 'postgres', 'cassandra']) start('sink', store);
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

  const sales = mixedSales(6_000, { repeats: 0.05, seed: 9 });
  let whole = 0;
  for (let at = 0; at < sales.length; at += 100) {
    const { status, answer } = await post(url, sales.slice(at, at + 100));
    expect({ status, answer }).toMatchObject({ status: 200, answer: { accepted: 100 } });
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
  // No page waits for raw records: they come into Cassandra when others let its sink write them.
  const unique = new Map(sales.toReversed().map((sale) => [readSale(sale).ts_id, sale]));
  const rawRecords = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    for await (const chunk of runtime.records({})) lines.push(...Buffer.from(chunk).toString().trim().split('\n'));
    return lines.sort();
  };
  await expect.poll(rawRecords, { interval: 500 }).toEqual([...unique.values()].sort());

  const row = (await runtime.query(REPORT, { limit: 1 })).rows[0] ?? {};
  const key = Object.fromEntries(
    ['ts_date', 'category', 'sub_category', 'product_name'].map((name) => [name, String(row[name])]),
  );
  const asked = { report: REPORT, key, limit: 10, offset: 0 };
  const explained = await runtime.explain(asked, new AbortController().signal);
  const byEngine = await feeder.runtime.explain(asked, new AbortController().signal);
  expect(explained.computed).toEqual(explained.row);
  expect(explained.total).toBe(byEngine.total);

  const found = (await (
    await fetch(`${url}/api/v1/topics/daily_records/records?partition=1&limit=3&field=category&value=Furniture`)
  ).json()) as { records: { value: string; partition: number }[] };
  expect(found.records.map(({ value, partition }) => [readSale(value).category, partition])).toEqual([
    ['Furniture', 1],
    ['Furniture', 1],
    ['Furniture', 1],
  ]);
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
  const { duplicates } = await runtime.status();
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
