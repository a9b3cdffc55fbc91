import { Admin } from '@platformatic/kafka';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { kafkaTopics } from '../../src/compile/kafka/topics.ts';
import { ossie } from '../../src/compile/ossie/ossie.ts';
import { metricSql } from '../../src/compile/superset/dataset.ts';
import type { Report } from '../../src/daybook.ts';
import {
  count,
  date,
  decimal,
  defineDaybook,
  defineStream,
  integer,
  max,
  min,
  ratio,
  sum,
  text,
  timestamp,
} from '../../src/daybook.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { present } from '../../src/base/assert.ts';
import type { Row } from '../../src/ports/rows.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { SinkProgress } from '../../src/runtimes/stack/sink-progress.ts';
import { runPostgresSink } from '../../src/runtimes/stack/sink-postgres.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { applyPostgres } from '../../src/stores/postgres/apply.ts';
import type { PostgresDatabase } from '../../src/stores/postgres/database.ts';
import { postgresOwnReader } from '../../src/stores/postgres/own-reader.ts';
import { postgresReportReader } from '../../src/stores/postgres/report-reader.ts';
import type { WrittenBatch } from '../../src/stores/postgres/report-sink.ts';
import { postgresReportSink } from '../../src/stores/postgres/report-sink.ts';
import { startServers } from './servers.ts';
import { openDatabase } from './stores.ts';

interface Options {
  readonly measures: Report['measures'];
  readonly dimensions?: readonly string[];
  readonly fields?: Readonly<Record<string, ReturnType<typeof text>>>;
}

/** A plan of one report, by day and product unless told. */
function planOf({ measures, dimensions = ['day', 'product'], fields = {} }: Options): Plan {
  const stream = defineStream({
    name: 'sales',
    timeZone: 'UTC',
    currency: 'USD',
    primaryKey: 'id',
    eventTime: 'at',
    businessDate: 'day',
    fields: {
      id: text(),
      at: timestamp(),
      day: date(),
      product: text(),
      units: integer(),
      amount: decimal(),
      ...fields,
    },
  });
  const report = { name: 'products', title: 'Products', stream, dimensions, measures, where: {} };
  return makePlan(defineDaybook({ stream, reports: [report], dashboard: { title: '', tiles: [] } }));
}

/** Gives the database rows of the plan's one report, by a sink that comes when a frame is announced. */
async function write(
  database: PostgresDatabase,
  plan: Plan,
  rows: readonly Row[],
  frame: number,
  { announced = 0, since = 0 }: { readonly announced?: number; readonly since?: number } = {},
): Promise<WrittenBatch> {
  const report = present(plan.reports[0], 'it has one');
  const sink = postgresReportSink(database, plan);
  await sink.note([{ topic: report.name, topicId: 'one', partition: 0, firstOffset: 0, endOffset: 0 }]);
  await sink.begin({ frame: announced, accepted: 0 });
  const versioned = rows.map((row) => ({
    row,
    key: JSON.stringify(report.dimensions.map(({ name }) => row[name])),
    frame,
  }));
  return sink.write({ reports: [{ report, rows: versioned }], quarantine: [], moves: [], frame: undefined, since });
}

test('a ratio of whole numbers keeps its fraction in the totals of the semantic model and of the dashboard', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const plan = planOf({ measures: { most: max('units'), least: min('units'), spread: ratio('most', 'least') } });
  await applyPostgres(database, plan, []);
  const row = (product: string, units: number): Row => ({
    day: '2026-01-01',
    product,
    most: units,
    least: units,
    spread: 1_000_000n,
  });
  await write(database, plan, [row('a', 2), row('b', 5)], 1);
  const [report] = plan.reports;
  const measure = report?.measures.at(-1);
  if (report === undefined || measure === undefined) throw new Error('there is one');
  const total = ossie(plan).semantic_model[0].metrics.find(({ name }) => name === 'products.spread');
  const expressions = [total?.expression.dialects[0].expression, metricSql(measure, report)];
  for (const expression of expressions) {
    const [found] = await database.query(`SELECT (${expression})::float8 AS total FROM daily_report.products`);
    expect(found, expression).toEqual({ total: '2.5' });
  }
});

