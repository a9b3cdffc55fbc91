import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { formatDay, parseDay } from '../../src/base/calendar.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openDisk } from '../../src/runtimes/machine/disk.ts';
import type { PipelineDetailsAnswer } from '../../src/server/protocol.ts';
import type { Sale } from '../oracle/furniture-store.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import { readyUrl, startProcess } from './processes.ts';
import { sendRecords } from './report-topics.ts';
import { startServers } from './servers.ts';
import { amendmentsIn, apply, rowsInPostgres, sunkInCassandra, sunkInPostgres } from './stores.ts';

const PER_DAY = 9_700;
const LINES_AT_ONCE = 50_000;
/** In so many parts the records are sent, each when the one before is in the reports: then days are closed between them. */
const PARTS = 3;
const WAIT_MS = 900_000;
const plan = makePlan(daybook);

// With so many records, what Java's second compiler does is repaid; see `around-tests.ts`.
process.env['JAVA_TOOL_OPTIONS'] = '';

/** One of so many records of the first days is sent last, weeks after its day was closed. */
const HELD_BACK = 60;

/** Makes sales with repeats, late ones and long floats, as a user does; some come when their days are long closed. */
async function generate(file: string): Promise<readonly string[]> {
  const flags = `--from 2026-03-01 --to 2026-03-31 --per-day ${PER_DAY} --duplicates 0.05 --late 0.02 --out ${file}`;
  expect((await runDaybook(['generate', ...flags.split(' ')])).code).toBe(0);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(300_000);
  const isHeldBack = (index: number): boolean => index % HELD_BACK === 0 && index < lines.length / PARTS;
  return [...lines.filter((_, index) => !isHeldBack(index)), ...lines.filter((_, index) => isHeldBack(index))];
}

/** Takes all lines into a data folder, and has its rows compared. */
async function acceptAll(folder: string, lines: readonly string[], expected: ReturnType<typeof reportsOf>) {
  const engine = await openEmbedded({ plan, disk: openDisk(folder), clock: machineClock() });
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    const batch = Buffer.from(`${lines.slice(at, at + LINES_AT_ONCE).join('\n')}\n`);
    await engine.accept({ origin: 'test', lines: batch });
  }
  for (const [name, rows] of Object.entries(expected)) {
    expect(rowTexts((await engine.query(name, {})).rows)).toEqual(rows);
  }
  await engine.close();
}

/** By report, the days of rows that each part changed when what came before it had closed them. */
function changedClosedDays(sales: readonly Sale[], step: number): Readonly<Record<string, readonly string[]>> {
  const { name: day } = plan.stream.businessDate;
  const changed: Record<string, Set<string>> = {};
  let before = reportsOf(sales.slice(0, step));
  for (let end = 2 * step; end < sales.length + step; end += step) {
    const newest = before['daily_pu_rev']?.at(-1)?.[day] ?? '';
    const firstOpen = formatDay((parseDay(newest) ?? 0) - plan.stream.latenessDays);
    const after = reportsOf(sales.slice(0, end));
    for (const [name, rows] of Object.entries(after)) {
      const known = new Set(before[name]?.map((row) => JSON.stringify(row)));
      const days = rows.filter((row) => (row[day] ?? '') < firstOpen && !known.has(JSON.stringify(row)));
      for (const row of days) (changed[name] ??= new Set()).add(row[day] ?? '');
    }
    before = after;
  }
  return Object.fromEntries(Object.entries(changed).map(([name, days]) => [name, [...days].sort()]));
}

/** The days that got records when they were closed, as they are listed for whoever watches. */
async function lateDaysOf(url: string): Promise<ReadonlyMap<string, { readonly records: number }>> {
  const days = async (): Promise<PipelineDetailsAnswer['lateDays']> =>
    ((await (await fetch(`${url}/api/v1/pipeline/details`)).json()) as PipelineDetailsAnswer).lateDays;
  // It is as of the newest frame, of which a server that was just started has not heard yet.
  await expect.poll(days).not.toEqual([]);
  return new Map((await days()).map((each) => [each.day, each]));
}

test(
  '300,000 records with repeats, late ones and long floats give the same rows in PostgreSQL, Cassandra, the embedded engine and the oracle',
  async () => {
    await using folder = await temporaryFolder();
    const lines = await generate(join(folder.path, 'sales.ndjson'));
    const sales = lines.map(readSale);
    const expected = reportsOf(sales);
    const data = join(folder.path, 'data');
    await acceptAll(data, lines, expected);

    await using servers = await startServers(['kafka', 'spark', 'postgres', 'cassandra']);
    const { kafka, spark, postgres, cassandra } = servers.at;
    const environment = {
      DAYBOOK_KAFKA: kafka,
      DAYBOOK_SPARK: spark,
      DAYBOOK_SPARK_CHECKPOINTS: join(folder.path, 'checkpoints'),
      DAYBOOK_POSTGRES: postgres,
      DAYBOOK_CASSANDRA: cassandra,
    };
    expect((await runDaybook(['apply', '--target', 'kafka', '--partitions', '6'], '', environment)).code).toBe(0);
    await apply(environment, 'postgres', 'cassandra');
    await using processes = new AsyncDisposableStack();
    for (const args of [
      ['spark', 'run'],
      ['sink', 'postgres'],
      ['sink', 'cassandra'],
    ]) {
      processes.use(startProcess(args, environment));
    }

    const step = Math.ceil(lines.length / PARTS);
    const partOf = <T>(all: readonly T[], part: number): readonly T[] => all.slice(part * step, (part + 1) * step);
    const accepted = async (): Promise<number> =>
      Number((await rowsInPostgres(postgres, 'SELECT accepted FROM daybook.frames'))[0]?.['accepted'] ?? 0);
    for (let part = 0; part < PARTS; part++) {
      await sendRecords(plan, kafka, partOf(lines, part));
      const unique = new Set(sales.slice(0, (part + 1) * step).map(({ ts_id: id }) => id)).size;
      await expect.poll(accepted, { timeout: WAIT_MS, interval: 500 }).toBe(unique);
    }
    // Late records of days that are closed come a little later.
    const patience = { timeout: WAIT_MS, interval: 3_000 };
    await expect.poll(() => sunkInPostgres(plan, kafka, postgres), patience).toEqual(expected);
    await expect.poll(() => sunkInCassandra(plan, kafka, cassandra), patience).toEqual(expected);

    const changed = changedClosedDays(sales, step);
    expect(changed['daily_pu_rev']?.length).toBeGreaterThan(0);
    for (const { name } of plan.reports) {
      const { days, differing, broken } = await amendmentsIn(plan, postgres, name);
      const missing = (changed[name] ?? []).filter((day) => !days.includes(day));
      expect({ name, missing, differing, broken }).toEqual({ name, missing: [], differing: 0, broken: 0 });
    }

    const days = await lateDaysOf(await readyUrl(processes.use(startProcess(['serve', '--port', '0'], environment))));
    const perDay = Map.groupBy(
      new Map(sales.toReversed().map((sale) => [sale.ts_id, sale])).values(),
      ({ ts_date: day = '' }) => day,
    );
    for (const day of changed['daily_pu_rev'] ?? []) {
      expect(days.get(day)).toMatchObject({ records: perDay.get(day)?.length, waiting: 0 });
    }

    // What was there is sent once more, all repeats now, and each row compared by the command that users have for it.
    const migrated = await runDaybook(['migrate', '--data', data, '--to-kafka', kafka], '', environment);
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('are those of the Daybook') as string });
  },
  2 * WAIT_MS,
);
