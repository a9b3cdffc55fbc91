import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openDisk } from '../../src/runtimes/machine/disk.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import { startProcess } from './processes.ts';
import { announcedFrames, reportsInTopics, sendRecords } from './report-topics.ts';
import { startServers } from './servers.ts';

const PER_DAY = 9_700;
const LINES_AT_ONCE = 50_000;
const WAIT_MS = 600_000;
const plan = makePlan(daybook);

test(
  '300,000 records with repeats, late ones and long floats give the same rows by Spark, the embedded engine and the oracle',
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'sales.ndjson');
    const made = await runDaybook(
      `generate --from 2026-03-01 --to 2026-03-31 --per-day ${PER_DAY} --duplicates 0.05 --late 0.02 --out ${file}`.split(
        ' ',
      ),
    );
    expect(made.code).toBe(0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(300_000);
    const expected = reportsOf(lines.map(readSale));

    const engine = await openEmbedded({ plan, disk: openDisk(join(folder.path, 'data')), clock: machineClock() });
    for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
      const batch = Buffer.from(`${lines.slice(at, at + LINES_AT_ONCE).join('\n')}\n`);
      await engine.accept({ origin: 'test', lines: batch });
    }
    const { accepted } = await engine.status();
    for (const [name, rows] of Object.entries(expected)) {
      expect(rowTexts((await engine.query(name, {})).rows)).toEqual(rows);
    }
    await engine.close();

    await using servers = await startServers(['kafka', 'spark']);
    const { kafka, spark } = servers.at;
    await runDaybook(['apply', '--target', 'kafka', '--kafka', kafka, '--partitions', '6']);
    await using supervisor = startProcess([
      'spark',
      'run',
      '--kafka',
      kafka,
      '--spark',
      spark,
      '--checkpoints',
      join(folder.path, 'checkpoints'),
    ]);
    await sendRecords(plan, kafka, lines);
    await expect
      .poll(async () => (await announcedFrames(plan, kafka)).at(-1)?.accepted, { timeout: WAIT_MS, interval: 1_000 })
      .toBe(accepted);
    // Late records of days that are closed come a little later.
    await expect.poll(() => reportsInTopics(plan, kafka), { timeout: WAIT_MS, interval: 5_000 }).toEqual(expected);
    expect(await supervisor.stop()).toBe(0);
  },
  2 * WAIT_MS,
);
