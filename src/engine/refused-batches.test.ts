import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { wholeQuarantine } from '../../test/intake/whole-quarantine.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import type { Engine } from './engine.ts';

const plan = makePlan(daybook);
const clock = machineClock();
const MIB = 1024 * 1024;

function sales(seed: number): readonly RandomSale[] {
  return fc.sample(randomSale(500), { numRuns: 20, seed });
}

/** Lines of control characters, each of which takes six bytes in JSON. */
function controlLines(lines: number): Buffer {
  const line = Buffer.alloc(MIB, 1);
  line[MIB - 1] = 10;
  return Buffer.concat(
    Array.from({ length: lines }, (_, index) => {
      line.write(`line ${index} `);
      return Buffer.from(line);
    }),
  );
}

/** All records of the quarantine, oldest first. */
async function recordsInQuarantine(engine: Engine): Promise<Buffer> {
  const entries = await wholeQuarantine(engine);
  return Buffer.concat(
    entries.toReversed().flatMap(({ record, encoding }) => [Buffer.from(record, encoding), Buffer.from('\n')]),
  );
}

describe('a batch of which much is refused', () => {
  it('is taken whole when its entries are larger than a frame, and so are the batches beside it', async () => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock });
    const beside = sales(1);
    const own = sales(2);
    const garbage = controlLines(14);
    const answers = await Promise.all([
      engine.accept({ origin: 'test', lines: linesOf(beside) }),
      engine.accept({ origin: 'test', lines: Buffer.concat([linesOf(own), garbage]) }),
    ]);
    expect(answers.map(({ quarantined }) => quarantined.length)).toEqual([0, 14]);
    expect(await engine.status()).toMatchObject({ quarantined: 14, trouble: undefined });
    await engine.close();
    const again = await openEmbedded({ plan, disk: disk.restart(), clock });
    await expectReportsOf(again, [...beside, ...own]);
    expect((await recordsInQuarantine(again)).equals(garbage)).toBe(true);
    await again.close();
  });

  it('is not taken when its records cannot be written, and is taken when it comes again', async () => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock });
    const own = sales(3);
    const garbage = controlLines(4);
    const batch = { origin: 'test', lines: Buffer.concat([linesOf(own), garbage]) };
    disk.roomBytes = 20 * MIB;
    await expect(engine.accept(batch)).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
    await expectReportsOf(engine, []);
    disk.roomBytes = Number.POSITIVE_INFINITY;
    const unique = new Set(own.map((sale) => sale.ts_id)).size;
    expect(await engine.accept(batch)).toMatchObject({ accepted: unique, duplicates: own.length - unique });
    await engine.close();
    const again = await openEmbedded({ plan, disk: disk.restart(), clock });
    await expectReportsOf(again, own);
    expect((await recordsInQuarantine(again)).equals(garbage)).toBe(true);
    await again.close();
  });

  it('keeps a line that is longer than any record', async () => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock });
    const long = Buffer.alloc(12 * MIB, 1);
    const { quarantined } = await engine.accept({ origin: 'test', lines: long });
    expect(quarantined).toMatchObject([{ line: 1, code: 'TOO_LONG' }]);
    const { entries } = await engine.quarantine({ limit: 1, offset: 0 });
    expect(Buffer.from(entries[0]?.record ?? '', entries[0]?.encoding).equals(long)).toBe(true);
    await engine.close();
  });
});

describe('a batch that is larger than a frame', () => {
  it.each([
    ['of records', Buffer.concat(Array.from({ length: 67 }, (_, index) => longRecord(index)))],
    ['of one line', Buffer.alloc(41 * MIB, 1)],
  ])('%s is turned away by itself, and the disk is not blamed', async (_what, lines) => {
    const engine = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
    const beside = sales(5);
    const [large, small] = await Promise.allSettled([
      engine.accept({ origin: 'test', lines }),
      engine
        .accept({ origin: 'test', lines: linesOf(beside) })
        .catch(() => engine.accept({ origin: 'test', lines: linesOf(beside) })),
    ]);
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'BATCH_TOO_LARGE', retryable: false } });
    expect(small).toMatchObject({ status: 'fulfilled' });
    await expectReportsOf(engine, beside);
    expect(await engine.status()).toMatchObject({ quarantined: 0, trouble: undefined, pendingBytes: 0 });
    await engine.close();
  });
});

/** An acceptable record of just below a MiB. */
function longRecord(id: number): Buffer {
  const [sale] = sales(4) as [RandomSale];
  const more = 'x'.repeat(MIB - 1000);
  return Buffer.from(
    `${JSON.stringify({ ...sale, ts_id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`, more })}\n`,
  );
}
