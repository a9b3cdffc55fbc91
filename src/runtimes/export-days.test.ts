import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { DaybookError } from '../base/errors.ts';
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

it('where nothing can be read no folder is left that was made for it, and what others have is', async () => {
  await using folder = await temporaryFolder();
  const plan = makePlan(daybook);
  // As of a Daybook that runs by another definition.
  const refusing = {
    plan,
    status: async () => ({ newestDay: '2026-03-04' }),
    // oxlint-disable-next-line require-yield
    records: async function* () {
      throw new DaybookError('OTHER_DEFINITION', 'It runs by another definition.');
    },
  };
  const exportTo = (out: string): Promise<unknown> =>
    exportDays({
      runtime: refusing,
      range: {},
      folder: join(folder.path, out),
      format: 'csv',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
  const refused = { code: 'OTHER_DEFINITION' };
  await expect(exportTo('years/days')).rejects.toMatchObject(refused);
  expect(await readdir(folder.path)).toEqual([]);
  await mkdir(join(folder.path, 'kept', 'empty'), { recursive: true });
  await writeFile(join(folder.path, 'kept', 'a file'), '');
  await expect(exportTo('kept/days')).rejects.toMatchObject(refused);
  await expect(exportTo('kept/empty')).rejects.toMatchObject(refused);
  expect((await readdir(join(folder.path, 'kept'))).sort()).toEqual(['a file', 'empty']);
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
