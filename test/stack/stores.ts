import type { types } from 'cassandra-driver';
import { Client } from 'cassandra-driver';
import pg from 'pg';
import { expect } from 'vitest';
import { present } from '../../src/base/assert.ts';
import { microsText, parseMicros } from '../../src/base/decimal.ts';
import { quarantineTopic } from '../../src/compile/kafka/topics.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import type { PostgresDatabase } from '../../src/stores/postgres/database.ts';
import { openPostgres } from '../../src/stores/postgres/database.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { sortedRows } from '../oracle/furniture-store.ts';
import { runDaybook } from '../process/daybook-process.ts';

/** Topics and tables are made by the commands, as a user makes them. */
export async function apply(
  environment: Readonly<Record<string, string>>,
  ...targets: readonly string[]
): Promise<void> {
  for (const target of targets) {
    const { code, stderr } = await runDaybook(['apply', '--target', target], '', environment);
    expect({ target, code, stderr }).toEqual({ target, code: 0, stderr: '' });
  }
}

/** PostgreSQL at the address that a test was given, user and password in it. */
export function openDatabase(url: string): PostgresDatabase {
  const { hostname: host, port, username: user, password } = new URL(url);
  return openPostgres({ host, port: Number(port), user, password, database: 'daybook' });
}

/** The reports in PostgreSQL, as the oracle has them: each cell as text. */
export async function reportsInPostgres(plan: Plan, url: string): Promise<Reports> {
  const reports: Record<string, Reports[string]> = {};
  for (const { name, columns } of plan.reports) {
    const cells = columns.map((column) => `"${column.name}"`);
    const rows = await rowsInPostgres(url, `SELECT ${cells.join(', ')} FROM daily_report."${name}"`);
    reports[name] = sortedRows(rows.map((row) => asOracle(columns, row)));
  }
  return reports;
}

/**
 * The reports in PostgreSQL once its sinks have worked off what their topics hold; until then, how much is left: who waits
 * for many rows by reading them all, again and again, takes the cores that the sinks need.
 */
export async function sunkInPostgres(plan: Plan, kafka: string, url: string): Promise<Reports | string> {
  const places = await rowsInPostgres(url, 'SELECT topic, partition, next_offset FROM daybook.offsets');
  const left = await messagesBehind([quarantineTopic(plan), ...reportTopics(plan)], kafka, places);
  return left === 0 ? reportsInPostgres(plan, url) : `${left} messages are left for PostgreSQL`;
}

/** The reports in Cassandra once its sinks have worked off what their topics hold, as `sunkInPostgres`. */
export async function sunkInCassandra(plan: Plan, kafka: string, node: string): Promise<Reports | string> {
  const places = await rowsInCassandra(node, 'SELECT topic, partition, next_offset FROM daybook.progress');
  const left = await messagesBehind([plan.stream.name, ...reportTopics(plan)], kafka, places);
  return left === 0 ? reportsInCassandra(plan, node) : `${left} messages are left for Cassandra`;
}

const reportTopics = (plan: Plan): readonly string[] => plan.reports.map(({ name }) => name);

/** How many messages the topics hold behind the places that a store has noted. */
async function messagesBehind(
  topics: readonly string[],
  kafka: string,
  places: readonly Readonly<Record<string, string>>[],
): Promise<number> {
  await using reader = openTopicReader({ bootstrapBrokers: kafka.split(',') }, 'test');
  const next = new Map(places.map((each) => [`${each['topic']}/${each['partition']}`, Number(each['next_offset'])]));
  return (await reader.extents(topics)).reduce(
    (left, { topic, partition, endOffset }) => left + Math.max(0, endOffset - (next.get(`${topic}/${partition}`) ?? 0)),
    0,
  );
}

/** What PostgreSQL has of a report's amendments. */
interface AmendmentsOfReport {
  /** The days of which rows were amended. */
  readonly days: readonly string[];
  /** Rows whose newest amendment is not how they are. */
  readonly differing: number;
  /** Amendments that do not begin with what the one before ended with. */
  readonly broken: number;
}

export async function amendmentsIn(plan: Plan, url: string, name: string): Promise<AmendmentsOfReport> {
  const report = plan.reports.find((each) => each.name === name);
  const keyOf = (row: string): string =>
    `jsonb_build_array(${report?.dimensions.map((each) => `${row} -> '${each.name}'`).join(', ')})`;
  const rows = await rowsInPostgres(
    url,
    `WITH amended AS (
  SELECT id, before, after, ${keyOf('after')} AS key, lag(after) OVER same AS previous, row_number() OVER newest AS place
  FROM daybook.amendments WHERE report = '${name}'
  WINDOW same AS (PARTITION BY ${keyOf('after')} ORDER BY id), newest AS (PARTITION BY ${keyOf('after')} ORDER BY id DESC)
), current AS (
  SELECT ${keyOf('to_jsonb(t)')} AS key, to_jsonb(t) - 'frame' AS row FROM daily_report."${name}" t
)
SELECT a.after ->> '${plan.stream.businessDate.name}' AS day,
  count(*) FILTER (WHERE a.place = 1 AND c.row IS DISTINCT FROM a.after) AS differing,
  count(*) FILTER (WHERE a.previous IS NOT NULL AND a.before IS DISTINCT FROM a.previous) AS broken
FROM amended a LEFT JOIN current c USING (key) GROUP BY day`,
  );
  const sum = (column: 'differing' | 'broken'): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  return { days: rows.map(({ day }) => day ?? ''), differing: sum('differing'), broken: sum('broken') };
}

/** What a query gives, each cell as text. */
export async function rowsInPostgres(url: string, sql: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string | null>>(sql);
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, String(cell)])));
  } finally {
    await client.end();
  }
}

/** What a query gives of Cassandra, each cell as text. */
export async function rowsInCassandra(node: string, cql: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const client = new Client({ contactPoints: [node], localDataCenter: 'datacenter1' });
  try {
    await client.connect();
    const rows: Record<string, string>[] = [];
    const stream = client.stream(cql, [], { autoPage: true }) as unknown as AsyncIterable<types.Row>;
    for await (const row of stream) {
      const cells = row.keys().map((name) => [name, row.get(name) as unknown] as const);
      rows.push(Object.fromEntries(cells.map(([name, cell]) => [name, String(cell)])));
    }
    return rows;
  } finally {
    await client.shutdown();
  }
}

/** The reports in Cassandra, as the oracle has them. */
export async function reportsInCassandra(plan: Plan, node: string): Promise<Reports> {
  const reports: Record<string, Reports[string]> = {};
  for (const { name, columns } of plan.reports) {
    const names = columns.map((column) => `"${column.name}"`).join(', ');
    const rows = await rowsInCassandra(node, `SELECT ${names} FROM spark_streams."${name}"`);
    reports[name] = sortedRows(rows.map((row) => asOracle(columns, row)));
  }
  return reports;
}

/** Numbers in the oracle's digits: each store writes floats, and zeros at the end of a decimal, in its own way. */
function asOracle(
  columns: Plan['reports'][number]['columns'],
  row: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    columns.map(({ name, kind }) => {
      const cell = row[name] ?? 'absent';
      if (cell === 'null') return [name, cell];
      if (kind === 'number') return [name, String(Number(cell))];
      return [name, kind === 'decimal' ? microsText(present(parseMicros(cell), 'a decimal')) : cell];
    }),
  );
}
