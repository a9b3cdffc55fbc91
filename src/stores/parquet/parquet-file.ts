import type * as DuckDbModule from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { MS_PER_DAY, parseDay, parseTimestamp, zone } from '../../base/calendar.ts';
import { microsText, parseMicros } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { RecordTexts } from './record-texts.ts';
import { quotedName, quotedText } from '../../base/sql-text.ts';
import { fitsInt32, INT32_MAX, INT32_MIN } from './sql.ts';

type DuckDb = typeof DuckDbModule;

/** The width of DuckDB's vectors: a chunk has no more rows. */
const CHUNK_ROWS = 2048;
const MEMORY_LIMIT = '512MB';
const DECIMAL_DIGITS = 18;
const DECIMAL_PLACES = 6;
const DECIMAL_MICROS_MAX = 10n ** BigInt(DECIMAL_DIGITS) - 1n;
const US_PER_MS = 1000n;

/**
 * Writes Parquet files by DuckDB, one after the other. Columns are typed: decimal(18,6), INTEGER or BIGINT, DOUBLE,
 * TIMESTAMP (the store's local time), DATE, VARCHAR. Decimals are rounded from their text, never through a float.
 */
export class ParquetWriter {
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #columns: readonly Column[];

  private constructor(duckdb: DuckDb, instance: DuckDBInstance, connection: DuckDBConnection, stream: StreamPlan) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#connection = connection;
    this.#columns = stream.fields.map((field) => columnOf(field, duckdb));
  }

  /** @param spillFolder  where DuckDB puts what does not fit into its memory */
  static async open(stream: StreamPlan, spillFolder: string): Promise<ParquetWriter> {
    // DuckDB is large, so it is loaded by who needs it.
    const duckdb = await import('@duckdb/node-api');
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: MEMORY_LIMIT,
      temp_directory: spillFolder,
      threads: '2',
    });
    return new ParquetWriter(duckdb, instance, await instance.connect(), stream);
  }

  /**
   * Writes one file, rows in the order given, zstd.
   * @param metadata  becomes the file's key-value metadata
   * @throws DaybookError `EXPORT_VALUE_OUT_OF_RANGE`: names field and value
   */
  async write(
    path: string,
    rows: AsyncIterable<readonly RecordTexts[]>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const declared = this.#columns.map(({ field, type }) => `${quotedName(field.name)} ${type.toString()}`);
    await this.#connection.run(`CREATE OR REPLACE TABLE records (${declared.join(', ')})`);
    const appender = await this.#connection.createAppender('records');
    try {
      for await (const some of rows) {
        for (let start = 0; start < some.length; start += CHUNK_ROWS) {
          appender.appendDataChunk(this.#chunkOf(some.slice(start, start + CHUNK_ROWS)));
        }
      }
    } finally {
      appender.closeSync();
    }
    const entries = Object.entries(metadata).map(([key, value]) => `${quotedText(key)}: ${quotedText(value)}`);
    await this.#connection.run(
      `COPY records TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${entries.join(', ')}})`,
    );
    await this.#connection.run('DROP TABLE records');
  }

  #chunkOf(rows: readonly RecordTexts[]): InstanceType<DuckDb['DuckDBDataChunk']> {
    const chunk = this.#duckdb.DuckDBDataChunk.create(
      this.#columns.map((column) => column.type),
      rows.length,
    );
    const columns = this.#columns.map(({ field, valueOf }) =>
      rows.map((row) => {
        const text = row[field.index] ?? null;
        return text === null ? null : valueOf(text);
      }),
    );
    chunk.setColumns(columns);
    return chunk;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

interface Column {
  readonly field: FieldPlan;
  readonly type: DuckDBType;
  readonly valueOf: (text: string) => DuckDBValue;
}

/** Moments have been made local before. */
const LOCAL = zone('UTC');

function columnOf(field: FieldPlan, duckdb: DuckDb): Column {
  switch (field.kind) {
    case 'uuid':
    case 'text':
      return { field, type: duckdb.VARCHAR, valueOf: (text) => text };
    case 'timestamp':
      return {
        field,
        type: duckdb.TIMESTAMP,
        valueOf: (text) => {
          const time = parseTimestamp(text, LOCAL);
          if (time === undefined) throw outOfRange(field, text, 'a moment');
          return new duckdb.DuckDBTimestampValue(BigInt(time.day * MS_PER_DAY + time.msOfDay) * US_PER_MS);
        },
      };
    case 'date':
      return {
        field,
        type: duckdb.DATE,
        valueOf: (text) => {
          const day = parseDay(text);
          if (day === undefined) throw outOfRange(field, text, 'a day');
          return new duckdb.DuckDBDateValue(day);
        },
      };
    case 'integer':
      return integerColumn(field, duckdb);
    case 'decimal':
      return {
        field,
        type: duckdb.DECIMAL(DECIMAL_DIGITS, DECIMAL_PLACES),
        valueOf: (text) => new duckdb.DuckDBDecimalValue(microsOf(field, text), DECIMAL_DIGITS, DECIMAL_PLACES),
      };
    case 'number':
      return {
        field,
        type: duckdb.DOUBLE,
        valueOf: (text) => {
          const value = Number(text);
          if (!Number.isFinite(value)) throw outOfRange(field, text, 'a 64-bit float');
          return value;
        },
      };
  }
}

function integerColumn(field: FieldPlan, duckdb: DuckDb): Column {
  const isSmall = fitsInt32(field);
  const numberOf = (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || (isSmall && (value < INT32_MIN || value > INT32_MAX))) {
      throw outOfRange(field, text, isSmall ? 'a whole number of 32 bits' : 'a whole number to 2^53');
    }
    return value;
  };
  if (isSmall) return { field, type: duckdb.INTEGER, valueOf: numberOf };
  return { field, type: duckdb.BIGINT, valueOf: (text) => BigInt(numberOf(text)) };
}

/** Micro-units that a decimal(18,6) holds. */
function microsOf(field: FieldPlan, text: string): bigint {
  const micros = parseMicros(text);
  if (micros !== undefined && micros >= -DECIMAL_MICROS_MAX && micros <= DECIMAL_MICROS_MAX) return micros;
  throw outOfRange(field, text, `a number to ${microsText(DECIMAL_MICROS_MAX)}`);
}

function outOfRange(field: FieldPlan, text: string, wanted: string): DaybookError {
  return new DaybookError(
    'EXPORT_VALUE_OUT_OF_RANGE',
    `Field '${field.name}' is ${text.slice(0, 60)}, but a Parquet file of this stream holds ${wanted} there. ` +
      'Export as csv or ndjson, which keep the text.',
    { details: { field: field.name, value: text } },
  );
}
