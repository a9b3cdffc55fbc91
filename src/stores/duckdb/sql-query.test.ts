import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import { runQuery } from './sql-query.ts';

const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b';

it('ends when it is told to at the moment at which its statement begins', async () => {
  for (let turns = 0; turns < 8; turns++) {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    // The last look before the statement; DuckDB forgets what it is told before it has begun.
    signal.throwIfAborted = () => {
      void (async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        controller.abort();
      })();
    };
    await expect(runQuery(folder.path, [], ENDLESS, { clock: machineClock(), signal })).rejects.toThrow(/Interrupted/i);
  }
});
