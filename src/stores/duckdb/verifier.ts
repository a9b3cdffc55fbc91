import type * as DuckDbModule from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { present } from '../../base/assert.ts';
import { microsText } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import type { DuckDbSql } from '../../compile/duckdb/duckdb.ts';
import { duckDbSql } from '../../compile/duckdb/duckdb.ts';
import type { ColumnKind, Plan, ReportPlan } from '../../plan/plan.ts';
import type { Cell, Row } from '../../ports/rows.ts';
import { isOutOfRoom } from '../../base/out-of-room.ts';
import { QuotedLines } from './quoted-lines.ts';
import { zoneOffsets } from '../../base/zone-offsets.ts';

type DuckDb = typeof DuckDbModule;

const LINE_FEED = 0x0a;
/** Of a spool file: enough that DuckDB reads it with both threads, and writes the records away in whole row groups. */
const SPOOL_BYTES = 64 * 1024 * 1024;
const MEMORY_LIMIT = '512MB';
/** The width of DuckDB's vectors: a chunk has no more rows. */
const CHUNK_ROWS = 2048;

/** Rows of a report, of some days and one frame. */
export interface Slice {
  /** Business dates, both included, `YYYY-MM-DD`; undefined: open. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** How many of the log's records, from the first one on, are in the rows. */
  readonly records: number;
}

/** A row's cells as text by column, decimals with their point; undefined where there is no such row. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A row of which the engine and the records disagree. Each side is the whole row. */
export interface Difference {
  readonly engine: TextRow | undefined;
  readonly records: TextRow | undefined;
}

export interface Comparison {
  /** Rows that the engine has or the records give. */
  readonly rows: number;
  readonly differing: number;
  /** The first of them, by their dimensions. */
  readonly differences: readonly Difference[];
}

/**
 * Computes reports from raw records by SQL alone, and compares them with the rows that an engine has. Records are put
 * into a table of what the reports need, on disk, so memory is bounded however many there are.
 *
 * In this order: `keep` all slices, `add` all records, `endRecords`, `compare` the slices.
 * All methods throw DaybookError `VERIFY_FAILED`, `DISK_FULL` (retryable).
 */
export class Verifier {
  readonly #plan: Plan;
  readonly #sql: DuckDbSql;
  readonly #folder: string;
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  /** One is filled while the other one is read by DuckDB. */
  #filling = new QuotedLines(SPOOL_BYTES);
  #resting = new QuotedLines(SPOOL_BYTES);
  #loading: Promise<void> = Promise.resolve();
  #files = 0;
  #records = 0;
  readonly #slices: { readonly report: ReportPlan; readonly slice: Slice }[] = [];

