import { expect, it } from 'vitest';
import { SyncAhead } from './sync-ahead.ts';

/** A file whose syncs end when and how the test says. */
class HeldFile {
  readonly syncs: PromiseWithResolvers<void>[] = [];
  isClosed = false;

  datasync(): Promise<void> {
    const sync = Promise.withResolvers<void>();
    this.syncs.push(sync);
    return sync.promise;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** Lets promises that are settled be noticed. */
async function noticed(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

it('syncs once more behind a sync that was begun ahead, which does not know of what came later', async () => {
  const file = new HeldFile();
  const ahead = new SyncAhead(file);
  ahead.begin();
  ahead.begin();
  expect(file.syncs).toHaveLength(1);
  let isSynced = false;
  const syncing = ahead.sync().then(() => (isSynced = true));
  await noticed();
  expect(file.syncs).toHaveLength(1);
  file.syncs[0]?.resolve();
  await noticed();
  expect(file.syncs).toHaveLength(2);
  expect(isSynced).toBe(false);
  file.syncs[1]?.resolve();
  await syncing;
});

it('says once that a sync ahead failed, when all should be durable', async () => {
  const file = new HeldFile();
  const ahead = new SyncAhead(file);
  ahead.begin();
  file.syncs[0]?.reject(new Error('no such block'));
  await noticed();
  await expect(ahead.sync()).rejects.toThrow('no such block');
  const again = ahead.sync();
  await noticed();
  file.syncs[1]?.resolve();
  await again;
});

it('is closed behind its last sync', async () => {
  const file = new HeldFile();
  const ahead = new SyncAhead(file);
  ahead.begin();
  const closing = ahead.close();
  await noticed();
  expect(file.isClosed).toBe(false);
  file.syncs[0]?.resolve();
  await closing;
  expect(file.isClosed).toBe(true);
});
