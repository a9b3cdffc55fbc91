import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { openDataFolder } from './data-folder.ts';
import { machineClock } from './machine/clock.ts';
import { takeFolderLock } from './machine/lock.ts';

const clock = machineClock();

it('a running Daybook that takes nothing in is told of at once, and once', async () => {
  const disk = new FaultyDisk();
  await using daybook = await serveEmbedded({ disk });
  await using folder = await temporaryFolder();
  const root = join(folder.path, 'data');
  await using lock = await takeFolderLock(root, daybook.server.url);
  const notices: string[] = [];
  const onNotice = (sentence: string): void => void notices.push(sentence);
  const { plan } = daybook.runtime;
  const through = await openDataFolder({ plan, root, clock, create: true, onNotice });
  expect(lock).toBeDefined();
  const send = (): Promise<unknown> =>
    through.accept({
      origin: 'test',
      lines: Buffer.from(JSON.stringify({ ...plainSale, ts_id: crypto.randomUUID() })),
    });

  disk.roomBytes = 0;
  await expect(send()).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
  await expect(send()).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(notices.slice(1)).toEqual([expect.stringMatching(/^Nothing is taken in at present, .* The disk is full/)]);
  disk.roomBytes = Number.POSITIVE_INFINITY;
  expect(await send()).toMatchObject({ accepted: 1 });
  expect(notices).toHaveLength(2);
  await through.close();
});
