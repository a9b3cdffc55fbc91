import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dice } from '../../test/chance.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { SimulatedClock } from '../../test/simulation/simulated-clock.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import { daybook } from '../../daybook.config.ts';
import { formatDay, parseDay } from '../base/calendar.ts';
import { openLog } from '../log/log.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { openDisk } from '../runtimes/machine/disk.ts';
import { openSpilledDays } from '../stores/parquet/spilled-days.ts';
import { DayFiling } from './day-filing.ts';
import type { Engine } from './engine.ts';

const plan = makePlan(daybook);
const clock = machineClock();
const FIRST_DAY = parseDay('2020-01-01') ?? 0;

function open(root: string, disk: Disk = openDisk(root), time: Clock = clock): Promise<Engine> {
  const dayFiles = openSpilledDays({ stream: plan.stream, disk, root });
  return openEmbedded({ plan, disk, clock: time, stateBytesMax: 1, dayFiles });
}

/** Sales of so many days in no order, so far apart; every tenth repeats one, mostly with another date and other values. */
function salesOf(days: number, count: number, seed: number, apart = 1): readonly RandomSale[] {
  const dice = new Dice(seed);
  return fc.sample(randomSale(2), { numRuns: count, seed }).map((sale, index) => {
    const date = formatDay(FIRST_DAY + apart * dice.whole(0, days - 1));
    const id = dice.happens(0.1) ? dice.whole(0, index) : index;
    const ts_id = `00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`;
    return { ...sale, ts_id, ts: `${date} 12:00:00`, ts_date: date };
  });
}

async function accept(engine: Engine, sales: readonly RandomSale[], batchSize: number): Promise<void> {
  for (let at = 0; at < sales.length; at += batchSize) {
    await engine.accept({ origin: 'test', lines: linesOf(sales.slice(at, at + batchSize)) });
  }
}

/** By day: the primary keys of the records that count. */
function keysByDay(sales: readonly RandomSale[]): ReadonlyMap<string, readonly string[]> {
  const first = new Map(sales.toReversed().map((sale) => [sale.ts_id, sale]));
  const byDay = Map.groupBy(first.values(), (sale) => sale.ts_date);
  return new Map([...byDay].map(([day, its]) => [day, its.map((sale) => sale.ts_id).toSorted()]));
}

