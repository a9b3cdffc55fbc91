import { cp, open as openFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { daybook } from '../../daybook.config.ts';
import type { Engine } from '../engine/engine.ts';
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../log/format.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Acceptance } from '../ports/runtime.ts';
import { openEmbedded } from './embedded.ts';
import { machineClock } from './machine/clock.ts';
import { openDisk } from './machine/disk.ts';
import { repairDataFolder } from './repair.ts';

const plan = makePlan(daybook);
const [sale = ''] = mixedSales(1, { repeats: 0, seed: 7 });

function open(root: string): Promise<Engine> {
  return openEmbedded({ plan, disk: openDisk(root), clock: machineClock() });
}

function accept(engine: Engine, lines: readonly string[], corrects?: number): Promise<Acceptance> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return engine.accept({ origin: 'test', lines: bytes, ...(corrects !== undefined && { corrects }) });
}

/** Damages the first frame of the log. */
async function damage(root: string): Promise<void> {
  const [segment = ''] = await readdir(join(root, 'log'));
  const file = await openFile(join(root, 'log', segment), 'r+');
  await file.write(Buffer.from('damage'), 0, 6, SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 10);
  await file.close();
}

it('a repair that may have lost refused records leaves no mark on another one, and says so', async () => {
  await using folder = await temporaryFolder();
  const engine = await open(folder.path);
  for (const line of ['first', 'second', 'third']) await accept(engine, [line]);
  await accept(engine, [sale], 2);
  await engine.close();
  await damage(folder.path);
  const [loss, marks, ...others] = await repairDataFolder(folder.path);
  expect(loss).toMatch(/0 records are lost, and refused ones may be, too; they are kept in log\//);
  expect(marks).toMatch(/all of them are open again; .* kept in log\/quarantine-put-back\.ndjson\.before-repair\.$/);
  expect(others).toEqual([]);
  expect(await readdir(join(folder.path, 'log'))).toContain('quarantine-put-back.ndjson.before-repair');

  const again = await open(folder.path);
  const { total, open: left, entries } = await again.quarantine({ limit: 9, offset: 0 });
  expect([total, left]).toEqual([2, 2]);
  expect(entries.map(({ record, putBack }) => [record, putBack])).toEqual([
    ['third', undefined],
    ['second', undefined],
  ]);
  // Who puts the record right once more is told that it is there.
  expect(await accept(again, [sale], 1)).toMatchObject({ accepted: 0, duplicates: 1 });
  await again.close();
  expect(await repairDataFolder(folder.path)).toEqual([]);
});

it('a log from whose end refused records are missing goes on without them, and without the marks of what was put right', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'log');
  const first = await open(folder.path);
  await accept(first, [sale, 'first']);
  await first.close();
  await cp(log, join(folder.path, 'copy'), { recursive: true });
  const second = await open(folder.path);
  await accept(second, ['second']);
  await accept(second, [sale], 2);
  await second.close();
  await rm(log, { recursive: true });
  await rename(join(folder.path, 'copy'), log);

  await expect(open(folder.path)).rejects.toMatchObject({ code: 'LOG_SHORTENED' });
  expect(await repairDataFolder(folder.path)).toEqual([
    expect.stringMatching(/^Refused records are missing from the end of the log/),
    expect.stringMatching(/all of them are open again/),
  ]);
  const again = await open(folder.path);
  await accept(again, ['another']);
  expect(await again.quarantine({ limit: 9, offset: 0 })).toMatchObject({ total: 2, open: 2 });
  await again.close();
  expect(await repairDataFolder(folder.path)).toEqual([]);
});

it('a repair goes on without a log that is gone as a whole, and makes no Daybook of another folder', async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, 'data');
  const engine = await open(root);
  await accept(engine, [sale]);
  await engine.close();
  await rm(join(root, 'log'), { recursive: true });
  expect(await repairDataFolder(root)).toEqual([
    expect.stringContaining('1 record is missing from the end of the log'),
  ]);
  for (const other of [folder.path, join(folder.path, 'none')]) {
    await expect(repairDataFolder(other)).rejects.toMatchObject({ code: 'DATA_FOLDER_MISSING' });
  }
  expect(await readdir(folder.path)).toEqual(['data']);
});
