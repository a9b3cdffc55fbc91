import { expect, it } from 'vitest';
import { chanceFrom } from '../chance.ts';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { expectReports, post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const KILLS = Number(process.env['DAYBOOK_KILLS'] ?? 10);
const SEED = Number(process.env['DAYBOOK_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const CLIENTS = 4;
const BATCH = 50;

interface Load {
  /** Lines of batches that were answered. */
  readonly answered: string[];
  /** Lines of batches whose answer never came: each may or may not have become durable. */
  unanswered: string[];
}

/** Sends batches until the server is gone; the first of them is what was left unanswered before, sent again. */
async function sendUntilGone(daybook: DaybookProcess, next: () => readonly string[], load: Load): Promise<void> {
  for (let batch = next(); ; batch = next()) {
    try {
      const { status } = await post(daybook.url, batch);
      expect(status).toBe(200);
      load.answered.push(...batch);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      load.unanswered.push(...batch);
      return;
    }
  }
}

async function rawRecords(url: string): Promise<readonly string[]> {
  const text = await (await fetch(`${url}/api/v1/records`)).text();
  return text.split('\n').filter(Boolean);
}

const idOf = (line: string): string => (JSON.parse(line) as { ts_id: string }).ts_id;

it(`kill -9 at ${KILLS} random moments loses nothing answered and counts nothing twice (DAYBOOK_SEED=${SEED})`, async () => {
  await using folder = await temporaryFolder();
  const random = chanceFrom(SEED);
  const load: Load = { answered: [], unanswered: [] };
  let made = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const daybook = await startDaybook(folder.path);
    const again = load.unanswered;
    load.unanswered = [];
    const next = (): readonly string[] => {
      const repeated = again.splice(0, BATCH);
      return repeated.length > 0 ? repeated : mixedSales(BATCH, { repeats: 0.05, seed: SEED + ++made });
    };
    const clients = Array.from({ length: CLIENTS }, () => sendUntilGone(daybook, next, load));
    // Killed by the number of answers, not by the clock, so that a slow machine is under load as well.
    const goal = load.answered.length + Math.floor(random() * 4_000);
    while (load.answered.length < goal) await new Promise((resolve) => setImmediate(resolve));
    await daybook.kill();
    await Promise.all(clients);
    load.unanswered.push(...again);

    const after = await startDaybook(folder.path);
    const kept = await rawRecords(after.url);
    const ids = new Set(kept.map(idOf));
    expect(ids.size).toBe(kept.length);
    expect(load.answered.filter((line) => !ids.has(idOf(line)))).toEqual([]);
    await expectReports(after.url, kept);
    await after.kill();
  }
  expect(load.answered.length).toBeGreaterThan(0);
});
