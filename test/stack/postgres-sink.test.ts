import pg from 'pg';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { readSale, reportsOf, sortedRows } from '../oracle/furniture-store.ts';
import { runDaybook } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { startServers } from './servers.ts';

const plan = makePlan(daybook);

/** The reports in PostgreSQL, as the oracle has them: each cell as text. */
async function reportsIn(postgres: string): Promise<ReturnType<typeof reportsOf>> {
  const client = new pg.Client({ connectionString: postgres, types: { getTypeParser: () => (text: string) => text } });
  await client.connect();
  try {
    const reports: Record<string, ReturnType<typeof sortedRows>> = {};
    for (const { name, columns } of plan.reports) {
      const cells = columns.map((column) =>
        column.kind === 'decimal' ? `trim_scale("${column.name}") AS "${column.name}"` : `"${column.name}"`,
      );
      const { rows } = await client.query<Record<string, string | null>>(
        `SELECT ${cells.join(', ')} FROM daily_report."${name}"`,
      );
      reports[name] = sortedRows(
        rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, String(cell)]))),
      );
    }
    return reports;
  } finally {
    await client.end();
  }
}

/** Tables and topics are made by the commands, as a user makes them. */
async function apply(environment: Readonly<Record<string, string>>, ...targets: readonly string[]): Promise<void> {
  for (const target of targets) {
    const { code, stderr } = await runDaybook(['apply', '--target', target], '', environment);
    expect(stderr, target).toBe('');
    expect(code).toBe(0);
  }
}

test('reports reach PostgreSQL to the last digit while sinks are killed, join and leave', async () => {
  await using servers = await startServers(['kafka', 'postgres']);
  const environment = { DAYBOOK_KAFKA: servers.at.kafka, DAYBOOK_POSTGRES: servers.at.postgres };
  await apply(environment, 'kafka', 'postgres');
  await using feeder = await openFeeder(plan, servers.at.kafka);
  const sales = mixedSales(20_000, { repeats: 0.05, seed: 7 });
  const first = startProcess(['sink', 'postgres'], environment);
  const processes = [first];
  try {
    const step = 400;
    for (let at = 0; at < sales.length; at += step) {
      await feeder.feed(sales.slice(at, at + step));
      if (at === 10 * step) processes.push(startProcess(['sink', 'postgres'], environment));
      if (at === 20 * step) await first.kill();
      if (at === 30 * step) processes.push(startProcess(['sink', 'postgres'], environment));
    }
    const expected = reportsOf(sales.map(readSale));
    await expect.poll(() => reportsIn(servers.at.postgres), { interval: 500 }).toEqual(expected);
    for (const each of processes.slice(1)) expect(await each.stop(), each.text()).toBe(0);
  } finally {
    for (const each of processes) await each[Symbol.asyncDispose]();
  }
});
