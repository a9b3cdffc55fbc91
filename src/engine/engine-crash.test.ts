import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { SimulatedClock } from '../../test/simulation/simulated-clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { HeldDisk } from '../../test/disk/held-disk.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';

const plan = makePlan(daybook);
const clock = machineClock();

function batch(seed: number, size = 20): readonly RandomSale[] {
  return fc.sample(randomSale(500), { numRuns: size, seed });
}

describe('the engine on a disk that fails', () => {
  it('takes nothing of a batch while the disk is full, says so, and takes all of it when there is room', async () => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock });
    const before = batch(1);
    const refused = batch(2);
    await engine.accept({ origin: 'test', lines: linesOf(before) });
    disk.roomBytes = 100;
    await expect(engine.accept({ origin: 'test', lines: linesOf(refused) })).rejects.toMatchObject({
      code: 'DISK_FULL',
      retryable: true,
    });
    await expectReportsOf(engine, before);
    expect((await engine.status()).trouble).toContain('full');
    disk.roomBytes = Number.POSITIVE_INFINITY;
    const known = new Set(before.map((sale) => sale.ts_id));
    const fresh = new Set(refused.map((sale) => sale.ts_id).filter((id) => !known.has(id))).size;
    expect(await engine.accept({ origin: 'test', lines: linesOf(refused) })).toMatchObject({
      accepted: fresh,
      duplicates: refused.length - fresh,
    });
    expect((await engine.status()).trouble).toBeUndefined();
    await expectReportsOf(engine, [...before, ...refused]);
    await engine.close();
    const again = await openEmbedded({ plan, disk: disk.restart(), clock });
    await expectReportsOf(again, [...before, ...refused]);
    await again.close();
  });

  it('says that there is room again once what was refused would fit, whatever small batches fit before', async () => {
    const disk = new FaultyDisk();
    const slow = new SimulatedClock(clock.nowMs());
    const notices: string[] = [];
    const engine = await openEmbedded({ plan, disk, clock: slow, onNotice: (sentence) => notices.push(sentence) });
    const accept = (sales: readonly RandomSale[]): Promise<unknown> =>
      engine.accept({ origin: 'test', lines: linesOf(sales) });
    const trials = (): number => disk.calls.filter((call) => call === 'tryRoom').length;
    const tried = async (): Promise<string | undefined> => {
      const before = trials();
      await expect.poll(() => slow.wakesAtMs).toBeDefined();
      slow.pass(5_000);
      await expect.poll(trials).toBe(before + 1);
      // All that follows from it happens.
      await new Promise((resolve) => setImmediate(resolve));
      return (await engine.status()).trouble;
    };
    const large = batch(1, 400);
    const small = batch(2, 1);
    disk.roomBytes = 1_000;
    await expect(accept(large)).rejects.toMatchObject({ code: 'DISK_FULL' });
    // Room for a batch without records, and for a small one, but not for the one that was refused.
    disk.roomBytes = linesOf(large).length / 4;
    expect(await tried()).toMatch(/full/);
    await accept(small);
    expect((await engine.status()).trouble).toMatch(/full/);
    expect(await tried()).toMatch(/full/);
    expect(notices).toEqual([expect.stringMatching(/^Batches are refused at present\. The disk is full/)]);
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect(await tried()).toBeUndefined();
    expect(notices.slice(1)).toEqual(['Log: all is well again.']);
    await accept(large);
    await expectReportsOf(engine, [...small, ...large]);
    await engine.close();
    // Nothing of the trial is left.
    expect(disk.paths.filter((path) => !/^(?:log|checkpoints)\//.test(path))).toEqual([]);
  });

  it('says that there is room again also while small batches come one behind the other', async () => {
    const disk = new FaultyDisk();
    const held = new HeldDisk(disk);
    const slow = new SimulatedClock(clock.nowMs());
    const engine = await openEmbedded({ plan, disk: held, clock: slow });
    disk.roomBytes = 1_000;
    await expect(engine.accept({ origin: 'test', lines: linesOf(batch(1, 400)) })).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    disk.roomBytes = Number.POSITIVE_INFINITY;
    held.hold();
    const first = engine.accept({ origin: 'test', lines: linesOf(batch(2, 1)) });
    await expect.poll(() => held.waiting).toBe(1);
    // When the disk is to be tried, a batch is being written.
    slow.pass(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    held.release();
    await first;
    expect((await engine.status()).trouble).toMatch(/full/);
    await engine.accept({ origin: 'test', lines: linesOf(batch(3, 1)) });
    expect((await engine.status()).trouble).toBeUndefined();
    await engine.close();
  });

  it('needs no trial for a batch that is as large as what was refused', async () => {
    const disk = new FaultyDisk();
    const slow = new SimulatedClock(clock.nowMs());
    const engine = await openEmbedded({ plan, disk, clock: slow });
    const lines = linesOf(batch(1, 400));
    disk.roomBytes = 1_000;
    await expect(engine.accept({ origin: 'test', lines })).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.roomBytes = 2 * lines.length;
    await engine.accept({ origin: 'test', lines });
    expect((await engine.status()).trouble).toBeUndefined();
    await engine.close();
  });

  it('says for as long as it is so that checkpoints cannot be written, whatever the log takes meanwhile', async () => {
    const disk = new FaultyDisk();
    const slow = new SimulatedClock(clock.nowMs());
    const notices: string[] = [];
    const onNotice = (sentence: string): void => void notices.push(sentence);
    const engine = await openEmbedded({ plan, disk, clock: slow, onNotice });
    const checkpoints = async (): Promise<string | undefined> =>
      (await engine.pipeline()).parts.find(({ name }) => name === 'Checkpoints')?.state;
    const accept = async (seed: number, then: 'trouble' | 'idle'): Promise<void> => {
      slow.pass(61_000);
      await engine.accept({ origin: 'test', lines: linesOf(batch(seed)) });
      await expect.poll(checkpoints).toBe(then);
    };
    disk.fails = (call) => call.startsWith('write checkpoints/');
    await accept(1, 'trouble');
    await accept(2, 'trouble');
    // Records are taken, so it is ready.
    expect((await engine.status()).trouble).toBeUndefined();
    expect(notices).toEqual([expect.stringMatching(/^No checkpoint can be written; /)]);
    disk.fails = () => false;
    await accept(3, 'idle');
    expect(notices.slice(1)).toEqual(['Checkpoints: all is well again.']);
    disk.fails = (call) => call.startsWith('write checkpoints/');
    await accept(4, 'trouble');
    disk.fails = () => false;
    await engine.close();
    expect(notices).toHaveLength(4);
  });

  it('starts without a checkpoint that cannot be read, and says so', async () => {
    const disk = new FaultyDisk();
    const before = batch(1);
    const first = await openEmbedded({ plan, disk, clock });
    await first.accept({ origin: 'test', lines: linesOf(before) });
    await first.close();
    disk.fails = (call) => /^read checkpoints.*checkpoint$/.test(call);
    const notices: string[] = [];
    const again = await openEmbedded({ plan, disk, clock, onNotice: (sentence) => notices.push(sentence) });
    expect(notices).toEqual([
      expect.stringMatching(/^The checkpoint checkpoints\S+ cannot be read and is left out\. /),
    ]);
    await expectReportsOf(again, before);
    await again.close();
  });
});
