import { expect, test } from 'vitest';
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
import { applyPostgres } from '../../src/stores/postgres/apply.ts';
import type { PostgresDatabase } from '../../src/stores/postgres/database.ts';
import { openPostgres } from '../../src/stores/postgres/database.ts';
import type { WrittenBatch } from '../../src/stores/postgres/report-sink.ts';
import { postgresReportSink } from '../../src/stores/postgres/report-sink.ts';
import { startServers } from './servers.ts';

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

async function openDatabase(url: string): Promise<PostgresDatabase> {
  const { hostname: host, port, username: user, password } = new URL(url);
  return openPostgres({ host, port: Number(port), user, password, database: 'daybook' });
}

/** Gives the database rows of the plan's one report. */
async function write(
  database: PostgresDatabase,
  plan: Plan,
  rows: readonly Row[],
  frame: number,
): Promise<WrittenBatch> {
  const report = present(plan.reports[0], 'it has one');
  const sink = postgresReportSink(database, plan);
  await sink.begin({ frame: 0, accepted: 0 });
  const versioned = rows.map((row) => ({
    row,
    key: JSON.stringify(report.dimensions.map(({ name }) => row[name])),
    frame,
  }));
  return sink.write({ reports: [{ report, rows: versioned }], quarantine: [], moves: [], frame: undefined });
}

test('a ratio of whole numbers keeps its fraction in the totals of the semantic model and of the dashboard', async () => {
  await using servers = await startServers(['postgres']);
  await using database = await openDatabase(servers.at.postgres);
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
  await using database = await openDatabase(servers.at.postgres);
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
  await using database = await openDatabase(servers.at.postgres);
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
