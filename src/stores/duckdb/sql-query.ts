import type { DuckDBConnection, DuckDBTypeId, Json } from '@duckdb/node-api';
import { join } from 'node:path';
import { exactPath, wholeText } from '../../base/duckdb-text.ts';
import { DaybookError } from '../../base/errors.ts';
import { quotedName, quotedText } from '../../base/sql-text.ts';
import type { ColumnKind } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';

const INTERRUPT_AGAIN_MS = 50;
const MEMORY_LIMIT = '512MB';
const TYPES: Readonly<Record<ColumnKind, string>> = {
  date: 'DATE',
  text: 'VARCHAR',
  integer: 'HUGEINT',
  decimal: 'DECIMAL(38,6)',
  number: 'DOUBLE',
};

/** A table that a query may read, and the files that it is loaded from. */
export type QueryTable =
  | { readonly name: string; readonly parquet: string }
  | {
      readonly name: string;
      readonly csv: string;
      readonly columns: readonly { readonly name: string; readonly kind: ColumnKind }[];
    };

/** What a query gives. Numbers that a float may not hold are texts of their digits. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly Json[])[];
}

/**
 * Runs one SELECT over tables that are loaded for it, with DuckDB; it reaches no file and nothing else.
 * @param folder  an empty one, for the database
 * @param signal  ends it, with whatever error
 * @throws DaybookError `SQL_WRONG` with what DuckDB says; `SQL_NOT_A_QUERY` when it is no single SELECT
 */
export async function runQuery(
  folder: string,
  tables: readonly QueryTable[],
  sql: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<QueryResult> {
  // DuckDB is large, so it is loaded by who needs it.
  const { DuckDBInstance, DuckDBTypeId, StatementType } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(join(folder, 'query.duckdb'), {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: MEMORY_LIMIT,
    temp_directory: folder,
  });
  const connection = await instance.connect();
  const ended = new AbortController();
  // Ends the statement that runs. DuckDB forgets what it is told before one has begun on its own thread, so it is told again.
  const interrupt = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      connection.interrupt();
      await clock.sleep(INTERRUPT_AGAIN_MS, ended.signal);
    }
  };
  const onAbort = (): void => void interrupt();
  signal.addEventListener('abort', onAbort);
  try {
    await connection.run('PRAGMA disable_checkpoint_on_shutdown');
    for (const table of tables) {
      signal.throwIfAborted();
      await connection.run(createTable(table));
    }
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    const statement = await onlyStatement(connection, sql);
    if (statement.statementType !== StatementType.SELECT && statement.statementType !== StatementType.EXPLAIN) {
      throw notAQuery('It must be a SELECT: nothing can be changed here.');
    }
    const isSelect = statement.statementType === StatementType.SELECT;
    const asked = isSelect ? await withWholeTexts(connection, sql, statement, DuckDBTypeId.VARCHAR) : statement;
    signal.throwIfAborted();
    const result = await translated(async () => asked.runAndReadAll());
    const numbers = new Set([
      DuckDBTypeId.TINYINT,
      DuckDBTypeId.SMALLINT,
      DuckDBTypeId.INTEGER,
      DuckDBTypeId.BIGINT,
      DuckDBTypeId.HUGEINT,
      DuckDBTypeId.UTINYINT,
      DuckDBTypeId.USMALLINT,
      DuckDBTypeId.UINTEGER,
      DuckDBTypeId.UBIGINT,
      DuckDBTypeId.UHUGEINT,
      DuckDBTypeId.DECIMAL,
      DuckDBTypeId.FLOAT,
      DuckDBTypeId.DOUBLE,
    ]);
    const types = result.columnTypes();
    return {
      columns: result.deduplicatedColumnNames().map((name, index) => {
        return { name, isNumber: numbers.has(types[index]?.typeId ?? DuckDBTypeId.VARCHAR) };
      }),
      rows: result.getRowsJson(),
    };
  } finally {
    signal.removeEventListener('abort', onAbort);
    ended.abort();
    connection.closeSync();
    instance.closeSync();
  }
}

function createTable(table: QueryTable): string {
  const name = quotedName(table.name);
  if ('parquet' in table) return `CREATE TABLE ${name} AS FROM read_parquet(${quotedText(exactPath(table.parquet))})`;
  const columns = table.columns.map((column) => `${quotedText(column.name)}: '${TYPES[column.kind]}'`);
  return `CREATE TABLE ${name} AS FROM read_csv(${quotedText(exactPath(table.csv))}, header = true, auto_detect = false,
    quote = '"', escape = '"', allow_quoted_nulls = false, new_line = '\\r\\n', columns = {${columns.join(', ')}})`;
}

type Statement = Awaited<ReturnType<Awaited<ReturnType<DuckDBConnection['extractStatements']>>['prepare']>>;

async function onlyStatement(connection: DuckDBConnection, sql: string): Promise<Statement> {
  // Of no statement DuckDB's client only says that something in it went wrong.
  if (isBlank(sql)) throw notAQuery('There is no statement in it; it must be a SELECT.');
  const statements = await translated(() => connection.extractStatements(sql));
  if (statements.count > 1 && /\bpivot\b/i.test(sql)) {
    throw notAQuery(
      "To DuckDB, PIVOT is several statements unless you name the values: PIVOT … ON column IN ('a', 'b').",
    );
  }
  if (statements.count !== 1) throw notAQuery(`It must be one statement, not ${statements.count}.`);
  return translated(() => statements.prepare(0));
}

/** The statement with its texts as `wholeText` has them, those within lists aside; as it is where that is not possible. */
async function withWholeTexts(
  connection: DuckDBConnection,
  sql: string,
  statement: Statement,
  text: DuckDBTypeId,
): Promise<Statement> {
  const columns = Array.from({ length: statement.columnCount }, (_, index) => {
    const isText = statement.columnTypeId(index) === text;
    return { given: `c${index}`, name: quotedName(statement.columnName(index)), isText };
  });
  if (!columns.some(({ isText }) => isText)) return statement;
  const selected = columns.map(({ given, name, isText }) => `${isText ? wholeText(given) : given} AS ${name}`);
  const given = columns.map((column) => column.given);
  const inner = sql.replace(/[\s;]+$/, '');
  try {
    // A line end, as a comment may be what is last.
    return await connection.prepare(`SELECT ${selected.join(', ')} FROM (${inner}\n) AS given(${given.join(', ')})`);
  } catch {
    // It is right by itself, so it is of a kind that cannot stand within another one.
    return statement;
  }
}

/** Whether there is nothing but white space, semicolons and comments. */
function isBlank(sql: string): boolean {
  return sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').replaceAll(/[\s;]/g, '') === '';
}

function notAQuery(sentence: string): DaybookError {
  return new DaybookError('SQL_NOT_A_QUERY', sentence);
}

async function translated<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DaybookError('SQL_WRONG', message, { cause });
  }
}
