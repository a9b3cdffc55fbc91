import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import { present } from '../base/assert.ts';
import { text } from '../definition/fields.ts';
import { count } from '../definition/measures.ts';
import { defineReport } from '../definition/report.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Plan } from '../plan/plan.ts';
import { openEmbedded } from './embedded.ts';

const plan = makePlan(daybook);
const perSegment = defineReport(dailyRecords, {
  name: 'daily_segment',
  dimensions: ['ts_date', 'segment'],
  measures: { sales: count() },
});
const otherPlan = makePlan({ ...daybook, reports: [...daybook.reports, perSegment] });

it('a definition that changed is said once, however many checkpoints are of the one before', async () => {
  const disk = new FaultyDisk();
  const clock = new HeldClock();
  const said = async (opened: Plan, seed: number): Promise<readonly string[]> => {
    const notices: string[] = [];
    const engine = await openEmbedded({ plan: opened, disk, clock, onNotice: (sentence) => notices.push(sentence) });
    const sales = fc.sample(randomSale(1000), { numRuns: 20, seed });
    await engine.accept({ origin: 'test', lines: linesOf(sales) });
    await engine.close();
    return notices;
  };
  expect([await said(plan, 1), await said(plan, 2)]).toEqual([[], []]);
  expect(await disk.list('checkpoints')).toHaveLength(2);
  expect(await said(otherPlan, 3)).toEqual([expect.stringMatching(/of another definition; .* computed again/)]);
  expect(await said(otherPlan, 4)).toEqual([]);
});

/** What a folder holds once records of these revenues were accepted, one a request, with a checkpoint where it says. */
async function folderOf(revenues: readonly number[], checkpointsAt: readonly number[] = []): Promise<FaultyDisk> {
  let disk = new FaultyDisk();
  const clock = new HeldClock();
  for (const [index, revenue] of revenues.entries()) {
    const engine = await openEmbedded({ plan, disk, clock });
    await engine.accept({ origin: 'test', lines: linesOf([saleOf(index, revenue)]) });
    if (!checkpointsAt.includes(index + 1)) disk.fails = (call) => call.includes('checkpoints/');
    await engine.close();
    disk = disk.restart();
  }
  return disk;
}

/** Sales of one length each. */
function saleOf(index: number, revenue: number): RandomSale {
  const [sale] = fc.sample(randomSale(1000), { numRuns: 1, seed: 1 });
  return { ...present(sale, 'one was asked for'), ts_id: `00000000-0000-0000-0000-00000000000${index}`, revenue };
}

/** Puts the log of one folder into another one. */
async function putLog(from: FaultyDisk, into: FaultyDisk): Promise<void> {
  for (const name of await into.list('log')) into.lose(`log/${name}`);
  for (const name of await from.list('log'))
    into.tamper(`log/${name}`, () => from.peek(`log/${name}`) ?? new Uint8Array());
}

it('checkpoints of a log in whose place there is another one, with frames as long as its own, are removed', async () => {
  const disk = await folderOf([1, 2, 3, 4], [2, 4]);
  expect(await disk.list('checkpoints')).toHaveLength(2);
  await putLog(await folderOf([1, 7, 8, 9, 9]), disk);
  const notices: string[] = [];
  const clock = new HeldClock();
  const engine = await openEmbedded({ plan, disk, clock, onNotice: (sentence) => notices.push(sentence) });
  await expectReportsOf(
    engine,
    [1, 7, 8, 9, 9].map((revenue, index) => saleOf(index, revenue)),
  );
  expect(notices).toEqual([
    expect.stringMatching(/^The checkpoint at offset 4 was of another log .* removed/),
    expect.stringMatching(/^The checkpoint at offset 2 was of another log .* removed/),
  ]);
  expect(await disk.list('checkpoints')).toEqual([]);
  await engine.close();
  expect(await disk.list('checkpoints')).toHaveLength(1);
});

it('a log that ends before a checkpoint is not opened, and nothing is removed, whatever its definition', async () => {
  const disk = await folderOf([1, 2, 3, 4], [2, 4]);
  await putLog(await folderOf([1, 2, 3]), disk);
  const before = disk.paths;
  for (const opened of [plan, otherPlan]) {
    const opening = openEmbedded({ plan: opened, disk, clock: new HeldClock(), onNotice: () => {} });
    await expect(opening).rejects.toMatchObject({ code: 'LOG_SHORTENED', details: { offset: 3, known: 4 } });
  }
  disk.tamper('checkpoints/00000000000000000004.checkpoint', () => new Uint8Array());
  await expect(openEmbedded({ plan, disk, clock: new HeldClock() })).rejects.toMatchObject({ code: 'LOG_SHORTENED' });
  expect(disk.paths).toEqual(before);
});

it.each([
  [
    'another primary key',
    { primaryKey: 'customer_id' },
    /Record \d+ in the log .* repeats one before: its primary key 'customer_id' is the same\. .*export --from-log/,
  ],
  [
    'a field that no record has',
    { fields: { ...dailyRecords.fields, channel: text() } },
    /Record 0 in the log .* 'channel' is missing/,
  ],
] as const)('a log of another definition is not opened, again and again: %s', async (_, change, sentence) => {
  const disk = new FaultyDisk();
  const clock = new HeldClock();
  const open = (opened: Plan) => openEmbedded({ plan: opened, disk, clock, onNotice: () => {} });
  const engine = await open(plan);
  const sales = fc.sample(randomSale(1000), { numRuns: 20, seed: 1 });
  await engine.accept({ origin: 'test', lines: linesOf(sales) });
  await engine.close();
  const stream = { ...dailyRecords, ...change };
  const other = makePlan({ ...daybook, stream, reports: daybook.reports.map((report) => ({ ...report, stream })) });
  for (let time = 0; time < 2; time++) {
    await expect(open(other)).rejects.toMatchObject({
      code: 'LOG_OTHER_DEFINITION',
      message: expect.stringMatching(sentence) as string,
    });
  }
  await (await open(plan)).close();
});

it('what a crash left of a checkpoint is removed at the next start', async () => {
  const disk = new FaultyDisk();
  const clock = new HeldClock();
  const sales = linesOf(fc.sample(randomSale(1000), { numRuns: 20, seed: 1 }));
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept({ origin: 'test', lines: sales });
  disk.fails = (call) => {
    if (call.startsWith('sync checkpoints/')) disk.callsUntilCrash = 0;
    return false;
  };
  await engine.close().catch(() => undefined);
  expect(await disk.list('checkpoints')).toEqual([expect.stringMatching(/\.tmp$/)]);
  const again = await openEmbedded({ plan, disk: disk.restart(), clock });
  expect(await disk.list('checkpoints')).toEqual([]);
  await again.close();
});
