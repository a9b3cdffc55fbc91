import { createHash } from 'node:crypto';
import { getPriority } from 'node:os';
import { Admin } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { formatDay } from '../../src/base/calendar.ts';
import { quarantineTopic } from '../../src/compile/kafka/topics.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { STEPPED_BACK } from '../../src/runtimes/machine/priority.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { StackProcess } from './processes.ts';
import { readyUrl, startProcess } from './processes.ts';
import { openFeeder, untilReached } from './report-feeder.ts';
import { startServers } from './servers.ts';
import {
  apply,
  reportsInPostgres,
  rowsInCassandra,
  rowsInPostgres,
  sunkInCassandra,
  sunkInPostgres,
} from './stores.ts';

const plan = makePlan(daybook);
const SALES_AT_ONCE = 500;
/** Servers come back one after the other, on a machine that others may use too. */
const OUTAGES_MS = 900_000;
const PATIENT = { interval: 500, timeout: OUTAGES_MS };
/** For so long the stores are away: the sinks' attempts are rare by then. */
const AWAY_MS = 60_000;
/** More days than the report of days had messages. */
const NEW_DAYS = 9_000;
/** A message that is no record, and a row that is none. */
const NO_RECORD = 'no record at all';

/** Sends sales to the stream's topic as producers of others do: whatever they are, keyed by their id. */
async function send(broker: string, sales: readonly string[], between: (done: number) => Promise<void>): Promise<void> {
  await using producer = openTopicProducer({ bootstrapBrokers: broker.split(',') }, 'test');
  for (let at = 0; at < sales.length; at += SALES_AT_ONCE) {
    const some = sales.slice(at, at + SALES_AT_ONCE).map((sale) => ({
      topic: plan.stream.name,
      key: Buffer.from(sale.startsWith('{') ? readSale(sale).ts_id : 'none'),
      value: Buffer.from(sale),
    }));
    await untilReached(() => producer.send(some));
    await between(at / SALES_AT_ONCE);
  }
}

/** How many messages the topics of the stream and of its reports have had. */
async function messagesIn(broker: string): Promise<number> {
  await using reader = openTopicReader({ bootstrapBrokers: broker.split(',') }, 'test');
  const extents = await reader.extents([plan.stream.name, ...plan.reports.map(({ name }) => name)]);
  return extents.reduce((sum, { endOffset }) => sum + endOffset, 0);
}

/** How many rows each table has that the sinks fill, and a print of them; where the sinks stand is the last. */
async function allOfCassandra(node: string): Promise<ReadonlyMap<string, string>> {
  const records = ['daily_records', 'daybook.record_keys', 'daybook.days', 'daybook.buckets'];
  const tables = [...plan.reports.map(({ name }) => name), ...records, 'daybook.progress'];
  const all = new Map<string, string>();
  for (const table of tables.map((name) => (name.includes('.') ? name : `spark_streams.${name}`))) {
    const rows = await rowsInCassandra(node, `SELECT * FROM ${table}`);
    const text = rows.map((row) => JSON.stringify(row)).sort();
    all.set(table, `${rows.length}: ${createHash('sha256').update(text.join('\n')).digest('hex')}`);
  }
  return all;
}

const placesIn = (table: string): string => `SELECT topic, topic_id FROM daybook.${table}`;

/** The ids of the topics that are there. */
async function topicsAt(broker: string): Promise<Readonly<Record<string, string | undefined>>> {
  await using reader = openTopicReader({ bootstrapBrokers: [broker] }, 'test');
  const topics = [plan.stream.name, ...plan.reports.map(({ name }) => name), quarantineTopic(plan)];
  return Object.fromEntries((await reader.extents(topics)).map(({ topic, topicId }) => [topic, topicId]));
}

