import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import { runQuery } from './sql-query.ts';

const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b';

it('reads the tables that it is given, whatever their folder is called', async () => {
  await using folder = await temporaryFolder();
  const [own, other] = [join(folder.path, 'work [a]*'), join(folder.path, 'work a1')];
  for (const [path, number] of [
    [own, 1],
    [other, 2],
  ] as const) {
    await mkdir(path);
    await writeFile(join(path, 'table.csv'), `number\r\n${number}\r\n`);
  }
  const columns = [{ name: 'number', kind: 'integer' }] as const;
  const tables = [{ name: 'numbers', columns, csv: join(own, 'table.csv') }];
  const { signal } = new AbortController();
  const { rows } = await runQuery(own, tables, 'FROM numbers', { clock: machineClock(), signal });
  expect(rows).toEqual([['1']]);
});

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
