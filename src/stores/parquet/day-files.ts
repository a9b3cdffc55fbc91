import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Zone } from '../../base/calendar.ts';
import { zone } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { isOutOfRoom } from '../../base/out-of-room.ts';
import { writeCsv } from './csv-file.ts';
import type { SpooledDay } from './day-spool.ts';
import { DaySpool, readLines } from './day-spool.ts';
import { ParquetWriter } from './parquet-file.ts';
import type { RecordTexts } from './record-texts.ts';
import { readBusinessDay, readTexts } from './record-texts.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.parquet$/;
/** In a file's metadata: whether the day was closed. */
const COMPLETE = 'daybook.complete';

export type DayFileFormat = 'parquet' | 'csv' | 'ndjson';

export interface DayFileOptions {
  /** Accepted records in log order, of any days: NDJSON in chunks of whole lines, as `Runtime.records` gives them. */
  readonly records: AsyncIterable<Uint8Array>;
  readonly plan: Plan;
  /** A day's older file in it is replaced. */
  readonly folder: string;
  readonly format: DayFileFormat;
  /** Whether more records may still come for a day (`YYYY-MM-DD`). */
  readonly openDays: (day: string) => boolean;
  /** `recordsTotal` is known once all records were read, and then `records` counts those that are in their file. */
  readonly onProgress?: (records: number, recordsTotal: number | undefined) => void;
}

/** A file that was written: one business day's records. */
export interface DayFile {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  /** False for a day that was open: write it again later. */
  readonly complete: boolean;
}

/**
 * Writes one file a business day, `<YYYY-MM-DD>.<format>`, each whole and durable under its name or not there at all.
 * - `ndjson`: the records' lines as they were accepted, in log order; the others have the stream's fields alone
 * - `csv`: RFC 4180 with a header, the stream's fields in their order, numbers with their own digits, in log order
 * - `parquet`: typed columns, zstd, in log order; key-value metadata `daybook.stream`, `daybook.day`, `daybook.complete`
 *
 * Memory is bounded however many records and days there are; beside the files the folder needs room for the records
 * once more meanwhile.
 * @returns what was written, oldest day first
 * @throws DaybookError `DISK_FULL` (retryable), `EXPORT_FAILED`, `EXPORT_VALUE_OUT_OF_RANGE`, `EXPORT_UNREADABLE_RECORD`;
 *   the files of days before are written then
 *
 * @example
 * const files = await writeDayFiles({ records: runtime.records({}), plan, folder: 'out', format: 'parquet', openDays });
 * console.log(files.map((file) => `${file.path}: ${file.records} records`).join('\n'));
 */
export async function writeDayFiles(options: DayFileOptions): Promise<readonly DayFile[]> {
  const { plan, format } = options;
  const folder = resolve(options.folder);
  const local = zone(plan.stream.timeZone);
  try {
    const workFolder = await mkdtemp(join(folder, '.daybook-export-'));
    try {
      const days = await spool(options, workFolder, local);
      const parquet = format === 'parquet' ? await ParquetWriter.open(plan.stream, workFolder) : undefined;
      try {
        return await writeDays(days, { ...options, folder, workFolder, local, parquet });
      } finally {
        parquet?.close();
      }
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  } catch (error) {
    throw translate(error, folder);
  }
}

/**
 * The newest day of which a folder has a Parquet file with all records. A day that was open when it was written is none,
 * nor is a file that cannot be read.
 */
export async function newestCompleteDay(folder: string): Promise<string | undefined> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const days = names.flatMap((name) => DAY_FILE.exec(name)?.[1] ?? []).toSorted();
  if (days.length === 0) return undefined;
  // DuckDB is large, so it is loaded by who needs it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    const isComplete = async (day: string): Promise<boolean> => {
      const sql = `SELECT 1 FROM parquet_kv_metadata($path) WHERE decode(key) = '${COMPLETE}' AND decode(value) = 'true'`;
      try {
        return (await connection.runAndReadAll(sql, { path: join(folder, `${day}.parquet`) })).currentRowCount > 0;
      } catch {
        // It is no file of ours, or half of one.
        return false;
      }
    };
    for (const day of days.toReversed()) if (await isComplete(day)) return day;
    return undefined;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function spool(options: DayFileOptions, workFolder: string, local: Zone): Promise<readonly SpooledDay[]> {
  const { stream } = options.plan;
  const spooled = new DaySpool(workFolder);
  for await (const chunk of options.records) {
    await spooled.add(chunk, (line) => readBusinessDay(line, stream, local));
    options.onProgress?.(spooled.records, undefined);
  }
  return spooled.days();
}

interface Work extends DayFileOptions {
  readonly workFolder: string;
  readonly local: Zone;
  /** There for the format that needs it. */
  readonly parquet: ParquetWriter | undefined;
}

async function writeDays(days: readonly SpooledDay[], work: Work): Promise<readonly DayFile[]> {
  const recordsTotal = days.reduce((sum, day) => sum + day.records, 0);
  const files: DayFile[] = [];
  let recordsDone = 0;
  for (const spooled of days) {
    const path = join(work.folder, `${spooled.day}.${work.format}`);
    const complete = !work.openDays(spooled.day);
    const written = await writeDay(spooled, complete, work);
    await syncFile(written);
    await rename(written, path);
    const { size } = await stat(path);
    files.push({ day: spooled.day, path, records: spooled.records, bytes: size, complete });
    recordsDone += spooled.records;
    work.onProgress?.(recordsDone, recordsTotal);
    await rm(spooled.path, { force: true });
  }
  await syncFile(work.folder);
  return files;
}

/** @returns where the file was written, under a name for the time being */
async function writeDay(spooled: SpooledDay, complete: boolean, work: Work): Promise<string> {
  const { stream } = work.plan;
  if (work.format === 'ndjson') return spooled.path;
  const path = join(work.workFolder, `${spooled.day}.${work.format}`);
  const rows = rowsOf(spooled, work);
  if (work.parquet === undefined) await writeCsv(path, stream, rows);
  else {
    const metadata = {
      'daybook.stream': stream.name,
      'daybook.day': spooled.day,
      [COMPLETE]: String(complete),
    };
    await work.parquet.write(path, rows, metadata);
  }
  return path;
}

async function* rowsOf(spooled: SpooledDay, work: Work): AsyncGenerator<readonly RecordTexts[]> {
  for await (const lines of readLines(spooled.path)) {
    yield lines.map((line) => readTexts(line, work.plan.stream, work.local));
  }
}

/** Makes a file's content durable, or a folder's names. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function translate(error: unknown, folder: string): unknown {
  if (error instanceof DaybookError || !(error instanceof Error)) return error;
  if (isOutOfRoom(error)) {
    const message = `There is no room left in ${folder} for the export. Make room and export again.`;
    return new DaybookError('DISK_FULL', message, { retryable: true, details: { folder }, cause: error });
  }
  const message = `The export to ${folder} failed: ${error.message}. Look whether the folder can be written to.`;
  return new DaybookError('EXPORT_FAILED', message, { details: { folder }, cause: error });
}
