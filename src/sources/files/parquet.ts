import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { wholeText } from '../../base/duckdb-text.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, BatchBuilder } from './batches.ts';
import type { Cells, ColumnSet } from './columns.ts';

const MEMORY_LIMIT = '512MB';

/**
 * Batches of a Parquet file. DuckDB prints every cell as text, so numbers are exact: decimals with all their digits,
 * floats in the shortest form that reads back the same. A record's line number is its row's.
 * @param onRows  told how many rows were read, and of how many
 * @throws DaybookError `IMPORT_FILE_DAMAGED` when it is no Parquet file, or a damaged one
 */
export async function* parquetBatches(
  path: string,
  columnsOf: (header: readonly string[]) => ColumnSet,
  onRows: (read: number, total: number) => void,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const { connection, instance } = await openDuckDb();
  const builder = new BatchBuilder('utf8', batchBytes);
  try {
    const file = escapeGlob(path);
    const described = await translated(path, () => connection.runAndReadAll(DESCRIBE, [file]));
    const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    const set = columnsOf(columns.map((column) => column.name));
    const counted = await translated(path, () => connection.runAndReadAll(`SELECT count(*) FROM ${READ}`, [file]));
    const total = Number(counted.getRows()[0]?.[0] ?? 0);
    const select = columns.map(textOf).join(', ');
    const result = await translated(path, () => connection.stream(`SELECT ${select} FROM ${READ}`, [file]));
    let read = 0;
    for (;;) {
      const chunk = await translated(path, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) break;
      // Every column is a VARCHAR by `textOf`, so every cell is a string or null.
      const rows = chunk.getRows() as unknown as readonly Cells[];
      await set.prepare(rows);
      for (const cells of rows) {
        read++;
        const made = set.convert(cells);
        if (typeof made === 'string') builder.add(read, made);
        else builder.addUnreadable({ ...made, line: read, record: rowAsJson(columns, cells) });
      }
      onRows(read, total);
      if (builder.isFull) yield builder.take();
    }
    if (!builder.isEmpty) yield builder.take();
  } catch (error) {
    // What is before a fault counts.
    if (!builder.isEmpty) yield builder.take();
    throw error;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Old writers mark texts as bytes. */
const READ = 'read_parquet($1, binary_as_string = true)';
const DESCRIBE = `SELECT ${wholeText('column_name')}, column_type FROM (DESCRIBE SELECT * FROM ${READ})`;

/** DuckDB is large, so it is loaded by who needs it. It reads what it is told to and fetches nothing. */
async function openDuckDb(): Promise<{ connection: DuckDBConnection; instance: DuckDBInstance }> {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: MEMORY_LIMIT,
    threads: '1',
  });
  return { connection: await instance.connect(), instance };
}

/** Types whose values are printed in digits and the like, so that no byte order mark can be at their beginning. */
const PLAIN = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN|DATE|TIME.*)$/;

/** The expression that prints a column. */
function textOf(column: { readonly name: string; readonly type: string }): string {
  const name = `"${column.name.replaceAll('"', '""')}"`;
  // An instant has its offset said, in the form that a record's timestamp may have.
  if (column.type === 'TIMESTAMP WITH TIME ZONE') return `CAST(make_timestamp(epoch_us(${name})) AS VARCHAR) || 'Z'`;
  return PLAIN.test(column.type) ? `CAST(${name} AS VARCHAR)` : wholeText(`CAST(${name} AS VARCHAR)`);
}

/** Brackets, stars and question marks in a name are meant as they are. */
function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

function rowAsJson(columns: readonly { readonly name: string }[], cells: Cells): string {
  return JSON.stringify(Object.fromEntries(columns.map((column, index) => [column.name, cells[index] ?? null])));
}

async function translated<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new DaybookError(
      'IMPORT_FILE_DAMAGED',
      `${path} cannot be read as a Parquet file: ${said}. Look whether it was written whole, and write it again.`,
      { details: { path }, cause: error },
    );
  }
}
