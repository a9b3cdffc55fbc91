import { describe, expect, it } from 'vitest';
import { chanceFrom, Dice } from '../chance.ts';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { expectReports, post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const KILLS = Number(process.env['DAYBOOK_KILLS'] ?? 100);
const SEED = Number(process.env['DAYBOOK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** A folder is given up after so many, so that reading all of it again after each kill stays quick. */
const KILLS_A_FOLDER = 20;
const CLIENTS = 4;
const BATCH = 50;
/** Records that are answered between two kills, at most. */
const RECORDS_A_LIFE_MAX = 1_500;
/** Turns of this process's loop between the last answer that is waited for and the kill. */
const TURNS_MAX = 40;
/** Of the kills, so many meet a process that was told to end, and is closing. */
const CLOSING_SHARE = 0.2;

type Batch = readonly string[];

/** What the clients know. */
interface Load {
  readonly answered: Batch[];
  /** Batches whose answer never came: each may or may not have become durable, as a whole. */
  unanswered: Batch[];
  /** The records that were sent, by `ts_id`; of equal ones the first, as repeats stand behind it in the same batch. */
  readonly first: Map<string, string>;
}

const idOf = (line: string): string => (JSON.parse(line) as { ts_id: string }).ts_id;

/** Sends batches until the server is gone or closing. */
async function sendUntilGone(daybook: DaybookProcess, next: () => Batch, load: Load): Promise<void> {
  for (;;) {
    const batch = next();
    for (const line of batch) if (!load.first.has(idOf(line))) load.first.set(idOf(line), line);
    try {
      const { status } = await post(daybook.url, batch);
      if (status === 503) {
        load.unanswered.push(batch);
        return;
      }
      expect(status).toBe(200);
      load.answered.push(batch);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      load.unanswered.push(batch);
      return;
    }
  }
}

/** Everything that was answered is there, once and as it was sent first; of the rest whole batches or nothing. */
async function expectAllAnswered(daybook: DaybookProcess, load: Load): Promise<void> {
  const text = await (await fetch(`${daybook.url}/api/v1/records`)).text();
  const kept = text.split('\n').filter(Boolean);
  const ids = new Set(kept.map(idOf));
  expect(ids.size).toBe(kept.length);
  expect(kept.filter((line) => load.first.get(idOf(line)) !== line)).toEqual([]);
  expect(load.answered.flat().filter((line) => !ids.has(idOf(line)))).toEqual([]);
  for (const batch of load.unanswered) {
    const there = batch.filter((line) => ids.has(idOf(line))).length;
    expect([0, batch.length]).toContain(there);
  }
  await expectReports(daybook.url, kept);
}

/** One folder's life: kill upon kill, each followed by a start that must have it all. */
async function killAgainAndAgain(kills: number, seed: number): Promise<void> {
  await using folder = await temporaryFolder();
  const dice = new Dice(seed);
  const load: Load = { answered: [], unanswered: [], first: new Map() };
  let made = 0;
  for (let kill = 0; kill < kills; kill++) {
    const daybook = await startDaybook(folder.path);
    await expectAllAnswered(daybook, load);
    // What was left without an answer is sent again, now and then in another process's life.
    const again = load.unanswered.filter(() => dice.happens(0.9));
    load.unanswered = load.unanswered.filter((batch) => !again.includes(batch));
    const next = (): Batch => again.pop() ?? mixedSales(BATCH, { repeats: 0.05, seed: seed + ++made });
    const clients = Array.from({ length: CLIENTS }, () => sendUntilGone(daybook, next, load));
    // Killed by the number of answers, not by the clock, so that a slow machine is under load as well.
    const goal = load.answered.length + Math.floor((dice.chance() * RECORDS_A_LIFE_MAX) / BATCH);
    while (load.answered.length < goal) await new Promise((resolve) => setImmediate(resolve));
    const stopped = dice.happens(CLOSING_SHARE) ? daybook.stop() : undefined;
    for (let turns = dice.whole(0, TURNS_MAX); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
    await daybook.kill();
    await stopped;
    await Promise.all(clients);
    load.unanswered.push(...again);
  }
  const last = await startDaybook(folder.path);
  await expectAllAnswered(last, load);
  expect(await last.stop()).toBe(0);
  expect(load.answered.length).toBeGreaterThan(0);
}

describe(`kill -9 loses nothing answered and counts nothing twice (DAYBOOK_SEED=${SEED})`, () => {
  const folders = Array.from({ length: Math.ceil(KILLS / KILLS_A_FOLDER) }, (_, index) => ({
    first: index * KILLS_A_FOLDER + 1,
    last: Math.min(KILLS, (index + 1) * KILLS_A_FOLDER),
  }));
  const chance = chanceFrom(SEED);

  it.each(folders.map((folder) => ({ ...folder, seed: Math.floor(chance() * 2 ** 31) })))(
    'kills $first to $last of many, at random moments under load',
    ({ first, last, seed }) => killAgainAndAgain(last - first + 1, seed),
  );
});
