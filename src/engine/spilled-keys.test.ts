import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../test/chance.ts';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { scheduledDisk } from '../../test/simulation/scheduled-disk.ts';
import { SimulatedClock } from '../../test/simulation/simulated-clock.ts';
import { Turns } from '../../test/simulation/turns.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import type { Engine } from './engine.ts';

const plan = makePlan(daybook);
const clock = machineClock();

/** With so little, keys leave memory whenever there are a few of them. */
const STATE_BYTES_MAX = 1;

/** Batches whose `ts_id`s repeat within and across them, also with other dates and other values. */
function batches(seed: number, count: number, ids = 300): readonly (readonly RandomSale[])[] {
  const all = fc.sample(randomSale(ids), { numRuns: count * 20, seed });
  return Array.from({ length: count }, (_, index) => all.slice(index * 20, index * 20 + 20));
}

function open(disk: FaultyDisk, stateBytesMax = STATE_BYTES_MAX): Promise<Engine> {
  return openEmbedded({ plan, disk, clock, stateBytesMax });
}

function distinct(sent: readonly (readonly RandomSale[])[]): number {
  return new Set(sent.flat().map((sale) => sale.ts_id)).size;
}

describe('keys that left memory', () => {
  it('are repeats when they come again, in any order and with any date, after restarts and without a checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.constantFrom('close', 'kill', 'forget'), { minLength: 1, maxLength: 4 }),
        async (seed, ends) => {
          let disk = new FaultyDisk(chanceFrom(seed));
          const sent = batches(seed, ends.length * 5);
          for (const [index, end] of ends.entries()) {
            const engine = await open(disk);
            const some = sent.slice(index * 5, index * 5 + 5);
            // Some of them wait for each other, some do not.
            await Promise.all(
              some.slice(0, 3).map((sales) => engine.accept({ origin: 'test', lines: linesOf(sales) })),
            );
            for (const sales of some.slice(3)) await engine.accept({ origin: 'test', lines: linesOf(sales) });
            await expectReportsOf(engine, sent.slice(0, index * 5 + 5).flat());
            expect((await engine.status()).accepted).toBe(distinct(sent.slice(0, index * 5 + 5)));
            if (end !== 'kill') await engine.close();
            disk = end === 'kill' ? disk.crash() : disk.restart();
            if (end !== 'forget') continue;
            for (const name of await disk.list('checkpoints')) disk.lose(`checkpoints/${name}`);
          }
          const last = await open(disk);
          for (const sales of sent) {
            const again = await last.accept({ origin: 'test', lines: linesOf(sales) });
            expect(again).toMatchObject({ accepted: 0, duplicates: sales.length });
          }
          await expectReportsOf(last, sent.flat());
          await last.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are as the log has them after a crash at any step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(fc.nat(250), { maxLength: 3 }), async (seed, crashes) => {
        let disk = new FaultyDisk(chanceFrom(seed));
        const sent = batches(seed, 12);
        const answered = new Set<number>();
        for (const callsUntilCrash of crashes) {
          disk.callsUntilCrash = callsUntilCrash;
          const engine = await open(disk).catch(() => undefined);
          const left = engine === undefined ? [] : sent.flatMap((_, index) => (answered.has(index) ? [] : [index]));
          for (const index of left) {
            const answer = engine?.accept({ origin: 'test', lines: linesOf(sent[index] ?? []) });
            if ((await answer?.catch(() => undefined)) === undefined) break;
            answered.add(index);
          }
          await engine?.close().catch(() => undefined);
          disk = disk.crash();
        }
        const after = await open(disk);
        const kept = (await after.status()).accepted;
        const least = distinct(sent.filter((_, index) => answered.has(index)));
        expect(kept).toBeGreaterThanOrEqual(least);
        for (const sales of sent) await after.accept({ origin: 'test', lines: linesOf(sales) });
        expect((await after.status()).accepted).toBe(distinct(sent));
        await expectReportsOf(after, sent.flat());
        await after.close();
      }),
      { numRuns: 60 },
    );
  });

  it('stay in memory while their file cannot be written, and leave it later', async () => {
    const disk = new FaultyDisk();
    const engine = await open(disk);
    const sent = batches(1, 30, 10_000);
    for (const [index, sales] of sent.entries()) {
      // The log's own sync comes first, so it is the keys' file that fails.
      if (index % 4 === 0) disk.removesToFail = 1;
      await engine.accept({ origin: 'test', lines: linesOf(sales) });
    }
    await expectReportsOf(engine, sent.flat());
    for (const sales of sent) {
      expect(await engine.accept({ origin: 'test', lines: linesOf(sales) })).toMatchObject({ accepted: 0 });
    }
    expect((await disk.list('keys')).length).toBeGreaterThan(5);
    await engine.close();
    const again = await open(disk.restart());
    await expectReportsOf(again, sent.flat());
    await again.close();
  });

  it('leave it once the disk is well, though nothing comes any more', async () => {
    const disk = new FaultyDisk();
    const slow = new SimulatedClock(clock.nowMs());
    const notices: string[] = [];
    const onNotice = (sentence: string): void => void notices.push(sentence);
    const engine = await openEmbedded({ plan, disk, clock: slow, stateBytesMax: STATE_BYTES_MAX, onNotice });
    disk.fails = (call) => call.includes('keys/');
    for (const sales of batches(3, 3)) await engine.accept({ origin: 'test', lines: linesOf(sales) });
    await expect.poll(() => notices).toEqual([expect.stringMatching(/^Primary keys cannot leave memory/)]);
    disk.fails = () => false;
    await expect
      .poll(() => {
        slow.pass(5_000);
        return notices.slice(1);
      })
      .toEqual(['Keys: all is well again.']);
    await engine.close();
  });

  it('stay where they are while the state is within its budget', async () => {
    const disk = new FaultyDisk();
    const engine = await open(disk, 64 * 1024 * 1024);
    for (const sales of batches(2, 30, 10_000)) await engine.accept({ origin: 'test', lines: linesOf(sales) });
    await engine.close();
    expect(await disk.list('keys')).toEqual([]);
  });

  it('are computed again from the log when their file is damaged', async () => {
    const disk = new FaultyDisk();
    const first = await open(disk);
    const sent = batches(3, 10, 10_000);
    for (const sales of sent) await first.accept({ origin: 'test', lines: linesOf(sales) });
    await first.close();
    const [name] = await disk.list('keys');
    disk.tamper(`keys/${name}`, (bytes) => bytes.with(5, (bytes[5] ?? 0) ^ 1));
    const notices: string[] = [];
    const again = await openEmbedded({
      plan,
      disk: disk.restart(),
      clock,
      stateBytesMax: STATE_BYTES_MAX,
      onNotice: (sentence) => notices.push(sentence),
    });
    expect(notices.join()).toContain(`The keys in keys/${name} cannot be relied on`);
    for (const sales of sent) {
      expect(await again.accept({ origin: 'test', lines: linesOf(sales) })).toMatchObject({ accepted: 0 });
    }
    await expectReportsOf(again, sent.flat());
    await again.close();
  });

  it('are computed again from the log when the end of their file is missing, wherever it was cut', async () => {
    const disk = new FaultyDisk();
    const sent = batches(3, 3, 10_000);
    for (let missing = 0; missing < 24; missing++) {
      const notices: string[] = [];
      const onNotice = (sentence: string): void => void notices.push(sentence);
      const engine = await openEmbedded({ plan, disk, clock, stateBytesMax: STATE_BYTES_MAX, onNotice });
      for (const sales of sent) await engine.accept({ origin: 'test', lines: linesOf(sales) });
      expect(await engine.status()).toMatchObject({ accepted: distinct(sent) });
      await engine.close();
      expect(notices.join().includes('cannot be relied on')).toBe(missing > 1);
      const [name] = await disk.list('keys');
      disk.tamper(`keys/${name}`, (bytes) => bytes.slice(0, bytes.length - missing));
    }
  });

  it('have records refused while they cannot be looked up, which is told of them and not of the log', async () => {
    const disk = new FaultyDisk();
    const slow = new SimulatedClock(clock.nowMs());
    const notices: string[] = [];
    const onNotice = (sentence: string): void => void notices.push(sentence);
    const engine = await openEmbedded({ plan, disk, clock: slow, stateBytesMax: STATE_BYTES_MAX, onNotice });
    const sent = batches(5, 4, 10_000);
    const [again = [], ...others] = sent;
    for (const sales of [again, ...others]) await engine.accept({ origin: 'test', lines: linesOf(sales) });
    const repeat = (): Promise<unknown> => engine.accept({ origin: 'test', lines: linesOf(again) });
    // Time enough for an empty batch or two, which look nothing up.
    const wait = async (): Promise<void> => {
      for (const offset of [0, 1, 2]) {
        slow.pass(5_000 + offset);
        await engine.accept({ origin: 'test', lines: new Uint8Array() });
      }
    };
    const troubled = async (): Promise<readonly string[]> =>
      (await engine.pipeline()).parts.flatMap(({ name, state }) => (state === 'trouble' ? [name] : []));

    disk.fails = (call) => call.startsWith('read keys/');
    await expect(repeat()).rejects.toThrow('keys/');
    expect(notices).toEqual([
      expect.stringMatching(/^Records whose primary key may be in a file cannot be accepted\. /),
    ]);
    await wait();
    expect([await troubled(), (await engine.status()).trouble]).toEqual([['Key files'], undefined]);
    disk.fails = () => false;
    expect(await repeat()).toMatchObject({ accepted: 0 });
    expect([await troubled(), notices.splice(0).slice(1)]).toEqual([[], ['Key files: all is well again.']]);

    // A file that is damaged stays so, whatever is found in the others.
    for (const path of disk.paths.filter((each) => each.endsWith('1.keys')))
      disk.tamper(path, (bytes) => bytes.map((byte) => byte ^ 1));
    await expect(repeat()).rejects.toMatchObject({ code: 'KEYS_DAMAGED' });
    await wait();
    expect(await engine.accept({ origin: 'test', lines: linesOf(others.at(-1) ?? []) })).toMatchObject({ accepted: 0 });
    expect(await troubled()).toEqual(['Key files']);
    expect(notices).toEqual([expect.stringContaining('cannot be relied on')]);
    await engine.close();
  });

  it('that a failing disk keeps in memory while the log is read again make nobody write before it is read', async () => {
    const disk = new FaultyDisk();
    const sent = batches(7, 3);
    const first = await openEmbedded({ plan, disk, clock, segmentBytesMax: 1 });
    for (const sales of sent) await first.accept({ origin: 'test', lines: linesOf(sales) });

    // Another process reads the log: its keys cannot leave, and much time passes before it reads the last segment.
    const turns = new Turns();
    const slow = new SimulatedClock(clock.nowMs());
    disk.fails = (call) => call.includes('keys/');
    const notices: string[] = [];
    const started = openEmbedded({
      plan,
      onNotice: (sentence) => notices.push(sentence),
      disk: scheduledDisk(disk, turns),
      clock: slow,
      segmentBytesMax: 1,
      stateBytesMax: STATE_BYTES_MAX,
    });
    const opened = turns.run(started, () => {
      if (slow.wakesAtMs !== undefined) slow.pass(70_000);
      // Whatever it would write is written before the next segment is read.
      const writing = turns.labels.findIndex((label) => !/^(read|list|size) /.test(label));
      return Math.max(0, writing);
    });
    await opened;
    expect(notices).toContainEqual(expect.stringMatching(/^Primary keys cannot leave memory\. .*keys\//));
    turns.end();

    const again = await open(disk.restart());
    expect(await again.status()).toMatchObject({ accepted: distinct(sent), offset: distinct(sent) });
    await expectReportsOf(again, sent.flat());
    await again.close();
  });
});
