import { DaybookError } from '../src/base/errors.ts';
import type { Clock } from '../src/ports/clock.ts';
import { takeFolderLock } from '../src/runtimes/machine/lock.ts';

const POLL_MS = 200;

/**
 * Does a work in a folder while no other process does, waiting for its turn. A process that dies gives its turn up.
 * @param onWait  told once when somebody else has the turn
 * @throws DaybookError what the work throws, or `takeFolderLock` but for `FOLDER_HELD`
 */
export async function inTurn<T>(folder: string, clock: Clock, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = await takeFolderLock(folder).catch((error: unknown) => {
      if (error instanceof DaybookError && error.code === 'FOLDER_HELD') return undefined;
      throw error;
    });
    if (lock === undefined) {
      if (isFirst) onWait?.();
      await clock.sleep(POLL_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }
}
