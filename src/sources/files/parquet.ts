import { Buffer, isUtf8 } from 'node:buffer';
import type { DuckDBBlobValue, DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { present } from '../../base/assert.ts';
import { exactPath, wholeText } from '../../base/duckdb-text.ts';
import { DaybookError } from '../../base/errors.ts';
import { quotedName } from '../../base/sql-text.ts';
import type { Refusal, Unreadable } from '../../ports/runtime.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, BatchBuilder, startOf, tooLong } from './batches.ts';
import type { Cells, ColumnSet } from './columns.ts';

const MEMORY_LIMIT = '512MB';
/**
 * A row is kept whole up to so many bytes of JSON, as those of CSV are: it fits into a request to a running Daybook beside the
 * record that was made of it.
 */
const ROW_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Batches of a Parquet file. DuckDB prints every cell as text, so numbers are exact: decimals with all their digits,
 * floats in the shortest form that reads back the same. A record's line number is its row's.
 * @param onRows  told how many rows were read, and of how many
 * @throws DaybookError `IMPORT_FILE_DAMAGED` when it is no Parquet file, or a damaged one; `IMPORT_COLUMNS` when one that
 *   records are made of cannot be read; `IMPORT_ENCODING` when one is declared as text and is none; what `columnsOf` throws
 */
export async function* parquetBatches(
  path: string,
  columnsOf: (header: readonly string[]) => ColumnSet,
  onRows: (read: number, total: number) => void,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const { connection, instance, chunkOf } = await openDuckDb();
  const builder = new BatchBuilder('utf8', batchBytes);
  let columns: readonly Column[] = [];
  let held: HeldRows[] = [];
  let heldLength = 0;
  const take = (): Batch => {
    const rows = held;
    const originalOf = (line: number): string | Uint8Array => wholeOrStart(rowAsJson(columns, cellsAt(rows, line)));
    held = [];
    heldLength = 0;
    return { ...builder.take(), originalOf };
  };
  const file = exactPath(path);
  try {
    columns = await translated(path, () => columnsIn(connection, file));
    const set = columnsOf(columns.map((column) => column.name));
    refuseWide(columns, set);
    const counted = await translated(path, () => connection.runAndReadAll(`SELECT count(*) FROM ${READ}`, [file]));
    const total = Number(counted.getRows()[0]?.[0] ?? 0);
    const select = columns.map(textOf).join(', ');
    const result = await translated(path, () => connection.stream(`SELECT ${select} FROM ${READ}`, [file]));
    let read = 0;
    for (;;) {
      const chunk = await translated(path, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) break;
      const values = chunk.getRows() as unknown as readonly Values[];
      const rows = values.map(cellsOf);
      await set.prepare(rows);
      // As DuckDB has them: what was read of them into texts is not kept for rows that nobody asks for.
      const { chunk: own } = chunk;
      const chunkRows: HeldRows = {
        firstLine: read + 1,
        rowOf: (row) => cellsOf(chunkOf(own).getRowValues(row) as unknown as Values),
      };
      held.push(chunkRows);
      for (const [index, cells] of rows.entries()) {
        read++;
        for (const cell of cells) heldLength += cell?.length ?? 0;
        const made = noText(columns, values[index] ?? [], set) ?? withinLength(set.convert(cells));
        if (typeof made === 'string') builder.add(read, made);
        else builder.addUnreadable(refusedRow(made, read, rowAsJson(columns, cells)));
        // All rows of a chunk may be more than can be handed over together.
        if (builder.isFull) {
          yield take();
          held.push(chunkRows);
        }
      }
      onRows(read, total);
      // Wide rows may make short records, and are held as well.
      if (builder.isFull || heldLength >= batchBytes) yield take();
    }
    if (!builder.isEmpty) yield take();
  } catch (error) {
    // What is before a fault counts.
    if (!builder.isEmpty) yield take();
    throw isOfNoText(error) ? await declaredAsText(connection, path, columns, error) : error;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const READ = 'read_parquet($1)';
const DESCRIBE = `SELECT ${wholeText('column_name')}, column_type FROM (DESCRIBE SELECT * FROM ${READ})`;

const SCHEMA = 'SELECT num_children, precision FROM parquet_schema($1) ORDER BY column_id';

interface Column {
  readonly name: string;
  readonly type: string;
  /** Whether it holds decimals of more digits than DuckDB has, which reads them as DOUBLE, and many of them wrong. */
  readonly isWide: boolean;
}

const DECIMAL_DIGITS_MAX = 38;

async function columnsIn(connection: DuckDBConnection, file: string): Promise<readonly Column[]> {
  const described = await connection.runAndReadAll(DESCRIBE, [file]);
  const schema = await connection.runAndReadAll(SCHEMA, [file]);
  const wide = new Set<number>();
  // As the file has it, each element with its children behind it; the first one is the row.
  let index = -1;
  let elementsLeft = 0;
  for (const [children, precision] of schema.getRows().slice(1)) {
    if (elementsLeft === 0) {
      index++;
      elementsLeft = 1;
    }
    elementsLeft += Number(children ?? 0) - 1;
    if (Number(precision ?? 0) > DECIMAL_DIGITS_MAX) wide.add(index);
  }
  return described
    .getRows()
    .map(([name, type], at) => ({ name: String(name), type: String(type), isWide: wide.has(at) }));
}

function refuseWide(columns: readonly Column[], { used }: ColumnSet): void {
  const column = columns.find(({ isWide }, index) => isWide && used.includes(index));
  if (column === undefined) return;
  const message =
    `The column '${column.name}' is of decimals with more than ${DECIMAL_DIGITS_MAX} digits, which cannot be read exactly. ` +
    'Write it with fewer, such as decimal(18,6), and import that.';
  throw new DaybookError('IMPORT_COLUMNS', message, { details: { column: column.name } });
}

/** Rows of a batch, for as long as it is not answered. */
interface HeldRows {
  readonly firstLine: number;
  readonly rowOf: (row: number) => Cells;
}

function cellsAt(held: readonly HeldRows[], line: number): Cells {
  const rows = present(
    held.findLast(({ firstLine }) => firstLine <= line),
    'a batch holds the rows that its lines were made of',
  );
  return rows.rowOf(line - rows.firstLine);
}

/** A character of JavaScript has at most so many bytes. */
const CHARACTER_BYTES_MAX = 3;

function isLong(json: string): boolean {
  return json.length > ROW_BYTES_MAX / CHARACTER_BYTES_MAX && Buffer.byteLength(json) > ROW_BYTES_MAX;
}

function wholeOrStart(json: string): string | Uint8Array {
  return isLong(json) ? startOf(Buffer.from(json)) : json;
}

/** A record that no Daybook takes is not handed over if it may be too long for that. */
function withinLength(made: string | Refusal): string | Refusal {
  if (typeof made !== 'string' || !isLong(made)) return made;
  return { code: 'TOO_LONG', reason: tooLong(Buffer.byteLength(made)) };
}

function refusedRow(refusal: Refusal, line: number, json: string): Unreadable {
  const record = wholeOrStart(json);
  const kept = `of a row above ${ROW_BYTES_MAX} bytes the first ${record.length} are kept`;
  return { ...refusal, line, record, reason: record === json ? refusal.reason : `${refusal.reason}, and ${kept}` };
}

interface OpenDuckDb {
  readonly connection: DuckDBConnection;
  readonly instance: DuckDBInstance;
  readonly chunkOf: (chunk: DuckDBDataChunk['chunk']) => DuckDBDataChunk;
}

/** DuckDB is large, so it is loaded by who needs it. It reads what it is told to and fetches nothing. */
async function openDuckDb(): Promise<OpenDuckDb> {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: MEMORY_LIMIT,
    threads: '1',
  });
  const chunkOf = (chunk: DuckDBDataChunk['chunk']): DuckDBDataChunk => new duckdb.DuckDBDataChunk(chunk);
  return { connection: await instance.connect(), instance, chunkOf };
}

/** A row as DuckDB gives it: texts by `textOf`, and bytes as they are. */
type Values = readonly (string | DuckDBBlobValue | null)[];

/** Bytes that are text are taken for it, as old writers declare texts as bytes; others are printed in hex. */
function cellsOf(values: Values): Cells {
  return values.map((value) => {
    if (value === null || typeof value === 'string') return value;
    const bytes = Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length);
    // Of a row with more only the start is kept.
    return isUtf8(bytes) ? bytes.toString() : `\\x${bytes.toString('hex', 0, ROW_BYTES_MAX)}`;
  });
}

