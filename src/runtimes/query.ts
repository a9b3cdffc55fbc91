import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../plan/plan.ts';
import type { QueryResult, QueryTable } from '../stores/duckdb/sql-query.ts';
import { runQuery } from '../stores/duckdb/sql-query.ts';
import { exportDays } from './export-days.ts';
import { csvText } from './page-text.ts';
import type { RemoteRuntime } from './remote.ts';

export type { QueryResult } from '../stores/duckdb/sql-query.ts';

export interface QueryOptions {
  readonly runtime: RemoteRuntime;
  readonly sql: string;
  /** How many raw records were read, while they are. */
  readonly onProgress: (records: number, recordsTotal: number | undefined) => void;
}

/**
 * Runs a SELECT over the reports and the raw records, each a table of its own name. Only those are loaded that the text
 * names; each report is as of one frame.
 * @throws DaybookError `SQL_WRONG`, `SQL_NOT_A_QUERY`; what the runtime throws
 */
export async function query({ runtime, sql, onProgress }: QueryOptions): Promise<QueryResult> {
  const folder = await mkdtemp(join(tmpdir(), 'daybook-query-'));
  try {
    const tables = await tablesOf(runtime, sql, folder, onProgress);
    return await runQuery(folder, tables, sql);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tablesOf(
  runtime: RemoteRuntime,
  sql: string,
  folder: string,
  onProgress: QueryOptions['onProgress'],
): Promise<readonly QueryTable[]> {
  const { stream, reports }: Plan = runtime.plan;
  const isNamed = (name: string): boolean => new RegExp(`\\b${name}\\b`, 'i').test(sql);
  const tables: QueryTable[] = [];
  for (const report of reports.filter(({ name }) => isNamed(name))) {
    const csv = join(folder, `${report.name}.csv`);
    await writeFile(csv, csvText(report, await runtime.query(report.name, {})));
    tables.push({ name: report.name, csv, columns: report.columns });
  }
  if (isNamed(stream.name)) {
    const days = join(folder, 'days');
    const files = await exportDays({ runtime, range: {}, folder: days, format: 'parquet', onProgress });
    if (files.length > 0) tables.push({ name: stream.name, parquet: join(days, '*.parquet') });
  }
  return tables;
}
