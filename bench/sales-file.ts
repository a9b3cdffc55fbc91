import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDay, parseDay } from '../src/base/calendar.ts';
import { runDaybook } from './daybook.ts';
import type { ReportRows } from './report-rows.ts';
import { rowsOfAnswerKey } from './report-rows.ts';

const LAST_DAY = '2026-10-30';
const DAYS = 30;
const PER_DAY = 33_333;
const DUPLICATES = 0.01;
/** About, for the check that there is room. */
const BYTES_PER_RECORD = 460;

/** Of sales of four years, which make a million too. */
const YEARS_DAYS = 1_461;
const YEARS_PER_DAY = 685;

/** Generated sales with 1 % repeats, every second one altered, and their answer key. */
export interface SalesFile {
  readonly path: string;
  readonly bytes: number;
  /** How many lines, repeats too. */
  readonly sent: number;
  /** How many primary keys. */
  readonly accepted: number;
  /** The reports that they must give. */
  rows(): Promise<ReportRows>;
}

/** Which sales: the last days up to the 30th of October 2026, 33,333 a day unless told. */
interface SalesRange {
  readonly days: number;
  readonly seed: number;
  readonly perDay?: number;
}

/** How many bytes the sales of so many days take, about. */
export function salesBytes(days: number): number {
  return days * PER_DAY * (1 + DUPLICATES) * BYTES_PER_RECORD;
}

/** @throws Error when fewer bytes than these are free in the folder */
export async function requireFreeBytes(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new Error(
    `This takes ${Math.ceil(bytes / 1e9)} GB in ${folder}, where ${Math.floor((bavail * bsize) / 1e9)} GB are free. ` +
      'Make room, or set TMPDIR to a folder on another disk.',
  );
}

/** The sales of 30 days, about 33,333 a day; a file that was made before is taken as it is. */
export function salesFile(folder: string, say: (sentence: string) => void): Promise<SalesFile> {
  return keptSales(folder, '', { days: DAYS, seed: 1 }, say);
}

/** As many of four years, likewise. */
export function yearsOfSales(folder: string, say: (sentence: string) => void): Promise<SalesFile> {
  return keptSales(folder, '-years', { days: YEARS_DAYS, seed: 1, perDay: YEARS_PER_DAY }, say);
}

async function keptSales(
  folder: string,
  suffix: string,
  range: SalesRange,
  say: (sentence: string) => void,
): Promise<SalesFile> {
  const path = join(folder, `sales${suffix}.ndjson`);
  const keyPath = join(folder, `answer-key${suffix}.json`);
  if (!existsSync(path) || !existsSync(keyPath)) {
    say(`making the sales of ${range.days} days once: ${path}`);
    await requireFreeBytes(folder, salesBytes(DAYS));
    const partPath = `${path}.part`;
    await runDaybook([...generateArgs(range, partPath), '--answer-key', keyPath]);
    await rename(partPath, path);
  }
  const { records } = JSON.parse((await readFile(keyPath, 'utf8')).replace(/,"reports":[^]*$/, '}')) as {
    readonly records: { readonly sent: number; readonly accepted: number };
  };
  return {
    path,
    bytes: (await stat(path)).size,
    sent: records.sent,
    accepted: records.accepted,
    rows: () => rowsOfAnswerKey(keyPath),
  };
}

/** Sales that are removed when they are disposed of, of any number of days; there is no answer key to so many. */
export interface TemporarySales extends AsyncDisposable {
  readonly path: string;
  /** How many lines, repeats too. */
  readonly sent: number;
}

/** Makes sales as `salesFile` does. */
export async function temporarySales(
  folder: string,
  range: SalesRange,
  say: (sentence: string) => void,
): Promise<TemporarySales> {
  const path = join(folder, `sales-${range.days}-days-seed-${range.seed}.ndjson`);
  say(`making the sales of ${range.days} days`);
  const { stderr } = await runDaybook(generateArgs(range, path));
  const sent = Number(/^(\d+) records from /m.exec(stderr.join('\n'))?.[1]);
  return { path, sent, [Symbol.asyncDispose]: () => rm(path) };
}

function generateArgs({ days, seed, perDay = PER_DAY }: SalesRange, out: string): readonly string[] {
  const flags = {
    from: formatDay((parseDay(LAST_DAY) ?? 0) - days + 1),
    to: LAST_DAY,
    'per-day': String(perDay),
    duplicates: String(DUPLICATES),
    seed: String(seed),
    out,
  };
  return ['generate', '--overwrite', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])];
}
