import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { parseDay } from '../../base/calendar.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { DayFiles } from '../../ports/day-files.ts';
import type { Disk } from '../../ports/disk.ts';
import { openDisk } from '../../runtimes/machine/disk.ts';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import { openSpilledDays } from './spilled-days.ts';

const { stream } = makePlan(daybook);
const DAY = parseDay('2024-03-10') ?? 0;

function line(number: number, members: object = {}): string {
  const id = number.toString(16).padStart(12, '0');
  const sale = {
    ts_id: `0B7D1A2E-5f1c-4c8e-9d53-${id}`,
    ts: '2024-03-10 10:11:12',
    ts_date: '2024-03-10',
    customer_id: `C-${number}`,
    customer_name: 'Zoë "Zed"',
    segment: 'Consumer',
    country: 'United States',
    city: 'Salem',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: 'Shelf,\n36" \u0000 wide',
    price: 0.0000025,
    quantity: 2,
    discount: '0.5',
    revenue: 422.23999999999995,
    profit: -1234567.891,
    latitude: null,
    longitude: 1e-7,
  };
  return `${JSON.stringify({ ...sale, ...members })}\n`;
}

function open(root: string, disk: Disk = openDisk(root)): DayFiles {
  return openSpilledDays({ stream, root, disk });
}

async function write(files: DayFiles, name: string, lines: readonly string[], older?: string): Promise<void> {
  await using gathering = await files.gather();
  for (const each of lines) await gathering.add(DAY, Buffer.from(each));
  await gathering.write(DAY, name, older);
  await gathering.settle();
}

async function rowsOf(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

describe('the file of a spilled day', () => {
  it('has the day’s records sorted by primary key, exactly, in typed columns', async () => {
    await using folder = await temporaryFolder();
    await write(open(folder.path), 'a', [line(3), line(1), line(2, { ts: '2024-03-10T14:11:12.25Z', quantity: 3 })]);
    const from = `FROM '${join(folder.path, 'spilled/a.parquet')}'`;
    expect(await rowsOf(`SELECT customer_id, ts_id, ts::VARCHAR, ts_date::VARCHAR, quantity ${from}`)).toEqual([
      ['C-1', '0b7d1a2e-5f1c-4c8e-9d53-000000000001', '2024-03-10 10:11:12', '2024-03-10', 2],
      ['C-2', '0b7d1a2e-5f1c-4c8e-9d53-000000000002', '2024-03-10 10:11:12.25', '2024-03-10', 3],
      ['C-3', '0b7d1a2e-5f1c-4c8e-9d53-000000000003', '2024-03-10 10:11:12', '2024-03-10', 2],
    ]);
    expect(
      await rowsOf(
        `SELECT DISTINCT product_name, price::VARCHAR, discount::VARCHAR, revenue::VARCHAR, profit::VARCHAR, latitude, longitude ${from}`,
      ),
    ).toEqual([['Shelf,\n36" \u0000 wide', '0.000002', '0.500000', '422.240000', '-1234567.891000', null, 1e-7]]);
    const types = Object.fromEntries(
      await rowsOf(`SELECT column_name, column_type FROM (DESCRIBE SELECT * ${from})`),
    ) as Record<string, string>;
    expect(types).toMatchObject({ ts: 'TIMESTAMP', ts_date: 'DATE', price: 'DECIMAL(18,6)', quantity: 'INTEGER' });
    const path = `'${join(folder.path, 'spilled/a.parquet')}'`;
    expect(await rowsOf(`SELECT DISTINCT compression FROM parquet_metadata(${path})`)).toEqual([['ZSTD']]);
    const entries = await rowsOf(`SELECT decode(key), decode(value) FROM parquet_kv_metadata(${path})`);
    expect(Object.fromEntries(entries)).toEqual({ 'daybook.stream': 'daily_records', 'daybook.day': '2024-03-10' });
  });

  it('is written anew from the older one and the records that came later, and the older one stays until it is removed', async () => {
    await using folder = await temporaryFolder();
    const files = open(folder.path);
    await write(files, 'a', [line(1), line(3)]);
    await write(files, 'b', [line(2)], 'a');
    const keys = (name: string): string => `SELECT customer_id FROM '${join(folder.path, `spilled/${name}.parquet`)}'`;
    expect(await rowsOf(keys('a'))).toEqual([['C-1'], ['C-3']]);
    expect(await rowsOf(keys('b'))).toEqual([['C-1'], ['C-2'], ['C-3']]);
    await files.removeAllBut(new Set(['b']));
    expect(await readdir(join(folder.path, 'spilled'))).toEqual(['b.parquet']);
  });

  it('has none of what is in another folder, whatever its own is called', async () => {
    await using folder = await temporaryFolder();
    const [own, other] = [join(folder.path, 'shop ?[a]*'), join(folder.path, 'shop 1a')];
    await write(open(other), 'a', [line(9)]);
    await write(open(own), 'a', [line(1)]);
    await using left = await open(other).gather();
    await left.add(DAY, Buffer.from(line(8)));
    await write(open(own), 'b', [line(2)], 'a');
    await rename(own, join(folder.path, 'own'));
    const keys = `SELECT customer_id FROM '${join(folder.path, 'own/spilled/b.parquet')}'`;
    expect(await rowsOf(keys)).toEqual([['C-1'], ['C-2']]);
  });

  it('is whole or not there, whichever step fails', async () => {
    await using folder = await temporaryFolder();
    const real = openDisk(folder.path);
    for (let steps = 0, isDone = false; !isDone; steps++) {
      let left = steps;
      const step = (): void => {
        if (left-- === 0) throw new Error('The disk fails.');
      };
      const failing: Disk = {
        ...real,
        open: async (path, mode) => {
          step();
          const file = await real.open(path, mode);
          return {
            ...file,
            sync: async () => {
              step();
              await file.sync();
            },
          };
        },
        rename: async (from, to) => {
          step();
          await real.rename(from, to);
        },
        syncFolder: async (path) => {
          step();
          await real.syncFolder(path);
        },
      };
      isDone = await write(open(folder.path, failing), `${steps}`, [line(1), line(2)]).then(
        () => true,
        () => false,
      );
      const names = await readdir(join(folder.path, 'spilled'));
      expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
      for (const name of names) {
        expect(await rowsOf(`SELECT count(*)::INTEGER FROM '${join(folder.path, 'spilled', name)}'`)).toEqual([[2]]);
      }
    }
    await open(folder.path).removeAllBut(new Set());
    expect(await readdir(join(folder.path, 'spilled'))).toEqual([]);
  });

  it('that cannot be written for its older file is told with the name of that', async () => {
    await using folder = await temporaryFolder();
    await write(open(folder.path), 'a', [line(1)]);
    await expect(write(open(folder.path), 'b', [line(2)], 'missing')).rejects.toMatchObject({
      code: 'DAY_FILE_DAMAGED',
      details: { path: 'spilled/missing.parquet' },
    });
    expect(await readdir(join(folder.path, 'spilled'))).toEqual(['a.parquet']);
  });
});