  private constructor(
    plan: Plan,
    folder: string,
    duckdb: DuckDb,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
  ) {
    this.#plan = plan;
    this.#sql = duckDbSql(plan, zoneOffsets(plan.stream.timeZone));
    this.#folder = folder;
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @param folder  an empty one, for the database and what does not fit into memory; removed by whoever made it */
  static async open(plan: Plan, folder: string): Promise<Verifier> {
    // DuckDB is large, so it is loaded by who needs it.
    const duckdb = await import('@duckdb/node-api');
    return translated(async () => {
      const instance = await duckdb.DuckDBInstance.create(join(folder, 'verify.duckdb'), {
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
        memory_limit: MEMORY_LIMIT,
        // The records carry their positions.
        preserve_insertion_order: 'false',
        temp_directory: folder,
        threads: '2',
      });
      const verifier = new Verifier(plan, folder, duckdb, instance, await instance.connect());
      // Nobody opens the database again.
      await verifier.#connection.run('PRAGMA disable_checkpoint_on_shutdown');
      for (const statement of verifier.#sql.setUp) await verifier.#connection.run(statement);
      return verifier;
    });
  }

  /** How many records were added. */
  get records(): number {
    return this.#records;
  }

  /** Takes in rows as the engine has them. */
  async keep(report: ReportPlan, slice: Slice, rows: readonly Row[]): Promise<void> {
    const number = this.#slices.push({ report, slice }) - 1;
    const { INTEGER, DOUBLE, VARCHAR } = this.#duckdb;
    const types: DuckDBType[] = [INTEGER, ...report.columns.map(({ kind }) => (kind === 'number' ? DOUBLE : VARCHAR))];
    await translated(async () => {
      const appender = await this.#connection.createAppender(this.#sqlOf(report).kept);
      try {
        for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
          const some = rows.slice(start, start + CHUNK_ROWS);
          const chunk = this.#duckdb.DuckDBDataChunk.create(types, some.length);
          chunk.setColumns([
            some.map(() => number),
            ...report.columns.map(({ name, kind }) => some.map((row) => keptValue(row[name] ?? null, kind))),
          ]);
          appender.appendDataChunk(chunk);
        }
      } finally {
        appender.closeSync();
      }
    });
  }

  /** Adds raw records: whole lines, in log order. */
  async add(lines: Uint8Array): Promise<void> {
    for (let start = 0; start < lines.length;) {
      const feed = lines.indexOf(LINE_FEED, start);
      const end = feed === -1 ? lines.length : feed;
      if (end > start) {
        if (!this.#filling.add(lines, start, end, this.#records)) {
          await this.#load();
          if (!this.#filling.add(lines, start, end, this.#records)) throw tooLong(end - start);
        }
        this.#records++;
      }
      start = end + 1;
    }
  }

  /** Ends the records. */
  async endRecords(): Promise<void> {
    await this.#load();
    await this.#loading;
    await translated(() => this.#connection.run(this.#sql.findRepeats));
  }

  /**
   * Compares all slices, report by report.
   * @param differencesMax  so many rows of a slice are given; all are counted
   */
  async *compare(
    differencesMax: number,
  ): AsyncGenerator<{ readonly report: ReportPlan; readonly comparison: Comparison }> {
    for (const [number, { report, slice }] of this.#slices.entries()) {
      yield { report, comparison: await translated(() => this.#compareSlice(number, report, slice, differencesMax)) };
    }
  }

  async #compareSlice(number: number, report: ReportPlan, slice: Slice, differencesMax: number): Promise<Comparison> {
    const { compare, differences } = this.#sqlOf(report);
    await this.#connection.run(compare, {
      slice: number,
      from: slice.from ?? '-infinity',
      to: slice.to ?? 'infinity',
      below: slice.records,
    });
    const counted = (await this.#connection.runAndReadAll(this.#sql.countCompared)).getRowsJS()[0] ?? [];
    const [rows = 0, differing = 0] = counted.map(Number);
    if (differing === 0) return { rows, differing, differences: [] };
    const found = await this.#connection.runAndReadAll(differences, { most: differencesMax });
    return { rows, differing, differences: found.getRowObjectsJS().map((row) => differenceOf(row, report)) };
  }

  /** Lets DuckDB read what is filled, while the next lines are taken in. */
  async #load(): Promise<void> {
    await this.#loading;
    const lines = this.#filling;
    [this.#filling, this.#resting] = [this.#resting, lines];
    this.#filling.clear();
    this.#loading = lines.records === 0 ? Promise.resolve() : translated(() => this.#loadFile(lines));
    // Whoever comes next waits for it and is told; until then nobody does.
    this.#loading.catch(() => undefined);
  }

  async #loadFile(lines: QuotedLines): Promise<void> {
    const path = join(this.#folder, `records-${this.#files++}.ndjson`);
    const insert = this.#sql.insertRecords(path);
    try {
      await writeFile(path, lines.bytes);
      try {
        await this.#connection.run(insert);
      } catch {
        // What is wrong with these lines, if it is anything but their spelling, the second try says.
        await writeFile(path, lines.plainly(this.#plan.stream.fields.map((field) => field.name)));
        await this.#connection.run(insert);
      }
    } finally {
      await rm(path, { force: true });
    }
  }

  #sqlOf(report: ReportPlan): DuckDbSql['reports'][number] {
    return present(this.#sql.reports[report.index], 'each report is compiled');
  }

  async close(): Promise<void> {
    await this.#loading.catch(() => undefined);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A cell as it is compared: a float as it is, all else as text, of a decimal its micro-units. */
function keptValue(cell: Cell, kind: ColumnKind): DuckDBValue {
  if (cell === null || kind === 'number') return cell;
  return kind === 'integer' && typeof cell === 'bigint' ? microsText(cell) : String(cell);
}

function differenceOf(row: Readonly<Record<string, unknown>>, report: ReportPlan): Difference {
  const side = (isThere: unknown, suffix: string): TextRow | undefined => {
    if (isThere !== true) return undefined;
    const cells = report.columns.map(({ name, kind, role }) => {
      const cell = row[role === 'dimension' ? name : name + suffix];
      return [name, typeof cell === 'number' ? String(cell) : shownText(cell as string | null, kind)] as const;
    });
    return Object.fromEntries(cells);
  };
  return { engine: side(row['#kept'], '#kept'), records: side(row['#recomputed'], '') };
}

/** A value for people. What is no whole number of micro-units, which only a broken engine has, is left as it is. */
function shownText(text: string | null, kind: ColumnKind): string | null {
  return text !== null && kind === 'decimal' && /^-?\d+$/.test(text) ? microsText(BigInt(text)) : text;
}

function tooLong(bytes: number): DaybookError {
  return new DaybookError('VERIFY_FAILED', `A record of ${bytes} bytes is in the log, more than are ever accepted.`);
}

/** Runs what may fail in DuckDB, and says it in our words. */
async function translated<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DaybookError || !(error instanceof Error)) throw error;
    if (isOutOfRoom(error)) {
      const message = 'There is no room left for the temporary files. Make room, or set TMPDIR to a larger folder.';
      throw new DaybookError('DISK_FULL', message, { retryable: true, cause: error });
    }
    throw new DaybookError('VERIFY_FAILED', `The records could not be read by DuckDB: ${error.message}`, {
      cause: error,
    });
  }
}
