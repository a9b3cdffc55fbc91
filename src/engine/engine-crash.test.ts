import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { chanceFrom } from '../../test/chance.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
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

  it('after a crash at any step has all that was answered, and of the rest whole batches or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.nat(120),
        fc.integer({ min: 1, max: 8 }),
        async (seed, callsUntilCrash, batches) => {
          let disk = new FaultyDisk(chanceFrom(seed));
          const engine = await openEmbedded({ plan, disk, clock });
          disk.callsUntilCrash = callsUntilCrash;
          const sent = Array.from({ length: batches }, (_, index) => batch(seed + index, 5));
          let answered = 0;
          for (const sales of sent) {
            const isAnswered = await engine.accept({ origin: 'test', lines: linesOf(sales) }).then(
              () => true,
              () => false,
            );
            if (!isAnswered) break;
            answered++;
          }
          if (answered === sent.length) await engine.close().catch(() => undefined);
          disk = disk.crash();
          const after = await openEmbedded({ plan, disk, clock });
          // The batch that was under way may have become durable, whole; none behind it was sent.
          const ids = (sales: readonly RandomSale[]): number => new Set(sales.map((sale) => sale.ts_id)).size;
          const kept =
            (await after.status()).accepted === ids(sent.slice(0, answered).flat()) ? answered : answered + 1;
          await expectReportsOf(after, sent.slice(0, kept).flat());
          // And the client that sends everything again brings it to what was meant.
          for (const sales of sent) await after.accept({ origin: 'test', lines: linesOf(sales) });
          await expectReportsOf(after, sent.flat());
          await after.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
