import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
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

it.each([
  [
    'another primary key',
    { primaryKey: 'customer_id' },
    /Record \d+ in the log .* repeats one before: its primary key 'customer_id' is the same/,
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
