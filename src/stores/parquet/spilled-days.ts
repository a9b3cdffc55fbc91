import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { appendFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatDay, zone } from '../../base/calendar.ts';
import { exactPath } from '../../base/duckdb-text.ts';
import { DaybookError } from '../../base/errors.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { DayFiles, DayGathering } from '../../ports/day-files.ts';
import type { Disk } from '../../ports/disk.ts';
import { isOutOfRoom } from '../../base/out-of-room.ts';
import { plainName, PlainLines } from './plain-lines.ts';
import { quotedName, quotedText } from '../../base/sql-text.ts';
import { fitsInt32 } from './sql.ts';

const FOLDER = 'spilled';
const WORK_FOLDER = `${FOLDER}/work`;
const FILE = /\.parquet$/;
const TEMPORARY = /\.tmp$/;
/** Lines held in memory before they are written: enough that years of mixed days are written in large pieces. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Beside the state's own budget, and for a moment only. */
const MEMORY_LIMIT = '192MB';
const LINE_BYTES_MAX = 4 * 1024 * 1024;

export interface SpilledDaysOptions {
  readonly stream: StreamPlan;
  /** The data folder. */
  readonly disk: Disk;
  /** The same folder as a path of this machine, for DuckDB. */
  readonly root: string;
}

/**
 * Files of spilled days in the data folder, `spilled/<name>.parquet`, written by DuckDB: sorted by primary key, zstd,
 * columns typed as in an exported day, key-value metadata `daybook.stream` and `daybook.day`.
 */
export function openSpilledDays(options: SpilledDaysOptions): DayFiles {
  const { disk } = options;
  return {
    gather: () => Gathering.open(options),
    names: async () => {
      const files = await disk.list(FOLDER);
      return files.filter((name) => FILE.test(name)).map((name) => name.replace(FILE, ''));
    },
    remove: async (names) => {
      for (const name of names) await disk.remove(`${FOLDER}/${name}.parquet`);
      await disk.syncFolder(FOLDER);
    },
    removeAllBut: async (names) => {
      const kept = new Set([...names].map((name) => `${name}.parquet`));
      const files = await disk.list(FOLDER);
      const needless = files.filter((name) => TEMPORARY.test(name) || (FILE.test(name) && !kept.has(name)));
      for (const name of needless) await disk.remove(`${FOLDER}/${name}`);
      for (const name of await disk.list(WORK_FOLDER)) await disk.remove(`${WORK_FOLDER}/${name}`);
      if (needless.length > 0) await disk.syncFolder(FOLDER);
    },
  };
}

/**
 * Moves the files of spilled days away, durably, before nothing names them any more.
 * @param placeFor  gives the path for a folder of this name
 * @returns that path; undefined when there are no files
 */
export async function setSpilledDaysAside(
  disk: Disk,
  placeFor: (name: string) => Promise<string>,
): Promise<string | undefined> {
  if (!(await disk.list(FOLDER)).some((name) => FILE.test(name))) return undefined;
  const path = await placeFor(FOLDER);
  await disk.rename(FOLDER, path);
  await disk.syncFolder('');
  return path;
}

class Gathering implements DayGathering {
  readonly #options: SpilledDaysOptions;
  readonly #plain: PlainLines;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #workFolder: string;
  #held = new Map<number, Uint8Array[]>();
  #heldBytes = 0;

  private constructor(options: SpilledDaysOptions, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#options = options;
    this.#plain = new PlainLines(options.stream, zone(options.stream.timeZone));
    this.#instance = instance;
    this.#connection = connection;
    this.#workFolder = resolve(options.root, WORK_FOLDER);
  }

