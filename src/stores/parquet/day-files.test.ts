import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { DayFile, DayFileFormat, DayFileOptions } from './day-files.ts';
import { writeDayFiles } from './day-files.ts';

const plan = makePlan(daybook);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybook-export-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** A record's line; members as JSON text, so that numbers have the digits that a test means. */
function line(given: Record<string, string | undefined>): string {
  const members: Record<string, string | undefined> = {
    ts_id: '"6F1E6A52-52f6-4f0e-8a53-0c8f6a2d3b11"',
    ts: '"2024-03-10 10:20:30"',
    ts_date: '"2024-03-10"',
    customer_id: '"C-1"',
    customer_name: '"Ann Bell"',
    segment: '"Consumer"',
    country: '"United States"',
    city: '"Salem"',
    category: '"Furniture"',
    sub_category: '"Chairs"',
    product_name: '"Stool"',
    price: '10',
    quantity: '2',
    discount: '"0.5"',
    revenue: '20',
    profit: '10',
    latitude: '44.9',
    longitude: '-123',
    ...given,
  };
  const printed = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [`"${name}": ${value}`],
  );
  return `{${printed.join(',')}}`;
}

function write(
  lines: readonly string[],
  format: DayFileFormat,
  options: Partial<DayFileOptions> = {},
): Promise<readonly DayFile[]> {
  const records = async function* (): AsyncGenerator<Uint8Array> {
    // Chunks of three lines, as whole lines may come.
    for (let at = 0; at < lines.length; at += 3) {
      yield await Promise.resolve(
        Buffer.from(
          lines
            .slice(at, at + 3)
            .map((text) => `${text}\n`)
            .join(''),
        ),
      );
    }
  };
  return writeDayFiles({ records: records(), plan, folder, format, openDays: () => false, ...options });
}

