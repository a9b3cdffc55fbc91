import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOfAnswer } from '../oracle/furniture-store.ts';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import type { Airflow } from './airflow.ts';
import { openAirflow } from './airflow.ts';

const DATES = ['2026-03-01', '2026-03-02', '2026-03-03'];
const PER_DAY = '300';
/** A record of this day closes the first of the dates; of the run for the day before it, that is the day to close. */
const CLOSING_DAY = '2026-03-09';
const NOT_YET_CLOSING_DAY = '2026-03-10';
const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let daybook: DaybookProcess;
let airflow: Airflow;
let settings: Readonly<Record<string, string>>;
let files: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  [daybook, airflow] = await Promise.all([
    startDaybook(join(folder.path, 'data')),
    openAirflow(join(folder.path, 'airflow')),
  ]);
  files = join(folder.path, 'files');
  settings = { DAYBOOK_URL: daybook.url, DAYBOOK_FILES: files, DAYBOOK_PER_DAY: PER_DAY };
});

afterAll(async () => {
  await daybook?.stop();
  await folder?.[Symbol.asyncDispose]();
});

/** Runs a DAG, and asserts that it ended well. */
async function run(dag: string, date: string): Promise<void> {
  const { code, output } = await airflow.test(dag, date, settings);
  expect(code, output).toBe(0);
}

/** Each report's rows as the generator's answer key has them for the dates. */
async function answerKey(): Promise<Readonly<Record<string, ReturnType<typeof rowsOfAnswer>>>> {
  const rows: Record<string, string[]> = {};
  for (const date of DATES) {
    const key = join(folder.path, `${date}.json`);
    const out = join(folder.path, `${date}.ndjson`);
    const days = ['--from', date, '--to', date, '--per-day', PER_DAY];
    await runDaybook(['generate', ...days, '--out', out, '--answer-key', key]);
    const json = await readFile(key, 'utf8');
    for (const name of REPORTS) {
      const start = json.indexOf('[', json.indexOf(`"${name}":`));
      (rows[name] ??= []).push(json.slice(start + 1, json.indexOf(']', start)));
    }
  }
  return Object.fromEntries(
    Object.entries(rows).map(([name, texts]) => [name, rowsOfAnswer(`{"rows":[${texts.join(',')}]}`)]),
  );
}

async function reports(): Promise<Readonly<Record<string, ReturnType<typeof rowsOfAnswer>>>> {
  const entries = REPORTS.map(async (name) => {
    const { stdout } = await runDaybook(['report', name, '--format', 'json', '--url', daybook.url]);
    return [name, rowsOfAnswer(stdout)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** How many records a day's file has, and how many different ones. */
async function recordsIn(date: string): Promise<readonly (string | number)[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER, count(DISTINCT ts_id)::INTEGER, min(ts_date)::VARCHAR FROM '${join(files, `${date}.parquet`)}'`,
  );
  return reader.getRows()[0] as (string | number)[];
}

describe('fake_data', () => {
  it('makes the sales of each date once, however often it runs, and exports the day', async () => {
    for (const date of DATES) await run('fake_data', date);
    const before = await Promise.all(DATES.map(recordsIn));
    await run('fake_data', DATES[0] ?? '');
    expect(await reports()).toEqual(await answerKey());
    expect(await Promise.all(DATES.map(recordsIn))).toEqual(before);
    for (const [index, [records, keys, day]] of before.entries()) {
      expect(Number(records)).toBeGreaterThan(100);
      expect([keys, day]).toEqual([records, DATES[index]]);
    }
  });

  it('fails when the command fails, after it has tried again', async () => {
    const { code, output } = await airflow.test('fake_data', '2026-03-04', {
      ...settings,
      DAYBOOK_URL: 'http://127.0.0.1:9',
    });
    expect(code).toBe(1);
    expect(output.match(/\(UNREACHABLE\)/g)).toHaveLength(3);
  });

  it('goes on when another try succeeds', async () => {
    const command = join(folder.path, 'fails-once.sh');
    const mark = join(folder.path, 'failed-once');
    await writeFile(command, `#!/bin/sh\n[ -e ${mark} ] || { touch ${mark}; exit 1; }\necho "ran $*"\n`);
    await chmod(command, 0o755);
    const { code, output } = await airflow.test('fake_data', '2026-03-05', { ...settings, DAYBOOK_COMMAND: command });
    expect(code, output).toBe(0);
    expect(output).toContain('ran generate --from 2026-03-05 --to 2026-03-05');
  });
});

describe('daily_close', () => {
  it('refuses a day that is open, and closes it once a newer sale has closed it', async () => {
    const early = await airflow.test('daily_close', CLOSING_DAY, settings);
    expect([early.code, early.output]).toEqual([1, expect.stringContaining('(DAY_OPEN)')]);
    const sale = ['--from', CLOSING_DAY, '--to', CLOSING_DAY, '--per-day', '1', '--to-http', daybook.url];
    expect((await runDaybook(['generate', ...sale])).code).toBe(0);
    const { code, output } = await airflow.test('daily_close', CLOSING_DAY, settings);
    expect(code, output).toBe(0);
    expect(output).toContain('daily_pu_rev: 1 row compared, 0 differences');
    expect(output).not.toContain('the day is open');
    const next = await airflow.test('daily_close', NOT_YET_CLOSING_DAY, settings);
    expect([next.code, next.output]).toEqual([1, expect.stringContaining('(DAY_OPEN)')]);
  });

  it('fails when a figure does not agree, and does not export the day', async () => {
    const command = join(folder.path, 'differs.sh');
    await writeFile(command, `#!/bin/sh\necho "called $1"\n[ "$1" != verify ]\n`);
    await chmod(command, 0o755);
    const { code, output } = await airflow.test('daily_close', CLOSING_DAY, { ...settings, DAYBOOK_COMMAND: command });
    expect(code).toBe(1);
    expect(output).toContain('called verify');
    expect(output).not.toContain('called export');
  });
});
