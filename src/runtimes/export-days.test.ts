import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from './embedded.ts';
import { exportDays } from './export-days.ts';
import { machineClock } from './machine/clock.ts';

it('an export that is interrupted says so, and leaves whole files alone', async () => {
  await using folder = await temporaryFolder();
  const runtime = await openEmbedded({ plan: makePlan(daybook), disk: new FaultyDisk(), clock: machineClock() });
  const lines = mixedSales(200, { repeats: 0, seed: 4 });
  await runtime.accept({ origin: 'test', lines: Buffer.from(lines.join('\n')) });
  const interruptedAfter = async (calls: number): Promise<readonly string[]> => {
    const controller = new AbortController();
    let left = calls;
    if (left === 0) controller.abort();
    const onProgress = (): void => void (--left === 0 && controller.abort());
    const options = { runtime, range: {}, folder: folder.path, format: 'csv', signal: controller.signal } as const;
    await expect(exportDays({ ...options, onProgress })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    return readdir(folder.path);
  };
  expect(await interruptedAfter(0)).toEqual([]);
  const files = await interruptedAfter(3);
  expect(files.length).toBeGreaterThan(0);
  expect(files.every((name) => /^\d{4}-\d\d-\d\d\.csv$/.test(name))).toBe(true);
  await runtime.close();
});

it.runIf(process.platform === 'linux')(
  'where no folder can be made it ends with a sentence, and not never',
  async () => {
    const runtime = await openEmbedded({ plan: makePlan(daybook), disk: new FaultyDisk(), clock: machineClock() });
    const exporting = exportDays({
      runtime,
      range: {},
      folder: '/proc/daybook/days',
      format: 'csv',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    await expect(exporting).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message:
        'The folder /proc/daybook/days cannot be used: no folder can be made there (ENOENT). Name another for the export.',
    });
    await runtime.close();
  },
);