  static async open(options: SpilledDaysOptions): Promise<Gathering> {
    await options.disk.makeFolder(FOLDER);
    await options.disk.makeFolder(WORK_FOLDER);
    // DuckDB is large, so it is loaded by who needs it.
    const duckdb = await import('@duckdb/node-api');
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: MEMORY_LIMIT,
      temp_directory: resolve(options.root, WORK_FOLDER),
      // One, as the other processors have records to take in.
      threads: '1',
    });
    return new Gathering(options, instance, await instance.connect());
  }

  async add(day: number, lines: Uint8Array): Promise<void> {
    const plain = this.#plain.print(lines);
    const held = this.#held.get(day);
    if (held === undefined) this.#held.set(day, [plain]);
    else held.push(plain);
    this.#heldBytes += plain.length;
    if (this.#heldBytes >= HELD_BYTES_MAX) await this.#writeHeld();
  }

  async write(day: number, name: string, older: string | undefined): Promise<void> {
    const { disk, root } = this.#options;
    await this.#writeHeld();
    const path = `${FOLDER}/${name}.parquet`;
    const temporary = `${path}.tmp`;
    await disk.remove(temporary);
    try {
      const before = older === undefined ? undefined : resolve(root, FOLDER, `${older}.parquet`);
      await this.#connection.run(this.#copyStatement(day, before, resolve(root, temporary)));
      const file = await disk.open(temporary, 'read');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await disk.rename(temporary, path);
    } catch (error) {
      await disk.remove(temporary).catch(() => undefined);
      if (older !== undefined && !isOutOfRoom(error) && !(await this.#isReadable(older))) throw damaged(older, error);
      throw translated(error, path);
    }
    await rm(this.#spoolOf(day), { force: true });
  }

  /** Whether all of a day's file can be read. */
  async #isReadable(name: string): Promise<boolean> {
    const path = resolve(this.#options.root, FOLDER, `${name}.parquet`);
    try {
      await this.#connection.run(`SELECT max(hash(COLUMNS(*))) FROM read_parquet(${quotedText(exactPath(path))})`);
      return true;
    } catch {
      return false;
    }
  }

  settle(): Promise<void> {
    return this.#options.disk.syncFolder(FOLDER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#workFolder, { recursive: true, force: true });
  }

  #copyStatement(day: number, older: string | undefined, to: string): string {
    const { stream } = this.#options;
    const columns = stream.fields.map((field) => `${valueOf(field, stream, day)} AS ${quotedName(field.name)}`);
    const types = stream.fields.map((field) => `${plainName(field)}: 'VARCHAR'`);
    const fresh =
      `SELECT ${columns.join(', ')} FROM read_json(${quotedText(exactPath(this.#spoolOf(day)))}, columns = {${types.join(', ')}}, ` +
      `format = 'newline_delimited', maximum_object_size = ${LINE_BYTES_MAX})`;
    const names = stream.fields.map((field) => quotedName(field.name)).join(', ');
    const all =
      older === undefined
        ? fresh
        : `${fresh} UNION ALL SELECT ${names} FROM read_parquet(${quotedText(exactPath(older))})`;
    const metadata = `'daybook.stream': ${quotedText(stream.name)}, 'daybook.day': ${quotedText(formatDay(day))}`;
    return (
      `COPY (SELECT * FROM (${all}) ORDER BY ${quotedName(stream.primaryKey.name)}) TO ${quotedText(to)} ` +
      `(FORMAT parquet, COMPRESSION zstd, KV_METADATA {${metadata}})`
    );
  }

  async #writeHeld(): Promise<void> {
    const held = this.#held;
    this.#held = new Map();
    this.#heldBytes = 0;
    try {
      for (const [day, lines] of held) await appendFile(this.#spoolOf(day), Buffer.concat(lines));
    } catch (error) {
      throw translated(error, WORK_FOLDER);
    }
  }

  #spoolOf(day: number): string {
    return join(this.#workFolder, `${formatDay(day)}.ndjson`);
  }
}

/** A field's column made of its plain text. */
function valueOf(field: FieldPlan, stream: StreamPlan, day: number): string {
  if (field === stream.businessDate) return `DATE ${quotedText(formatDay(day))}`;
  const text = plainName(field);
  switch (field.kind) {
    case 'uuid':
      return `lower(${text})`;
    case 'text':
      return text;
    case 'timestamp':
      return `CAST(${text} AS TIMESTAMP)`;
    case 'date':
      return `CAST(${text} AS DATE)`;
    case 'integer':
      return `CAST(${text} AS ${fitsInt32(field) ? 'INTEGER' : 'BIGINT'})`;
    case 'decimal':
      return `CAST(${text} AS DECIMAL(18, 6))`;
    case 'number':
      return `CAST(${text} AS DOUBLE)`;
  }
}

function damaged(name: string, cause: unknown): DaybookError {
  const path = `${FOLDER}/${name}.parquet`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message =
    `The day's file ${path} cannot be read: ${reason}. Nothing is lost: its records are in the log. ` +
    `Remove ${path} and start Daybook again, and all days' files are written anew.`;
  return new DaybookError('DAY_FILE_DAMAGED', message, { details: { path }, cause });
}

function translated(error: unknown, path: string): unknown {
  if (error instanceof DaybookError || !(error instanceof Error)) return error;
  if (isOutOfRoom(error)) {
    const message = `There is no room left for ${path}. Make room; it is tried again.`;
    return new DaybookError('DISK_FULL', message, { retryable: true, details: { path }, cause: error });
  }
  const message = `The day's file ${path} could not be written: ${error.message}. Nothing is lost; it is tried again.`;
  return new DaybookError('DAY_FILE_FAILED', message, { details: { path }, cause: error });
}
