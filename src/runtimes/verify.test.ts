import { open as openFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { formatDay } from '../base/calendar.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Plan } from '../plan/plan.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { awkwardSale } from '../../test/sales/awkward-sales.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { randomReports } from '../../test/sales/random-reports.ts';
import { openEmbedded } from './embedded.ts';
import { machineClock } from './machine/clock.ts';
import { openDisk } from './machine/disk.ts';
import type { RemoteRuntime } from './remote.ts';
import { repairDataFolder } from './repair.ts';
import type { Verification, VerifyOptions } from './verify.ts';
import { verify } from './verify.ts';

const plan = makePlan(daybook);
const RUNS = 15;
/** Each run opens a DuckDB of its own. */
const TIMEOUT_MS = 120_000;

function opened(plan: Plan, disk: FaultyDisk): ReturnType<typeof openEmbedded> {
  return openEmbedded({ plan, disk, clock: machineClock() });
}

function batch(lines: readonly string[]): Parameters<RemoteRuntime['accept']>[0] {
  return { origin: 'test', lines: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

function verified(runtime: RemoteRuntime, options: Partial<VerifyOptions> = {}): Promise<Verification> {
  return verify({
    runtime,
    range: {},
    differencesMax: 10,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  });
}

/** What is wrong by a verification: nothing, if all is well. */
function wrongIn({ differences, miscounted, reports }: Verification): object {
  return { differences, miscounted, differing: reports.map(({ differing }) => differing).filter((count) => count > 0) };
}

const NOTHING = { differences: [], miscounted: undefined, differing: [] };

describe('the engine and DuckDB', () => {
  it(
    'agree on any reports over any records',
    async () => {
      const definitions = fc
        .tuple(fc.constantFrom('America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'), fc.constantFrom(0, 3, 23))
        .chain(([timeZone, businessDayEndsAtHour]) => {
          const stream = { ...dailyRecords, timeZone, businessDayEndsAtHour };
          return randomReports(stream).map((reports) => ({
            stream,
            reports,
            dashboard: { title: 'any', tiles: [] },
          }));
        });
      const batches = fc.array(fc.array(awkwardSale(60), { maxLength: 60, size: 'max' }), {
        minLength: 1,
        maxLength: 3,
      });
      await fc.assert(
        fc.asyncProperty(definitions, batches, async (definition, sent) => {
          const engine = await opened(makePlan(definition), new FaultyDisk());
          for (const lines of sent) await engine.accept(batch(lines));
          const { accepted } = await engine.status();
          const verification = await verified(engine);
          expect(wrongIn(verification)).toEqual(NOTHING);
          expect(verification.records).toBe(accepted);
          await engine.close();
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  it('agree on the furniture store’s reports of 20,000 mixed records', async () => {
    const engine = await opened(plan, new FaultyDisk());
    const lines = mixedSales(20_000, { repeats: 0.02, seed: 12 });
    for (let at = 0; at < lines.length; at += 5000) await engine.accept(batch(lines.slice(at, at + 5000)));
    const phases: string[] = [];
    const verification = await verified(engine, {
      onProgress: (phase, done, total) => phases.push(`${phase} ${done === total ? 'all' : 'some'}`),
    });
    expect(wrongIn(verification)).toEqual(NOTHING);
    expect(verification.records).toBe((await engine.status()).accepted);
    const rows = await Promise.all(
      plan.reports.map(async ({ name }) => (await engine.query(name, { limit: 0 })).total),
    );
    expect(verification.reports.map((report) => report.rows)).toEqual(rows);
    expect([phases.at(0), phases.at(-1)]).toEqual(['reading some', 'comparing all']);
    await engine.close();
  });

  it('agree on years of days, a few rows at a time, and on some of the days', async () => {
    const engine = await opened(plan, new FaultyDisk());
    const [sale = '{}'] = mixedSales(1, { repeats: 0, seed: 1 });
    const lines = Array.from({ length: 150 }, (_, index) => {
      const day = formatDay(17_900 + Math.floor((index * index) / 20));
      const id = `00000000-0000-4000-8000-${index.toString().padStart(12, '0')}`;
      return JSON.stringify({ ...(JSON.parse(sale) as object), ts_id: id, ts: `${day} 12:00:00`, ts_date: day });
    });
    await engine.accept(batch(lines));
    for (const sliceRowsMax of [8, 1000]) {
      const verification = await verified(engine, { sliceRowsMax });
      expect(wrongIn(verification)).toEqual(NOTHING);
      expect(verification.reports[0]?.rows).toBe(
        new Set(lines.map((line) => /"ts_date":"(.*?)"/.exec(line)?.[1])).size,
      );
    }
    const range = { from: formatDay(17_905), to: formatDay(18_400) };
    const some = await verified(engine, { range, sliceRowsMax: 20 });
    expect(wrongIn(some)).toEqual(NOTHING);
    expect(some.records).toBe(150);
    expect(some.reports[0]?.rows).toBe((await engine.query('daily_pu_rev', range)).total);
    await engine.close();
  });

  it('agree while sales come in', async () => {
    const engine = await opened(plan, new FaultyDisk());
    const lines = [...mixedSales(2000, { repeats: 0.05, seed: 4 })];
    await engine.accept(batch(lines.splice(0, 500)));
    const sell = async (): Promise<unknown> => engine.accept(batch(lines.splice(0, 100)));
    const runtime: RemoteRuntime = {
      plan,
      accept: (intake) => engine.accept(intake),
      query: async (report, query) => {
        await sell();
        return engine.query(report, query);
      },
      async *records(range) {
        await sell();
        yield* engine.records(range);
        await sell();
      },
      quarantine: (page) => engine.quarantine(page),
      status: () => engine.status(),
      close: () => engine.close(),
    };
    expect(wrongIn(await verified(runtime))).toEqual(NOTHING);
    expect(lines.length).toBeLessThan(500);
    await engine.close();
  });

  it('agree on what a repaired log still holds, and on what came after it', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(900, { repeats: 0, seed: 5 });
    const open = (): Promise<Awaited<ReturnType<typeof openEmbedded>>> =>
      openEmbedded({ plan, disk: openDisk(folder.path), clock: machineClock() });
    const first = await open();
    for (const from of [0, 300, 600]) await first.accept(batch(lines.slice(from, from + 300)));
    await first.close();
    const log = join(folder.path, 'log');
    const [segment = ''] = await readdir(log);
    const file = await openFile(join(log, segment), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, 2000);
    await file.close();
    await repairDataFolder(folder.path);

    const engine = await open();
    await engine.accept(batch(mixedSales(100, { repeats: 0, seed: 6 })));
    const { offset, accepted } = await engine.status();
    expect(offset - accepted).toBe(300);
    const verification = await verified(engine);
    expect(wrongIn(verification)).toEqual(NOTHING);
    expect(verification.records).toBe(700);
    await engine.close();
  });
});

describe('a verification', () => {
  it('says so when the log does not hold as many records as the engine counts', async () => {
    const engine = await opened(plan, new FaultyDisk());
    await engine.accept(batch(mixedSales(200, { repeats: 0, seed: 7 })));
    const runtime: RemoteRuntime = {
      plan,
      accept: (intake) => engine.accept(intake),
      query: (report, query) => engine.query(report, query),
      async *records(range) {
        for await (const lines of engine.records(range)) yield lines.subarray(lines.indexOf(10) + 1);
      },
      quarantine: (page) => engine.quarantine(page),
      status: () => engine.status(),
      close: () => engine.close(),
    };
    const verification = await verified(runtime, { differencesMax: 2 });
    expect(verification).toMatchObject({ records: 199, miscounted: 200 });
    // The record is missing in a row of each report.
    expect(verification.reports.map(({ differing }) => differing)).toEqual([1, 1, 1]);
    expect(verification.differences).toHaveLength(2);
    await engine.close();
  });

  it('of some days of the stack asks no rest of others', async () => {
    const engine = await opened(plan, new FaultyDisk());
    const lines = mixedSales(400, { repeats: 0, seed: 9 });
    const isEarly = (line: string): boolean => (/"ts":"(.{10})/.exec(line)?.[1] ?? '') <= '2026-04-10';
    const later = lines.filter((line) => !isEarly(line));
    await engine.accept(batch([...lines.filter(isEarly), ...later.splice(0, 100)]));
    // Frames are moments there.
    const moment = (offset: number): number => 1e15 + offset;
    const state = { isSelling: true, lost: 0 };
    const runtime: RemoteRuntime = {
      plan,
      accept: (intake) => engine.accept(intake),
      query: async (report, query) => {
        const page = await engine.query(report, query);
        return { ...page, frame: moment(page.frame) };
      },
      async *records(range) {
        if (state.isSelling) await engine.accept(batch(later.splice(0, 10)));
        let left = state.lost;
        for await (const chunk of engine.records(range)) {
          yield chunk.subarray(left-- > 0 ? chunk.indexOf(10) + 1 : 0);
        }
      },
      quarantine: (page) => engine.quarantine(page),
      status: async () => {
        const status = await engine.status();
        return { ...status, offset: moment(status.offset), accepted: status.accepted - state.lost };
      },
      close: () => engine.close(),
    };
    const range = { to: '2026-04-10' };
    expect(wrongIn(await verified(runtime, { range }))).toEqual(NOTHING);
    await expect(verified(runtime)).rejects.toMatchObject({ code: 'NOT_AT_REST', retryable: true });
    state.isSelling = false;
    expect(wrongIn(await verified(runtime))).toEqual(NOTHING);
    // A record of the days is missing: whether it is wrong or on its way is known once nothing comes in.
    state.lost = 1;
    expect((await verified(runtime, { range })).reports.map(({ differing }) => differing)).toEqual([1, 1, 1]);
    state.isSelling = true;
    const details = { differing: 3 };
    await expect(verified(runtime, { range })).rejects.toMatchObject({ code: 'NOT_AT_REST', details });
    await engine.close();
  });

  it('ends when it is told to, and leaves no temporary folder', async () => {
    const before = await verifyFolders();
    const engine = await opened(plan, new FaultyDisk());
    await engine.accept(batch(mixedSales(200, { repeats: 0, seed: 8 })));
    const stop = new AbortController();
    const verification = verified(engine, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(verification).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await verifyFolders()).toEqual(before);
    await engine.close();
  });
});

async function verifyFolders(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('daybook-verify-'));
}
