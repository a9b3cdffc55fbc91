import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { PipelineAnswer } from '../../src/server/protocol.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { readyUrl, startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { startServers } from './servers.ts';
import { apply, reportsInPostgres, rowsInPostgres, sunkInCassandra } from './stores.ts';

const plan = makePlan(daybook);
const TIMEOUT_MS = 1_200_000;

// With so many records, what Java's second compiler does is repaid; see `around-tests.ts`.
process.env['JAVA_TOOL_OPTIONS'] = '';

/** The stack's engine is Spark; beside it the embedded one in its place, with many more; `parity` has 300,000. */
test.each([
  ['Spark', 20_000],
  ['the embedded engine', 120_000],
])(
  'a Daybook is replayed into a stack with %s and %i records, where every row is equal to the last digit',
  async (engine, count) => {
    await using folder = await temporaryFolder();
    const data = ['--data', join(folder.path, 'data')];
    const sales = mixedSales(count, { repeats: 0.03, seed: 11, customers: 2_000 });
    const file = join(folder.path, 'sales.ndjson');
    await writeFile(file, [...sales, '{"broken": true}'].map((line) => `${line}\n`).join(''));
    expect(await runDaybook(['import', file, ...data])).toMatchObject({ code: 0 });

    const isSpark = engine === 'Spark';
    await using servers = await startServers([
      'kafka',
      'postgres',
      'cassandra',
      ...(isSpark ? ['spark' as const] : []),
    ]);
    const { kafka, postgres, cassandra } = servers.at;
    const environment = {
      DAYBOOK_KAFKA: kafka,
      DAYBOOK_POSTGRES: postgres,
      DAYBOOK_CASSANDRA: cassandra,
      DAYBOOK_SPARK: servers.at.spark ?? '',
      DAYBOOK_SPARK_CHECKPOINTS: join(folder.path, 'checkpoints'),
    };
    await apply(environment, 'kafka', 'postgres', 'cassandra');
    await using processes = new AsyncDisposableStack();
    const supervisor = isSpark ? processes.use(startProcess(['spark', 'run'], environment)) : undefined;
    if (!isSpark) processes.use(await openFeeder(plan, kafka)).follow();
    for (const store of ['postgres', 'cassandra']) processes.use(startProcess(['sink', store], environment));
    const serve = processes.use(startProcess(['serve', '--port', '0'], environment));

    const expected = reportsOf(sales.map(readSale));
    const migrated = await runDaybook(['migrate', ...data], '', environment);
    const unique = new Set(sales.map((sale) => readSale(sale).ts_id)).size;
    expect(migrated).toMatchObject({
      code: 0,
      stdout: [
        `${unique} records and 1 refused record sent.`,
        ...plan.reports.map(({ name }) => `${name}: ${expected[name]?.length} rows compared, 0 differences`),
        'All rows of the stack are those of the Daybook.\n',
      ].join('\n'),
    });
    expect(await reportsInPostgres(plan, postgres)).toEqual(expected);
    await expect
      .poll(() => sunkInCassandra(plan, kafka, cassandra), { interval: 3_000, timeout: TIMEOUT_MS / 3 })
      .toEqual(expected);
    const url = await readyUrl(serve);
    const agreed = `All reports agree with the ${unique} raw records.`;
    await expect
      .poll(async () => runDaybook(['verify', '--url', url]), { interval: 3_000, timeout: TIMEOUT_MS / 3 })
      .toMatchObject({ code: 0, stdout: expect.stringContaining(agreed) as string });

    // A figure that is wrong is found by both, and told.
    const change = `UPDATE daily_report.daily_pu_rev SET daily_pu = daily_pu + 1 WHERE ts_date = '2026-04-07'`;
    await rowsInPostgres(postgres, change);
    const verified = await runDaybook(['verify', '--url', url]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain('daily_pu_rev: ts_date 2026-04-07');
    const again = await runDaybook(['migrate', ...data], '', environment);
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('daily_pu_rev: 30 rows compared, 1 difference');

    const engineState = async (): Promise<PipelineAnswer['engine']> =>
      ((await (await fetch(`${url}/api/v1/pipeline`)).json()) as PipelineAnswer).engine;
    // An engine that says nothing of itself has nothing said of it.
    if (supervisor === undefined) return expect(await engineState()).toBeNull();
    await expect.poll(engineState).toMatchObject({ state: 'running', reason: null });
    await servers.stack.kill('spark-connect');
    const inTrouble = { state: 'trouble', reason: expect.stringMatching(/cannot be reached/) as string };
    await expect.poll(engineState, { timeout: TIMEOUT_MS / 3 }).toMatchObject(inTrouble);
    await supervisor.kill();
    const killedAtMs = Date.now();
    await expect.poll(engineState, { timeout: TIMEOUT_MS / 3 }).toMatchObject({ state: 'silent' });
    const { heardAtMs } = (await engineState()) ?? {};
    expect(heardAtMs).toBeLessThan(killedAtMs + 1_000);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\ndaybook_engine_running 0\n');
    await servers.stack.start('spark-connect');
    const next = processes.use(startProcess(['spark', 'run'], environment));
    await expect.poll(engineState, { timeout: TIMEOUT_MS / 3 }).toMatchObject({ state: 'running' });
    expect(await next.stop(), next.text()).toBe(0);
    await expect.poll(engineState).toMatchObject({ state: 'stopped', reason: null });
  },
  TIMEOUT_MS,
);