/** Words that the sink's own statements have for something else. */
const WORDS = ['o', 'c', 'n', 't', 'r', 'new', 'closed', 'written', 'amended', 'excluded', 'user', 'before', 'after'];

test('a measure and a dimension may have any name that is none of PostgreSQL’s own columns', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const measures = Object.fromEntries(WORDS.map((name) => [name, sum('amount')]));
  const amounts = (units: bigint): Row => Object.fromEntries(WORDS.map((name) => [name, units]));
  const asMeasures = planOf({ measures });
  await applyPostgres(database, asMeasures, []);
  const [day, closed] = [
    { day: '2026-01-28', product: 'a' },
    { day: '2026-01-01', product: 'a' },
  ];
  const fill = (plan: Plan, first: readonly Row[], late: Row): Promise<WrittenBatch> =>
    write(database, plan, first, 5).then(() => write(database, plan, [late], 6));
  expect(
    await fill(
      asMeasures,
      [day, closed].map((row) => ({ ...row, ...amounts(1n) })),
      { ...closed, ...amounts(2n) },
    ),
  ).toEqual({
    rows: 1,
    amendments: 1,
  });
  for (const name of WORDS) {
    const plan = planOf({ measures: { total: sum('amount') }, dimensions: ['day', name], fields: { [name]: text() } });
    await applyPostgres(database, plan, ['products']);
    const rows = [day, closed].map((row) => ({ day: row.day, [name]: 'x', total: 1n }));
    expect(await fill(plan, rows, { day: closed.day, [name]: 'x', total: 2n }), name).toEqual({
      rows: 1,
      amendments: 1,
    });
  }
});

test('a measure that is a ratio now may be null, whatever it was', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const parts = { units: sum('units'), total: sum('amount') };
  await applyPostgres(database, planOf({ measures: { x: sum('amount'), y: count(), ...parts } }), []);
  const plan = planOf({ measures: { x: ratio('total', 'units'), y: ratio('total', 'units'), ...parts } });
  expect((await applyPostgres(database, plan, [])).notes).toEqual([
    "daily_report.products: column 'y' is numeric(38,6) now, which holds all that bigint did",
    "daily_report.products: column 'x' may be null now",
    "daily_report.products: column 'y' may be null now",
  ]);
  expect(await applyPostgres(database, plan, [])).toMatchObject({ statements: [], notes: [] });
  const row = (product: string): Row => ({ day: '2026-01-01', product, x: null, y: null, units: 0, total: 0n });
  expect(await write(database, plan, [row('a'), row('é'.repeat(1_000))], 1)).toMatchObject({ rows: 2 });
});

test('a report that is filled again, and what an engine that began anew writes, is no amendment; what comes later is', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const before = planOf({ measures: { total: sum('amount') } });
  await applyPostgres(database, before, []);
  const rowsOf = (total: bigint, more: Row = {}): readonly Row[] =>
    [1, 2, 3, 28].map((day) => ({ day: `2026-01-${String(day).padStart(2, '0')}`, product: 'a', total, ...more }));
  await write(database, before, rowsOf(9n), 10);
  const later = (plan: Plan, frame: number, more: Row = {}) =>
    write(database, plan, rowsOf(BigInt(frame), more).slice(0, 1), frame);
  expect(await later(before, 11)).toEqual({ rows: 1, amendments: 1 });

  expect(await applyPostgres(database, before, ['products'])).toMatchObject({ refusals: [] });
  expect(await write(database, before, rowsOf(9n), 11, { announced: 11 })).toEqual({ rows: 4, amendments: 0 });
  expect(await later(before, 12)).toEqual({ rows: 1, amendments: 1 });

  const plan = planOf({ measures: { total: sum('amount'), units: sum('units') } });
  await applyPostgres(database, plan, []);
  const anew = { announced: 12, since: Number.MAX_SAFE_INTEGER };
  expect(await write(database, plan, rowsOf(5n, { units: 1 }), 20, anew)).toEqual({ rows: 4, amendments: 0 });
  expect(await write(database, plan, rowsOf(9n, { units: 2 }), 30, { since: 30 })).toEqual({ rows: 4, amendments: 0 });
  expect(await later(plan, 31, { units: 3 })).toEqual({ rows: 1, amendments: 1 });
});