/** Why a row cannot be a record in which a column that it is made of has bytes that are no text. */
function noText(columns: readonly Column[], values: Values, { used }: ColumnSet): Refusal | undefined {
  const index = used.find((at) => {
    const value = values[at];
    return typeof value === 'object' && value !== null && !isUtf8(value.bytes);
  });
  if (index === undefined) return undefined;
  const { name } = present(columns[index], 'a used column is one of the file');
  return { code: 'NOT_UNICODE', field: name, reason: `column '${name}' is not UTF-8` };
}

/** Types whose values are printed in digits and the like, so that no byte order mark can be at their beginning. */
const PLAIN = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN|DATE|TIME.*)$/;

/** The expression that prints a column; bytes are read as they are. */
function textOf(column: Column): string {
  if (column.isWide) return `'(not read: decimals of more than ${DECIMAL_DIGITS_MAX} digits)'`;
  const name = quotedName(column.name);
  if (column.type === 'BLOB') return name;
  // An instant has its offset said, in the form that a record's timestamp may have.
  if (column.type === 'TIMESTAMP WITH TIME ZONE') return `CAST(make_timestamp(epoch_us(${name})) AS VARCHAR) || 'Z'`;
  return PLAIN.test(column.type) ? `CAST(${name} AS VARCHAR)` : wholeText(`CAST(${name} AS VARCHAR)`);
}

function rowAsJson(columns: readonly Column[], cells: Cells): string {
  return JSON.stringify(Object.fromEntries(columns.map((column, index) => [column.name, cells[index] ?? null])));
}

function isOfNoText(error: unknown): boolean {
  const said = error instanceof DaybookError ? error.cause : error;
  return said instanceof Error && said.message.includes('Invalid string encoding');
}

/** DuckDB does not say which column it is, so each is read alone. */
async function declaredAsText(
  connection: DuckDBConnection,
  path: string,
  columns: readonly Column[],
  cause: unknown,
): Promise<DaybookError> {
  const file = exactPath(path);
  let name: string | undefined;
  for (const column of columns) {
    const read = connection.run(`SELECT sum(hash(${textOf(column)})) FROM ${READ}`, [file]);
    if (await read.then(() => false, isOfNoText)) {
      ({ name } = column);
      break;
    }
  }
  const message =
    `${path}: the column ${name === undefined ? '' : `'${name}' `}is declared as text and holds bytes that are not UTF-8. ` +
    'Write the texts in UTF-8, or leave the column out if records do not need it, and import that.';
  return new DaybookError('IMPORT_ENCODING', message, { details: { path, column: name }, cause });
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
