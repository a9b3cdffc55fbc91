import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { QueryResult, QueryTable } from '../stores/duckdb/sql-query.ts';
import { isOutOfRoom } from '../base/out-of-room.ts';
import { runQuery } from '../stores/duckdb/sql-query.ts';
import { writeRecordsFile } from '../stores/parquet/records-file.ts';
import { csvText } from './page-text.ts';
import type { RemoteRuntime } from './remote.ts';

export type { QueryResult } from '../stores/duckdb/sql-query.ts';

/** A query for what tables there are, and not for what is in them. */
const LISTING = /^\s*(show|pragma)\b|\binformation_schema\b|\bduckdb_(tables|columns)\b/i;

export interface QueryOptions {
  readonly runtime: RemoteRuntime;
  readonly clock: Clock;
  readonly sql: string;
  readonly signal: AbortSignal;
  /** How many raw records were read, while they are. */
  readonly onProgress: (records: number, recordsTotal: number | undefined) => void;
}

/**
 * Runs a SELECT over the reports and the raw records, each a table of its own name. Only those are loaded that the text
 * names; each report is as of one frame. One that asks which tables there are finds all of them.
 * @throws DaybookError `SQL_WRONG`, `SQL_NOT_A_QUERY`, `INTERRUPTED`, `DISK_FULL` (retryable); what the runtime throws
 */
export async function query(options: QueryOptions): Promise<QueryResult> {
  const { runtime, clock, sql, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'daybook-query-'));
  try {
    const tables = await tablesOf(options, folder);
    return await runQuery(folder, tables, sql, { clock, signal });
  } catch (error) {
    if (signal.aborted) throw new DaybookError('INTERRUPTED', 'The query was interrupted before its end.');
    if (error instanceof Error && isOutOfRoom(error)) throw noRoom(folder, error);
    throw namingTables(error, runtime.plan);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function noRoom(folder: string, cause: Error): DaybookError {
  const message = `There is no room left in ${folder} for the tables. Make room, or set TMPDIR to a larger folder.`;
  return new DaybookError('DISK_FULL', message, { retryable: true, details: { folder }, cause });
}

/** DuckDB suggests tables of its own for one that is not there. */
function namingTables(error: unknown, { stream, reports }: Plan): unknown {
  if (!(error instanceof DaybookError) || !error.message.startsWith('Catalog Error: Table')) return error;
  const [said = ''] = error.message.split('\n');
  const names = [stream.name, ...reports.map(({ name }) => name)].join(', ');
  return new DaybookError(error.code, `${said} There are the tables ${names}.`, { cause: error });
}

async function tablesOf(
  { runtime, sql, signal, onProgress }: QueryOptions,
  folder: string,
): Promise<readonly QueryTable[]> {
  const { stream, reports }: Plan = runtime.plan;
  const isNamed = (name: string): boolean => new RegExp(`\\b${name}\\b`, 'i').test(sql);
  const isListing = LISTING.test(sql);
  const tables: QueryTable[] = [];
  for (const report of reports.filter(({ name }) => isListing || isNamed(name))) {
    const csv = join(folder, `${report.name}.csv`);
    await writeFile(csv, csvText(report, await runtime.query(report.name, {})));
    tables.push({ name: report.name, csv, columns: report.columns });
  }
  if (isListing || isNamed(stream.name)) {
    const parquet = join(folder, `${stream.name}.parquet`);
    const { accepted } = await runtime.status();
    const told = (records: number): void => {
      signal.throwIfAborted();
      onProgress(records, accepted);
    };
    await writeRecordsFile({
      // They take long to read.
      records: isNamed(stream.name) ? runtime.records({}) : noRecords(),
      stream,
      path: parquet,
      workFolder: folder,
      onProgress: told,
    });
    tables.push({ name: stream.name, parquet });
  }
  return tables;
}

async function* noRecords(): AsyncGenerator<Uint8Array> {}