/** The id that the places in each topic have, which is the same. */
function idsOf(places: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string | undefined>> {
  const ids = Map.groupBy(places, ({ topic = '' }) => topic);
  return Object.fromEntries(
    [...ids].map(([topic, some]) => [topic, [...new Set(some.map(({ topic_id: id }) => id))].join()]),
  );
}

/** Deletes topics, has them made anew and fills them with more than they had. @returns the rows of the report of days */
async function remakeTopics(
  broker: string,
  environment: Readonly<Record<string, string>>,
  topics: readonly string[],
): Promise<Reports[string]> {
  const before = await topicsAt(broker);
  await using open = new AsyncDisposableStack();
  const admin = open.adopt(new Admin({ bootstrapBrokers: [broker], clientId: 'test' }), (each) => each.close());
  await admin.deleteTopics({ topics: [...topics] });
  // A topic is gone a moment after it was deleted.
  await expect
    .poll(async () => (await apply(environment, 'kafka'), topicsAt(broker).catch(() => before)))
    .toSatisfy((after: typeof before) => topics.every((topic) => after[topic] !== before[topic]));
  await using producer = openTopicProducer({ bootstrapBrokers: [broker] }, 'test');
  const days = Array.from({ length: NEW_DAYS }, (_, index) => formatDay(10_000 + index));
  const row = { daily_pu: 1, daily_rev: 2.5, daily_profit: 1, frame: 1 };
  const values = days.map((day) => ({ key: day, value: JSON.stringify({ ts_date: day, ...row }) }));
  const again = [
    ...values.map((each) => ({ ...each, topic: 'daily_pu_rev' })),
    ...values.map((each) => ({ ...each, topic: plan.stream.name })),
    { key: '', topic: quarantineTopic(plan), value: 'another that is no record' },
  ];
  await producer.send(
    again.map(({ topic, key, value }) => ({ topic, key: Buffer.from(key), value: Buffer.from(value) })),
  );
  return days.map((day) => ({ ts_date: day, daily_pu: '1', daily_rev: '2.5', daily_profit: '1' }));
}

/** The raw records, as they came, sorted. */
async function recordsIn(node: string): Promise<readonly string[]> {
  const rows = await rowsInCassandra(node, 'SELECT "_record" FROM spark_streams.daily_records');
  return rows.map((row) => row['_record'] ?? '').sort();
}

/** Of sales of one key the first, sorted. */
function firstOfEach(sales: readonly string[]): readonly string[] {
  return [...new Map(sales.toReversed().map((sale) => [readSale(sale).ts_id, sale])).values()].sort();
}

test('reports and records reach both stores to the last digit while sinks are killed, join and leave', async () => {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra']);
  const { kafka, postgres, cassandra } = servers.at;
  const environment = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
  await apply(environment, 'kafka', 'postgres', 'cassandra');
  await using processes = new AsyncDisposableStack();
  await using feeding = new AsyncDisposableStack();
  feeding.use(await openFeeder(plan, kafka)).follow();
  const start = (store: string): StackProcess => processes.use(startProcess(['sink', store], environment));
  const sales = mixedSales(20_000, { repeats: 0.05, seed: 7 });
  // Of a producer that nobody checks.
  const far = { ts_id: '00000000-0000-4000-8000-000000000062', ts: '2062-03-01 10:00:00', ts_date: '2062-03-01' };
  const ahead = JSON.stringify({ ...(JSON.parse(sales[0] ?? '{}') as object), ...far });
  const first = [start('postgres'), start('cassandra')];
  const later: StackProcess[] = [];
  await send(kafka, [...sales, NO_RECORD, ahead], async (done) => {
    if (done === 8) later.push(start('postgres'), start('cassandra'));
    if (done === 16) for (const each of first) await each.kill();
    if (done === 24) later.push(start('postgres'), start('cassandra'));
  });
  // Cassandra and its sink let others go first; no page waits for what they write.
  const cassandraPid = (await servers.stack.servers()).find(({ name }) => name === 'cassandra')?.pid;
  const niceness = [...later.slice(0, 2).map(({ child }) => child.pid), cassandraPid].map((pid) => getPriority(pid));
  expect(niceness).toEqual([getPriority(), STEPPED_BACK, STEPPED_BACK]);
  const expected = reportsOf(sales.map(readSale));
  await expect.poll(() => sunkInPostgres(plan, kafka, postgres), { interval: 1000 }).toEqual(expected);
  await expect.poll(() => sunkInCassandra(plan, kafka, cassandra), { interval: 1000 }).toEqual(expected);

  const unique = firstOfEach(sales);
  await expect.poll(() => recordsIn(cassandra), { interval: 1000 }).toEqual(unique);
  const counted = await rowsInCassandra(cassandra, 'SELECT accepted, duplicates, refused FROM daybook.progress');
  const sum = (name: string): number => counted.reduce((total, row) => total + Number(row[name]), 0);
  expect([sum('accepted'), sum('duplicates'), sum('refused')]).toEqual([
    unique.length,
    sales.length - unique.length,
    2,
  ]);
  const refused = `SELECT origin, code, convert_from(record, 'UTF8') AS record FROM daybook.quarantine ORDER BY code`;
  await expect
    .poll(() => rowsInPostgres(postgres, refused))
    .toMatchObject([
      { code: 'DATE_IN_THE_FUTURE', record: ahead },
      { code: 'NOT_JSON', record: NO_RECORD, origin: expect.stringMatching(/^kafka:daily_records\//) as string },
    ]);

  // What Cassandra acknowledged and lost is given to it again, also when nothing came meanwhile that could have failed.
  const workedOff = async (): Promise<number> =>
    (await rowsInCassandra(cassandra, 'SELECT next_offset FROM daybook.progress')).reduce(
      (sum, row) => sum + Number(row['next_offset']),
      0,
    );
  await expect.poll(workedOff).toBe(await messagesIn(kafka));
  const whole = await allOfCassandra(cassandra);
  for (const table of whole.keys()) await rowsInCassandra(cassandra, `TRUNCATE ${table}`);
  await expect.poll(() => allOfCassandra(cassandra), { interval: 1000 }).toEqual(whole);
  expect(await rowsInPostgres(postgres, refused)).toHaveLength(2);
  for (const each of later) expect(await each.stop(), each.text()).toBe(0);

  // Stores that a Daybook filled which noted no ids of topics: they are taken to be of the topics that are there.
  await rowsInPostgres(postgres, 'ALTER TABLE daybook.offsets DROP COLUMN topic_id');
  await rowsInPostgres(postgres, 'DELETE FROM daybook.versions WHERE version = 2');
  await rowsInCassandra(cassandra, 'ALTER TABLE daybook.progress DROP topic_id');
  await rowsInCassandra(cassandra, 'DELETE FROM daybook.versions WHERE version = 2');
  await apply(environment, 'postgres', 'cassandra');
  const upgraded = [start('postgres'), start('cassandra')];
  const old = await topicsAt(kafka);
  const idsInPostgres = async (): Promise<unknown> => idsOf(await rowsInPostgres(postgres, placesIn('offsets')));
  const idsInCassandra = async (): Promise<unknown> => idsOf(await rowsInCassandra(cassandra, placesIn('progress')));
  await expect.poll(idsInPostgres).toEqual({ ...old, [plan.stream.name]: undefined });
  await expect.poll(idsInCassandra).toEqual({ ...old, [quarantineTopic(plan)]: undefined });
  for (const each of upgraded) expect(each.text()).toContain('taken to be in the topics that are there');
  expect(await reportsInPostgres(plan, postgres)).toEqual(expected);

  // Tables that somebody drops under their sinks end them, with what to do, and are filled again once they were made.
  await rowsInPostgres(postgres, 'DROP TABLE daily_report.daily_pu_rev');
  await rowsInCassandra(cassandra, 'DROP TABLE spark_streams.daily_pu_rev');
  const more = mixedSales(1, { repeats: 0, seed: 71 });
  await send(kafka, more, async () => undefined);
  for (const each of upgraded) expect(await each.ended, each.text()).toBe(1);
  const [endOfPostgres = '', endOfCassandra = ''] = upgraded.map((each) => each.text());
  expect(endOfPostgres).toMatch(/daily_pu_rev.* Run daybook apply --target postgres\. \(POSTGRES_NOT_APPLIED\)/);
  expect(endOfCassandra).toMatch(/daily_pu_rev.* Run daybook apply --target cassandra\. \(CASSANDRA_NOT_APPLIED\)/);
  expect(endOfCassandra).not.toContain('does not answer');
  await apply(environment, 'postgres', 'cassandra');
  const again = [start('postgres'), start('cassandra')];
  const withMore = reportsOf([...sales, ...more].map(readSale));
  await expect.poll(() => sunkInPostgres(plan, kafka, postgres), { interval: 1000 }).toEqual(withMore);
  await expect.poll(() => sunkInCassandra(plan, kafka, cassandra), { interval: 1000 }).toEqual(withMore);
  for (const each of again) expect(await each.stop(), each.text()).toBe(0);

  // Topics that were made anew and have more messages than the old ones are not read on in their middle.
  await feeding.disposeAsync();
  const renewed = ['daily_records', 'daily_pu_rev', quarantineTopic(plan)];
  const longer = await remakeTopics(kafka, environment, renewed);
  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
  const place = { topic: 'daily_pu_rev', topicId: old['daily_pu_rev'], partition: 0, nextOffset: 0 };
  await expect(reader.read([place], 100)).rejects.toMatchObject({ code: 'TOPIC_MADE_ANEW' });
  const refusedSinks = [start('postgres'), start('cassandra')];
  for (const each of refusedSinks) expect(await each.ended, each.text()).toBe(1);
  const [ofPostgres = '', ofCassandra = ''] = refusedSinks.map((each) => each.text());
  expect(ofPostgres).toMatch(/run daybook apply --target postgres --drop daily_pu_rev, and.*\(SINK_OF_ANOTHER_TOPIC\)/);
  expect(ofPostgres).not.toContain('daily_category_product has');
  expect(ofCassandra).toMatch(/daily_records has the id .*drop its keyspaces.*\(SINK_OF_ANOTHER_TOPIC\)/);
  expect(await reportsInPostgres(plan, postgres)).toEqual(withMore);
  const dropped = await runDaybook(['apply', '--target', 'postgres', '--drop', 'daily_pu_rev'], '', environment);
  expect(dropped).toMatchObject({ code: 0 });
  const filling = start('postgres');
  await expect
    .poll(() => reportsInPostgres(plan, postgres), { interval: 1000 })
    .toEqual({ ...withMore, daily_pu_rev: longer });
  // What was refused once more is in the list once, and what is new comes to it, though its topic was made anew.
  await expect.poll(() => rowsInPostgres(postgres, refused)).toHaveLength(3);
  expect(await filling.stop(), filling.text()).toBe(0);
  for (const each of [...first, ...later, ...upgraded, ...again, ...refusedSinks, filling])
    expect(each.text()).not.toContain(new URL(postgres).password);
});

test(
  'sinks outlast PostgreSQL, Cassandra, a broker of three and all of Kafka being away under load',
  async () => {
    await using servers = await startServers(['kafka', 'postgres', 'cassandra'], { brokers: 3 });
    const { kafka, postgres, cassandra } = servers.at;
    const environment = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
    await apply(environment, 'kafka', 'postgres', 'cassandra');
    await using processes = new AsyncDisposableStack();
    await using feeder = await openFeeder(plan, kafka);
    feeder.follow();
    const sinks = ['postgres', 'cassandra'].map((store) => processes.use(startProcess(['sink', store], environment)));
    const serve = processes.use(startProcess(['serve', '--port', '0'], environment));
    await readyUrl(serve);
    const sales = mixedSales(10_000, { repeats: 0.05, seed: 8 });
    const step = sales.length / 4;
    const sent = async (index: number): Promise<void> =>
      send(kafka, sales.slice(index * step, (index + 1) * step), async () => undefined);
    const untilThere = async (parts: number): Promise<void> => {
      const expected = reportsOf(sales.slice(0, parts * step).map(readSale));
      await expect.poll(() => sunkInPostgres(plan, kafka, postgres), PATIENT).toEqual(expected);
      await expect.poll(() => sunkInCassandra(plan, kafka, cassandra), PATIENT).toEqual(expected);
    };
    await sent(0);
    await servers.stack.kill('postgres');
    await servers.stack.kill('cassandra');
    await sent(1);
    const awaySinceMs = performance.now();
    const failures = (text: string): number => text.split('it failed; trying again').length - 1;
    for (const each of sinks) await expect.poll(() => failures(each.text()), PATIENT).toBeGreaterThan(8);
    await expect.poll(() => performance.now() - awaySinceMs, PATIENT).toBeGreaterThan(AWAY_MS);
    await servers.stack.start('postgres');
    await servers.stack.start('cassandra');
    // Two of three brokers are enough for the sinks, whichever led the partitions and the group.
    await servers.stack.kill('kafka-1');
    await sent(2);
    await untilThere(3);
    // None is left that could lead anything.
    await servers.stack.kill('kafka-2');
    await servers.stack.kill('kafka-3');
    const before = sinks.map((each) => each.text().length);
    for (const [at, each] of sinks.entries()) {
      await expect.poll(() => each.text().slice(before[at]), PATIENT).toContain('KAFKA_UNREACHABLE');
    }
    await servers.stack.up(['kafka']);
    await sent(3);
    await untilThere(4);
    await expect.poll(() => recordsIn(cassandra), PATIENT).toEqual(firstOfEach(sales));
    // Partitions that nobody had when the sinks joined their group.
    const grown = await runDaybook(['apply', '--target', 'kafka', '--partitions', '8'], '', environment);
    expect(grown).toMatchObject({ code: 0, stdout: expect.stringContaining('8 partitions instead of 6') as string });
    const more = mixedSales(1_000, { repeats: 0, seed: 9 });
    await send(kafka, more, async () => undefined);
    await expect.poll(() => recordsIn(cassandra), PATIENT).toEqual(firstOfEach([...sales, ...more]));
    for (const each of [...sinks, serve]) expect(await each.stop(), each.text()).toBe(0);
  },
  OUTAGES_MS,
);
