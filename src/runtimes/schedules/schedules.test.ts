import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { HeldClock } from '../../../test/clock/held-clock.ts';
import { runDaybook, temporaryFolder } from '../../../test/process/daybook-process.ts';
import { dailyClose, fakeData } from '../../definition/schedules.ts';
import type { Schedule } from '../../definition/schedules.ts';
import { makePlan } from '../../plan/normalise.ts';
import { openEmbedded } from '../embedded.ts';
import { exportDays } from '../export-days.ts';
import { openDisk } from '../machine/disk.ts';
import type { RemoteRuntime } from '../remote.ts';
import { dailyClose as closeDays } from './daily-close.ts';
import { keepSchedules } from './schedules.ts';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 60_000;
const silent = pino({ level: 'silent' });

interface Shop extends AsyncDisposable {
  readonly runtime: Awaited<ReturnType<typeof openEmbedded>>;
  readonly clock: HeldClock;
  /** For the days' files. */
  readonly files: string;
  readonly notices: string[];
  /** Accepts the sales of some days. */
  sell(from: string, to: string): Promise<void>;
}

async function openShop(schedulesOf: (files: string) => readonly Schedule[] = () => []): Promise<Shop> {
  const folder = await temporaryFolder();
  const files = join(folder.path, 'files');
  const data = join(folder.path, 'data');
  await mkdir(data);
  const clock = new HeldClock(Date.UTC(2026, 3, 1, 12));
  // Of its own, so that whoever sleeps by the other is a schedule.
  const engineClock = new HeldClock(Date.UTC(2026, 4, 1));
  const plan = makePlan({ ...daybook, schedules: schedulesOf(files) });
  const runtime = await openEmbedded({ plan, disk: openDisk(data), clock: engineClock });
  return {
    runtime,
    clock,
    files,
    notices: [],
    sell: async (from, to) => {
      const { stdout } = await runDaybook(['generate', '--from', from, '--to', to, '--per-day', '20']);
      await runtime.accept({ origin: 'test', lines: Buffer.from(stdout) });
    },
    [Symbol.asyncDispose]: async () => {
      await runtime.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function close({ runtime, files, notices }: Shop, over: Partial<RemoteRuntime> = {}): Promise<void> {
  return closeDays({
    runtime: { ...remoteOf(runtime), ...over },
    folder: files,
    signal: new AbortController().signal,
    onNotice: (sentence) => notices.push(sentence),
  });
}

function remoteOf(runtime: Shop['runtime']): RemoteRuntime {
  return {
    plan: runtime.plan,
    accept: (intake) => runtime.accept(intake),
    query: (report, query) => runtime.query(report, query),
    records: (range) => runtime.records(range),
    quarantine: (page) => runtime.quarantine(page),
    status: () => runtime.status(),
    close: () => Promise.resolve(),
  };
}

describe('daily_close', () => {
  it(
    'exports each day once it is closed, and those that it missed',
    async () => {
      await using shop = await openShop();
      await close(shop);
      expect(existsSync(shop.files)).toBe(false);
      await shop.sell('2026-03-01', '2026-03-10');
      await close(shop);
      expect(await readdir(shop.files)).toEqual(['2026-03-01.parquet', '2026-03-02.parquet']);
      await close(shop);
      expect(shop.notices).toHaveLength(2);
      await shop.sell('2026-03-11', '2026-03-13');
      await close(shop);
      expect(await readdir(shop.files)).toHaveLength(5);
      expect(shop.notices.at(-1)).toMatch(/^2026-03-05 is closed: all figures agree with its \d+ records/);
    },
    TIMEOUT_MS,
  );

  it(
    'goes on behind the days of which a file has all, and writes those again that were open when they were exported',
    async () => {
      await using shop = await openShop();
      await shop.sell('2026-03-01', '2026-03-10');
      const runtime = remoteOf(shop.runtime);
      const range = { from: '2026-03-09', to: '2026-03-09' };
      const { signal } = new AbortController();
      await exportDays({ runtime, range, folder: shop.files, format: 'parquet', signal, onProgress: () => undefined });
      await writeFile(join(shop.files, '2026-03-10.parquet'), 'half a file');
      await close(shop);
      expect(shop.notices.map((sentence) => sentence.slice(0, 10))).toEqual(['2026-03-01', '2026-03-02']);
      await shop.sell('2026-03-11', '2026-03-18');
      await close(shop);
      const days = Array.from({ length: 10 }, (_, index) => `2026-03-${String(index + 1).padStart(2, '0')}`);
      expect(shop.notices.map((sentence) => sentence.slice(0, 10))).toEqual(days);
    },
    TIMEOUT_MS,
  );

  it(
    'says which report does not agree with the records, and exports nothing',
    async () => {
      await using shop = await openShop();
      await shop.sell('2026-03-01', '2026-03-10');
      const query: RemoteRuntime['query'] = async (report, wanted) => {
        const page = await shop.runtime.query(report, wanted);
        if (report !== 'daily_pu_rev') return page;
        return { ...page, rows: page.rows.map((row) => ({ ...row, daily_pu: Number(row['daily_pu']) + 1 })) };
      };
      await expect(close(shop, { query })).rejects.toMatchObject({
        code: 'CLOSE_DIFFERS',
        message: expect.stringContaining('daily_pu_rev (2 rows)') as string,
      });
      expect(existsSync(shop.files)).toBe(false);
    },
    TIMEOUT_MS,
  );
});

describe('schedules of a Daybook', () => {
  it(
    'make up the day before and close days, night after night',
    async () => {
      await using shop = await openShop((files) => [
        fakeData({ perDay: 20, exportTo: files }),
        dailyClose({ exportTo: `${files}-closed`, cron: '0 2 * * *' }),
      ]);
      const controller = new AbortController();
      const { runtime, clock, notices, files } = shop;
      const keeping = keepSchedules({
        runtime,
        clock,
        signal: controller.signal,
        logger: silent,
        onNotice: (sentence) => notices.push(sentence),
      });
      for (let night = 1; night <= 9; night++) {
        for (let hour = 0; hour < 24; hour++) {
          await expect.poll(() => clock.sleepers, { timeout: TIMEOUT_MS }).toBe(2);
          clock.advance(HOUR_MS);
        }
      }
      await expect.poll(() => clock.sleepers, { timeout: TIMEOUT_MS }).toBe(2);
      controller.abort();
      await keeping;
      expect((await readdir(files)).map((name) => name.slice(0, 10))).toEqual(
        Array.from({ length: 9 }, (_, index) => `2026-04-0${index + 1}`),
      );
      expect(await readdir(`${files}-closed`)).toEqual(['2026-04-01.parquet']);
      const made = await runDaybook(['generate', '--from', '2026-04-01', '--to', '2026-04-09', '--per-day', '20']);
      const { accepted } = await runtime.accept({ origin: 'test', lines: Buffer.from(made.stdout) });
      expect(accepted).toBe(0);
      expect(notices.filter((sentence) => sentence.includes('failed'))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