async function rowsOf(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const MIXED = [
  line({ ts_id: '"1"', ts_date: '"2024-03-11"', ts: '"2024-03-11 00:00:00"' }),
  line({ ts_id: '"2"' }),
  line({ ts_id: '"3"', ts_date: undefined, ts: '"2024-03-11T04:30:00Z"' }),
  line({ ts_id: '"4"', ts_date: undefined, ts: '"2024-03-11T03:59:59.250Z"' }),
  line({ ts_id: '"5"', ts_date: '"2024-03-09"', ts: '"2024-03-10 00:10:00"', extra: '{"kept": [1.50]}' }),
];

describe('writeDayFiles', () => {
  it('writes each business day into its file, lines as they were accepted, in log order', async () => {
    const files = await write(MIXED, 'ndjson');
    const contents = await Promise.all(files.map(async (file) => [file.day, await readFile(file.path, 'utf8')]));
    // New York is at UTC-4 from 2024-03-10 on.
    expect(contents).toEqual([
      ['2024-03-09', `${MIXED[4]}\n`],
      ['2024-03-10', `${MIXED[1]}\n${MIXED[3]}\n`],
      ['2024-03-11', `${MIXED[0]}\n${MIXED[2]}\n`],
    ]);
    expect(files.map(({ day, records, bytes }) => [day, records, bytes])).toEqual(
      contents.map(([day, text = '']) => [day, text.split('\n').length - 1, text.length]),
    );
    expect((await readdir(folder)).toSorted()).toEqual(['2024-03-09.ndjson', '2024-03-10.ndjson', '2024-03-11.ndjson']);
  });

  it('writes CSV with the fields in their order, their own digits, and RFC 4180 quotes', async () => {
    const one = line({
      product_name: '"Shelf, 36\\" wide"',
      customer_name: '"Zoë\\nŻak"',
      price: '422.23999999999995',
      revenue: '1.2e3',
      discount: '0.25',
      latitude: 'null',
      longitude: 'null',
      ts: '"2024-03-10T14:20:30Z"',
    });
    const [file] = await write([one], 'csv');
    expect(await readFile(file?.path ?? '', 'utf8')).toBe(
      `${plan.stream.fields.map((field) => field.name).join(',')}\r\n` +
        '6F1E6A52-52f6-4f0e-8a53-0c8f6a2d3b11,2024-03-10 10:20:30,2024-03-10,C-1,"Zoë\nŻak",Consumer,United States,Salem,' +
        'Furniture,Chairs,"Shelf, 36"" wide",422.23999999999995,2,0.25,1.2e3,10,,\r\n',
    );
  });

  it('writes Parquet with types, decimals rounded half-even from their text', async () => {
    const lines = [
      line({ price: '0.0000005', revenue: '0.0000015', profit: '-0.0000025', discount: '"0.50000000000000000000001"' }),
      // Both would be the same float.
      line({ price: '0.1234565', revenue: '0.12345650000000000000001', profit: '-9007199254.740991', latitude: '0.1' }),
      line({ ts: '"2024-03-10T18:00:00.125-05:00"', latitude: 'null', longitude: '1e-7', quantity: '3.0' }),
    ];
    const [file] = await write(lines, 'parquet');
    const from = `FROM '${file?.path}'`;
    expect(
      await rowsOf(`SELECT price::VARCHAR, revenue::VARCHAR, profit::VARCHAR, discount::VARCHAR ${from} LIMIT 2`),
    ).toEqual([
      ['0.000000', '0.000002', '-0.000002', '0.500000'],
      ['0.123456', '0.123457', '-9007199254.740991', '0.500000'],
    ]);
    expect(await rowsOf(`SELECT ts::VARCHAR, ts_date::VARCHAR, quantity, latitude, longitude ${from}`)).toEqual([
      ['2024-03-10 10:20:30', '2024-03-10', 2, 44.9, -123],
      ['2024-03-10 10:20:30', '2024-03-10', 2, 0.1, -123],
      ['2024-03-10 19:00:00.125', '2024-03-10', 3, null, 1e-7],
    ]);
    const types = await rowsOf(`SELECT column_name, column_type FROM (DESCRIBE SELECT * ${from})`);
    expect(Object.fromEntries(types)).toMatchObject({
      ts_id: 'VARCHAR',
      ts: 'TIMESTAMP',
      ts_date: 'DATE',
      price: 'DECIMAL(18,6)',
      discount: 'DECIMAL(18,6)',
      quantity: 'INTEGER',
      latitude: 'DOUBLE',
    });
  });

  it('says in a Parquet file what it is, and whether its day was open', async () => {
    const files = await write(MIXED, 'parquet', { openDays: (day) => day === '2024-03-11' });
    expect(files.map(({ complete }) => complete)).toEqual([true, true, false]);
    for (const file of files) {
      const entries = await rowsOf(`SELECT decode(key), decode(value) FROM parquet_kv_metadata('${file.path}')`);
      expect(Object.fromEntries(entries)).toEqual({
        'daybook.stream': 'daily_records',
        'daybook.day': file.day,
        'daybook.complete': String(file.complete),
      });
    }
  });

  it('refuses a value that a column cannot hold, and leaves nothing half-written', async () => {
    const lines = [line({}), line({ ts_date: '"2024-03-11"', ts: '"2024-03-11 00:00:00"', revenue: '1000000000000' })];
    await expect(write(lines, 'parquet')).rejects.toMatchObject({
      code: 'EXPORT_VALUE_OUT_OF_RANGE',
      details: { field: 'revenue', value: '1000000000000' },
    });
    expect(await readdir(folder)).toEqual(['2024-03-10.parquet']);
  });

  it('replaces an older file of the day, and leaves other files alone', async () => {
    await writeFile(join(folder, '2024-03-10.csv'), 'old');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await write([line({})], 'csv');
    expect(await readFile(join(folder, '2024-03-10.csv'), 'utf8')).toContain('Stool');
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('writes nothing when there are no records, and tells how far it is when there are', async () => {
    expect(await write([], 'parquet')).toEqual([]);
    const told: unknown[] = [];
    await write(MIXED, 'csv', { onProgress: (...progress) => told.push(progress) });
    expect(told).toEqual([
      [3, undefined],
      [5, undefined],
      [1, 5],
      [3, 5],
      [5, 5],
    ]);
  });

  it('says what is wrong with a line that is no record', async () => {
    await expect(write(['{"ts": 1}'], 'csv')).rejects.toMatchObject({ code: 'EXPORT_UNREADABLE_RECORD' });
  });
});
