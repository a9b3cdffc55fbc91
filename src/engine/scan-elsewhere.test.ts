import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { openLog } from '../log/log.ts';
import { makePlan } from '../plan/normalise.ts';
import type { ScanElsewhere } from '../record/foreign-scan.ts';
import { ForeignScanner } from '../record/foreign-scan.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';

const plan = makePlan(daybook);

/** Scans as another thread does, in this one. */
function scanNextTurn(): ScanElsewhere {
  const scanner = new ForeignScanner(plan);
  return {
    isReady: () => true,
    scan: async (lines, room) => structuredClone(scanner.scan(lines, room)),
    close: async () => {},
  };
}

it.each([
  { where: 'another thread', scanElsewhere: scanNextTurn() },
  { where: 'the engine', scanElsewhere: undefined },
])('the log reads back what $where scanned, whatever stood between the records that were taken', async (scanning) => {
  const disk = new FaultyDisk();
  const { scanElsewhere } = scanning;
  const engine = await openEmbedded({ plan, disk, clock: machineClock(), ...(scanElsewhere && { scanElsewhere }) });
  const lines = mixedSales(4_000, { repeats: 0.05, seed: 3 });
  const odd = ['', '{"no":"record"}', '   ', 'not JSON'];
  const texts = [
    lines.slice(0, 1_500).join('\n'),
    // What is small goes the same way when it comes behind.
    lines.slice(1_500, 1_510).join('\n'),
    lines.slice(1_510, 2_700).join('\r\n'),
    lines
      .slice(2_700)
      .flatMap((line, index) => (index % 50 === 0 ? [line, odd[(index / 50) % odd.length] ?? ''] : [line]))
      .join('\n'),
  ];
  const answers = await Promise.all(
    texts.map((text) => engine.accept({ origin: 'test', lines: Buffer.from(text), firstLine: 1 })),
  );
  await engine.close();

  const seen = new Set<string>();
  const taken = lines.filter((line) => {
    const { ts_id: id } = JSON.parse(line) as { readonly ts_id: string };
    return !seen.has(id) && seen.add(id);
  });
  expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(taken.length);
  // A frame that does not agree with its CRC is no frame, and the log ends there.
  const { log, cut } = await openLog(disk);
  expect(cut).toBeUndefined();
  let text = '';
  for await (const { records } of log.read()) text += Buffer.from(records).toString();
  expect(text).toBe(`${taken.join('\n')}\n`);
  expect(log.status().bytes).toBeLessThan(Buffer.byteLength(text) / 2);
  await log.close();
});

it('an engine is closed once a batch is written that another thread scans and whose keys are looked up in files', async () => {
  const disk = new FaultyDisk();
  const { promise: scanned, resolve: endScan } = Promise.withResolvers<void>();
  const there = scanNextTurn();
  const scanElsewhere: ScanElsewhere = {
    ...there,
    scan: async (lines, room) => {
      await scanned;
      return there.scan(lines, room);
    },
  };
  const options = { plan, disk, clock: machineClock(), stateBytesMax: 1, scanElsewhere };
  const engine = await openEmbedded(options);
  const lines = mixedSales(3_000, { repeats: 0, seed: 3 });
  for (let at = 0; at < 2_000; at += 200) {
    await engine.accept({ origin: 'test', lines: Buffer.from(lines.slice(at, at + 200).join('\n')) });
  }
  // Large, and the first of its records have left memory.
  const late = engine.accept({ origin: 'test', lines: Buffer.from(lines.slice(1_000).join('\n')) });
  const closed = engine.close();
  endScan();
  const [answer] = await Promise.all([late, closed]);
  expect(answer).toMatchObject({ accepted: 1_000, duplicates: 1_000, offset: 3_000 });
  const again = await openEmbedded({ plan, disk: disk.restart(), clock: machineClock() });
  expect(await again.status()).toMatchObject({ accepted: 3_000, checkpoint: { offset: 3_000 } });
  await again.close();
});
