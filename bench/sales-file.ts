import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatDay, parseDay } from '../src/base/calendar.ts';
import { runDaybook } from './daybook.ts';
import type { ReportRows } from './report-rows.ts';
import { rowsOfAnswerKey } from './report-rows.ts';

const LAST_DAY = '2026-10-30';
const PER_DAY = 33_333;
const DUPLICATES = 0.01;
/** About, for the check that there is room. */
const BYTES_PER_RECORD = 460;

/** Generated sales, about 33,333 a day with 1 % repeats (every second one altered), up to the 30th of October 2026. */
export interface SalesFile {
  readonly path: string;
  readonly bytes: number;
  /** How many lines, repeats too. */
  readonly sent: number;
  /** How many primary keys. */
  readonly accepted: number;
  /** The reports that they must give. */
  rows(): Promise<ReportRows>;
  remove(): Promise<void>;
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

/** The sales of so many days, as a file; one that was made before is taken as it is. */
export async function salesFile(folder: string, days: number, say: (sentence: string) => void): Promise<SalesFile> {
  const path = join(folder, `sales-${days}-days.ndjson`);
  const keyPath = join(folder, `sales-${days}-days.answer-key.json`);
  if (!existsSync(path) || !existsSync(keyPath)) await makeSales(path, keyPath, days, say);
  const { records } = JSON.parse((await readFile(keyPath, 'utf8')).replace(/,"reports":[^]*$/, '}')) as {
    readonly records: { readonly sent: number; readonly accepted: number };
  };
  return {
    path,
    bytes: (await stat(path)).size,
    sent: records.sent,
    accepted: records.accepted,
    rows: () => rowsOfAnswerKey(keyPath),
    remove: async () => {
      await rm(path);
      await rm(keyPath);
    },
  };
}

async function makeSales(path: string, keyPath: string, days: number, say: (sentence: string) => void): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await requireFreeBytes(dirname(path), salesBytes(days));
  say(`making the sales of ${days} days once: ${path}`);
  const partPath = `${path}.part`;
  const flags = {
    from: formatDay((parseDay(LAST_DAY) ?? 0) - days + 1),
    to: LAST_DAY,
    'per-day': String(PER_DAY),
    duplicates: String(DUPLICATES),
    seed: '1',
    out: partPath,
    'answer-key': keyPath,
  };
  await runDaybook(['generate', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])]);
  await rename(partPath, path);
}
