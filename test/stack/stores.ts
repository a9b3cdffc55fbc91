import type { types } from 'cassandra-driver';
import { Client } from 'cassandra-driver';
import pg from 'pg';
import { expect } from 'vitest';
import { microsText, parseMicros } from '../../src/base/decimal.ts';
import type { Plan } from '../../src/plan/plan.ts';
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

/** The reports in PostgreSQL, as the oracle has them: each cell as text. */
export async function reportsInPostgres(plan: Plan, url: string): Promise<Reports> {
  const reports: Record<string, Reports[string]> = {};
  for (const { name, columns } of plan.reports) {
    const cells = columns.map((column) =>
      column.kind === 'decimal' ? `trim_scale("${column.name}") AS "${column.name}"` : `"${column.name}"`,
    );
    const rows = await rowsInPostgres(url, `SELECT ${cells.join(', ')} FROM daily_report."${name}"`);
    reports[name] = sortedRows(rows);
  }
  return reports;
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
    const decimals = new Set(columns.filter(({ kind }) => kind === 'decimal').map((column) => column.name));
    reports[name] = sortedRows(
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([key, cell]) => [
            key,
            decimals.has(key) ? microsText(parseMicros(cell) ?? 0n) : cell,
          ]),
        ),
      ),
    );
  }
  return reports;
}