/** By day: the primary keys in its file, as they stand there. There must be one file a day. */
async function filedKeys(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = (await readdir(join(root, 'spilled'))).filter((name) => name.endsWith('.parquet'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const days = new Map<string, readonly string[]>();
  for (const name of names) {
    const path = join(root, 'spilled', name);
    const read = await connection.runAndReadAll(`SELECT ts_id, ts_date::VARCHAR FROM '${path}'`);
    const rows = read.getRowsJson() as string[][];
    const day = rows[0]?.[1] ?? '';
    expect(days.has(day)).toBe(false);
    expect(new Set(rows.map(([, its]) => its)).size).toBe(1);
    days.set(
      day,
      rows.map(([key = '']) => key),
    );
  }
  connection.closeSync();
  instance.closeSync();
  return days;
}

type Sales = readonly RandomSale[];

/** Of three days, no two with one key. */
const uniqueSales: Sales = salesOf(3, 90, 7).map((sale, index) => {
  return { ...sale, ts_id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}` };
});

function closedOf<T>(byDay: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const newest = Math.max(...[...byDay.keys()].map((day) => parseDay(day) ?? 0));
  return new Map([...byDay].filter(([day]) => (parseDay(day) ?? 0) < newest - plan.stream.latenessDays));
}

/** A disk that dies after so many steps. */
function dyingDisk(root: string, steps: number): Disk {
  const real = openDisk(root);
  let left = steps;
  const alive = <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new Error('The process is dead.');
    return work();
  };
  const dying = (file: DiskFile): DiskFile => ({
    ...file,
    writeAt: (position, chunks) => alive(() => file.writeAt(position, chunks)),
    truncate: (size) => alive(() => file.truncate(size)),
    sync: () => alive(() => file.sync()),
  });
  return {
    ...real,
    makeFolder: (folder) => alive(() => real.makeFolder(folder)),
    open: async (path, mode) =>
      dying(mode === 'create' ? await alive(() => real.open(path, mode)) : await real.open(path, mode)),
    rename: (from, to) => alive(() => real.rename(from, to)),
    remove: (path) => alive(() => real.remove(path)),
    syncFolder: (folder) => alive(() => real.syncFolder(folder)),
    tryRoom: (bytes) => alive(() => real.tryRoom(bytes)),
  };
}

describe('spilled days', () => {
  it('have a file each with just their records, after four years of sales in no order', async () => {
    await using folder = await temporaryFolder();
    const sales = salesOf(105, 2_500, 1, 14);
    const engine = await open(folder.path);
    await accept(engine, sales, 500);
    await engine.fileDays(sales.length);
    const expected = closedOf(keysByDay(sales));
    expect(expected.size).toBe(104);
    expect(await filedKeys(folder.path)).toEqual(expected);
    await expectReportsOf(engine, sales);
    await engine.close();

    const again = await open(folder.path);
    await accept(again, sales, 1_000);
    expect(await again.status()).toMatchObject({ accepted: new Set(sales.map((sale) => sale.ts_id)).size });
    await expectReportsOf(again, sales);
    await again.close();
    expect(await filedKeys(folder.path)).toEqual(expected);
  });

  it('amend their rows when records come late, and are written again with them', async () => {
    await using folder = await temporaryFolder();
    const sales = salesOf(30, 300, 2);
    const [first] = sales as readonly [RandomSale, ...RandomSale[]];
    const date = formatDay(FIRST_DAY + 3);
    const late = [1, 2, 3].map((number): RandomSale => {
      const ts_id = `11111111-0000-4000-8000-00000000000${number}`;
      return { ...first, ts_id, ts: `${date} 09:00:00`, ts_date: date, revenue: 12.5 };
    });
    const engine = await open(folder.path);
    await accept(engine, sales, 50);
    await engine.fileDays(sales.length);
    const revenueOf = async (runtime: Engine): Promise<bigint> => {
      const { rows } = await runtime.query('daily_pu_rev', { from: date, to: date });
      return rows[0]?.['daily_rev'] as bigint;
    };
    const before = await revenueOf(engine);
    const { total } = await engine.amendments({ limit: 0, offset: 0 });
    // Two of them are new, one came before with another date, one comes twice.
    await accept(engine, [...late, late[0] as RandomSale, { ...first, ts: `${date} 10:00:00`, ts_date: date }], 5);
    const after = await revenueOf(engine);
    const { entries } = await engine.amendments({ limit: 9, offset: 0 });
    expect(entries.filter(({ report, id }) => id > total && report === 'daily_pu_rev')).toMatchObject([
      { before: { ts_date: date, daily_rev: before }, after: { ts_date: date, daily_rev: after } },
    ]);
    expect(after - before).toBe(37_500_000n);
    await engine.fileDays(sales.length);
    expect(await filedKeysWhenNamed(folder.path, engine)).toEqual(closedOf(keysByDay([...sales, ...late])));
    const again = await open(folder.path);
    expect((await again.amendments({ limit: 9, offset: 0 })).entries).toEqual(entries);
    await expectReportsOf(again, [...sales, ...late]);
    await again.close();
  });

  it('are written for all days but one whose file is damaged, and for that one too when its file is removed', async () => {
    await using folder = await temporaryFolder();
    const sales = salesOf(30, 300, 4);
    const [first] = sales as readonly [RandomSale, ...RandomSale[]];
    const lateOn = (day: number, number: number): RandomSale => {
      const date = formatDay(FIRST_DAY + day);
      const ts_id = `11111111-0000-4000-8000-00000000000${number}`;
      return { ...first, ts_id, ts: `${date} 09:00:00`, ts_date: date };
    };
    const engine = await open(folder.path);
    await accept(engine, sales, 50);
    await engine.fileDays(sales.length);
    const damaged = (await readdir(join(folder.path, 'spilled'))).find((name) => name.startsWith('2020-01-04'));
    const path = join(folder.path, 'spilled', damaged ?? '');
    await truncate(path, 100);
    const late = [lateOn(3, 1), lateOn(5, 2)];
    await accept(engine, late, 5);
    await expect(engine.fileDays(sales.length)).rejects.toMatchObject({
      code: 'DAY_FILE_DAMAGED',
      message: expect.stringContaining(`Remove spilled/${damaged} and start Daybook again`) as string,
    });
    const names = await readdir(join(folder.path, 'spilled'));
    expect(names.filter((name) => name.startsWith('2020-01-06') && name.endsWith('.parquet'))).toHaveLength(2);
    await engine.close();
    await rm(path);

    const again = await open(folder.path);
    await again.fileDays(sales.length);
    expect(await filedKeysWhenNamed(folder.path, again)).toEqual(closedOf(keysByDay([...sales, ...late])));
  });

  it('are written by themselves once they rest', async () => {
    await using folder = await temporaryFolder();
    const sales = salesOf(12, 100, 3);
    const time = new SimulatedClock(clock.nowMs());
    const engine = await open(folder.path, openDisk(folder.path), time);
    await accept(engine, sales, 20);
    const files = async (): Promise<number> => {
      const names = await readdir(join(folder.path, 'spilled')).catch(() => []);
      return names.filter((name) => name.endsWith('.parquet')).length;
    };
    // Some of the sales had just come when it was looked first, so it takes a second look.
    time.pass(5_000);
    await expect.poll(() => time.wakesAtMs, { timeout: 20_000 }).toBeDefined();
    expect(await files()).toBe(0);
    time.pass(5_000);
    await expect.poll(files, { timeout: 20_000 }).toBe(closedOf(keysByDay(sales)).size);
    await engine.close();
    expect(await filedKeys(folder.path)).toEqual(closedOf(keysByDay(sales)));
  });

  it('have one whole file each once it runs again, whichever step it died at', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(fc.nat(300), { maxLength: 3 }), async (seed, deaths) => {
        await using folder = await temporaryFolder();
        const sales = salesOf(20, 300, seed);
        for (const steps of deaths) {
          const disk = dyingDisk(folder.path, steps);
          const engine = await open(folder.path, disk).catch(() => undefined);
          if (engine === undefined) continue;
          // More come each time, so that days that have their file are written again.
          for (const part of [sales.slice(0, steps), sales.slice(0, 2 * steps)]) {
            await accept(engine, part, 40).catch(() => undefined);
            await engine.fileDays(sales.length).catch(() => undefined);
          }
          await engine.close().catch(() => undefined);
        }
        const last = await open(folder.path);
        await accept(last, sales, 40);
        await expectReportsOf(last, sales);
        await last.fileDays(sales.length);
        expect(await filedKeysWhenNamed(folder.path, last)).toEqual(closedOf(keysByDay(sales)));
      }),
      { numRuns: 6 },
    );
  });

  it('are written again from the log when a file is not there', async () => {
    await using folder = await temporaryFolder();
    const sales = salesOf(30, 300, 5);
    const engine = await open(folder.path);
    await accept(engine, sales, 50);
    await engine.fileDays(sales.length);
    await engine.close();
    const expected = closedOf(keysByDay(sales));
    expect(await filedKeys(folder.path)).toEqual(expected);
    const name = (await readdir(join(folder.path, 'spilled'))).find((each) => each.endsWith('.parquet'));
    await rm(join(folder.path, 'spilled', name ?? ''));

    const again = await open(folder.path);
    await again.fileDays(sales.length);
    expect((await again.status()).trouble).toBeUndefined();
    await expectReportsOf(again, sales);
    await again.close();
    expect(await filedKeys(folder.path)).toEqual(expected);
  });
});

describe('a checkpoint that ends while days are being filed', () => {
  it('leaves what is gathered and what is written, at whichever step it ends', async () => {
    for (let step = 0, isReached = true; isReached; step++) {
      await using folder = await temporaryFolder();
      const disk = openDisk(folder.path);
      const { log } = await openLog(disk);
      let whenIdle = async (): Promise<void> => undefined;
      const filing = new DayFiling({
        plan,
        log,
        files: openSpilledDays({ stream: plan.stream, disk, root: folder.path }),
        isSpilled: () => true,
        whenIdle: () => whenIdle(),
        onFiled: () => undefined,
        signal: new AbortController().signal,
      });
      const take = async (sales: Sales): Promise<void> => {
        const counts = { recordCount: sales.length, duplicateCount: 0, quarantineCount: 0 };
        const frame = await log.append({ records: linesOf(sales), quarantine: new Uint8Array(), ...counts });
        const byDay = Map.groupBy(sales, ({ ts_date }) => parseDay(ts_date) ?? 0);
        filing.note(frame, new Map([...byDay].map(([day, its]) => [day, its.length])));
      };
      await take(uniqueSales.slice(0, 30));
      await filing.fileAll();
      await take(uniqueSales.slice(30, 60));
      await filing.fileAll();
      // Neither it nor the one before names the first files, so they go.
      const facts = { ...filing.save(), before: filing.names };
      await take(uniqueSales.slice(60));
      let left = step;
      whenIdle = async () => {
        if (left-- === 0) await filing.saved(facts);
      };
      await filing.fileAll();
      isReached = left < 0;
      await filing.saved(filing.save());
      await filing.saved(filing.save());
      await log.close();
      expect(await filedKeys(folder.path)).toEqual(keysByDay(uniqueSales));
      expect(await readdir(join(folder.path, 'spilled'))).toHaveLength(keysByDay(uniqueSales).size);
    }
  });
});

/** Closes the engine, and opens it twice more, so that no checkpoint names older files. */
async function filedKeysWhenNamed(root: string, engine: Engine): Promise<ReadonlyMap<string, readonly string[]>> {
  await engine.close();
  for (let number = 0; number < 2; number++) {
    const again = await open(root);
    await again.accept({ origin: 'test', lines: Buffer.from(`no record ${number}\n`) });
    await again.close();
  }
  return filedKeys(root);
}