/** What stands for Spark and runs the sink, on topics of a partition each. */
interface Feed extends AsyncDisposable {
  readonly database: PostgresDatabase;
  /** Writes rows of a frame, of days of January, and that the frame is whole. */
  readonly tell: (frame: number, accepted: number, days: readonly number[], row: object, how?: object) => Promise<void>;
  /** Runs a sink until it is told to end. */
  readonly run: (sinkOf: Plan, ended: AbortSignal) => Promise<void>;
  /** Has a sink write all that is there. @param frame  that is the newest then */
  readonly fill: (sinkOf: Plan, frame: number) => Promise<void>;
  readonly counts: () => Promise<{ readonly quarantined: number; readonly amendments: number }>;
}

async function openFeed(plan: Plan): Promise<Feed> {
  await using opening = new AsyncDisposableStack();
  const servers = opening.use(await startServers(['kafka', 'postgres']));
  const connection = { bootstrapBrokers: [servers.at.kafka] };
  const database = opening.use(openDatabase(servers.at.postgres));
  const producer = opening.use(openTopicProducer(connection, 'test'));
  const admin = opening.adopt(new Admin({ ...connection, clientId: 'test' }), (each) => each.close());
  await admin.createTopics({ topics: kafkaTopics(plan).map(({ name }) => name), partitions: 1, replicas: 1 });
  await applyPostgres(database, plan, []);

  const send = (topic: string, key: object, value: object) =>
    producer.send([{ topic, key: Buffer.from(JSON.stringify(key)), value: Buffer.from(JSON.stringify(value)) }]);
  const tell: Feed['tell'] = async (frame, accepted, days, row, how = {}) => {
    for (const day of days) {
      const key = { day: `2026-01-${String(day).padStart(2, '0')}`, product: 'a' };
      await send('products', key, { ...key, ...row, frame });
    }
    await send('sales_frames', { stream: 'sales' }, { stream: 'sales', frame, accepted, ...how });
  };
  const run: Feed['run'] = (sinkOf, ended) => {
    const [clock, logger] = [machineClock(), pino({ level: 'silent' })];
    const progress = new SinkProgress(clock, logger);
    return runPostgresSink({ plan: sinkOf, connection, database, progress, clock, logger, ended });
  };
  const fill: Feed['fill'] = async (sinkOf, frame) => {
    const ended = new AbortController();
    const running = run(sinkOf, ended.signal);
    await Promise.race([
      running,
      expect.poll(() => postgresReportReader(database, sinkOf).wholeFrame(), { timeout: 60_000 }).toBe(frame),
    ]);
    ended.abort();
    await running;
  };
  const counts: Feed['counts'] = async () => {
    const { quarantined, amendments } = await postgresOwnReader(database, plan).counts();
    return { quarantined, amendments };
  };
  const open = opening.move();
  return { database, tell, run, fill, counts, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const DAYS = Array.from({ length: 28 }, (_, index) => index + 1);

test('a measure that is added over filled topics leaves neither refused rows nor amendments behind', async () => {
  const plan = planOf({ measures: { total: sum('amount') } });
  await using feed = await openFeed(plan);
  const { database, tell, fill, counts } = feed;
  await tell(10, 28, DAYS, { total: 9 });
  await fill(plan, 10);
  await tell(11, 29, [1], { total: 10 });
  await fill(plan, 11);
  expect(await counts()).toEqual({ quarantined: 0, amendments: 1 });

  // As Spark does it: what it reads again comes bit by bit, the newest day first here.
  const more = planOf({ measures: { total: sum('amount'), units: sum('units') } });
  await applyPostgres(database, more, []);
  await tell(12, 20, DAYS.toReversed(), { total: 3, units: 1 }, { anew: 29 });
  await fill(more, 12);
  await tell(13, 29, DAYS, { total: 9, units: 3 }, { since: 13 });
  await fill(more, 13);
  expect(await counts()).toEqual({ quarantined: 0, amendments: 1 });
  await tell(14, 30, [2], { total: 12, units: 4 }, { since: 13 });
  await fill(more, 14);
  expect(await counts()).toEqual({ quarantined: 0, amendments: 2 });
  const [amendment] = await database.query('SELECT before, after FROM daybook.amendments ORDER BY id DESC LIMIT 1');
  expect(JSON.parse(amendment?.['before'] ?? '')).toEqual({ day: '2026-01-02', product: 'a', total: 9, units: 3 });
});

test('a table of the sink’s own that somebody dropped is made anew by apply, and nothing is there twice', async () => {
  const plan = planOf({ measures: { total: sum('amount') } });
  await using feed = await openFeed(plan);
  const { database, tell, run, fill, counts } = feed;
  const shape = (): Promise<readonly object[]> =>
    database.query(`SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum) AS default,
  (SELECT json_agg(pg_get_constraintdef(k.oid) ORDER BY k.contype) FROM pg_constraint k WHERE k.conrelid = c.oid) AS constraints
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'daybook'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`);
  const asMade = await shape();
  await tell(10, 28, DAYS, { total: 9 });
  await fill(plan, 10);

  let [frame, amendments, quarantined] = [10, 0, 0];
  /** A row that cannot be taken, and a closed day that changes. */
  const change = async (): Promise<void> => {
    frame++;
    await tell(frame, frame, [3], { product: frame, total: 9 });
    await tell(frame, frame, [1], { total: frame });
    quarantined++;
    amendments++;
  };
  await change();
  await fill(plan, frame);
  expect(await counts()).toEqual({ quarantined, amendments });
  for (const dropped of [
    ['offsets'],
    ['quarantine'],
    ['frames'],
    ['amendments'],
    ['frames', 'offsets', 'quarantine'],
  ]) {
    for (const name of dropped) await database.query(`DROP TABLE daybook.${name}`);
    if (dropped.includes('amendments')) amendments = 0;
    await change();
    // Where neither table says what was there before, it was that as well.
    if (dropped.includes('frames') && dropped.includes('offsets')) amendments--;
    const failed = run(plan, new AbortController().signal);
    await expect(failed, String(dropped)).rejects.toMatchObject({ code: 'POSTGRES_NOT_APPLIED' });
    const { notes } = await applyPostgres(database, plan, []);
    expect(new Set(notes.map((note) => note.split(':')[0]))).toEqual(new Set(dropped.map((name) => `daybook.${name}`)));
    expect(await applyPostgres(database, plan, [])).toEqual({ statements: [], notes: [], refusals: [] });
    expect(await shape()).toEqual(asMade);
    await fill(plan, frame);
    expect(await counts(), String(dropped)).toEqual({ quarantined, amendments });
    await change();
    await fill(plan, frame);
    expect(await counts(), String(dropped)).toEqual({ quarantined, amendments });
    const rows = await database.query(`SELECT to_char(day, 'DD') AS day, total::float8 FROM daily_report.products`);
    const expected = DAYS.map((day) => ({ day: String(day).padStart(2, '0'), total: String(day === 1 ? frame : 9) }));
    expect(rows.toSorted((a, b) => Number(a['day']) - Number(b['day']))).toEqual(expected);
  }
});
