import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../../daybook.config.ts';
import { RecordingClock, RecordingRuntime } from '../../../test/intake/recording-runtime.ts';
import { integer, text } from '../../definition/fields.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ImportOptions, ImportSummary } from './import-file.ts';
import { importFile } from './import-file.ts';

const plan = makePlan(daybook);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybook-import-'));
});

afterAll(() => rm(folder, { recursive: true }));

interface Imported {
  readonly runtime: RecordingRuntime;
  readonly summary: ImportSummary;
}

/** Two cities are known here; which ones are is not what is tested. */
function findPlace(city: string, state: string): { latitude: number; longitude: number } | undefined {
  if (city === 'Springfield' && state === 'Illinois') return { latitude: 39.8017, longitude: -89.6437 };
  return city === 'Salem' ? { latitude: 44.9, longitude: -123 } : undefined;
}

async function importText(
  name: string,
  content: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const path = join(folder, name);
  await writeFile(path, content);
  const runtime = new RecordingRuntime(plan);
  const summary = await importFile({ path, runtime, clock: new RecordingClock(), findPlace, ...options });
  return { runtime, summary };
}

const parsed = (imported: Imported): readonly Record<string, unknown>[] =>
  imported.runtime.records.map(({ text }) => JSON.parse(text) as Record<string, unknown>);

const SUPERSTORE_HEADER =
  'row_id,order_id,order_date,ship_date,customer_id,customer_name,segment,country,city,state,region,category,' +
  'sub_category,product_name,sales,quantity,discount,profit';

/** An order line; what is not given is as in any good line. */
function orderLine(row: number, given: Record<string, string> = {}): string {
  const cells: Record<string, string> = {
    row_id: String(row),
    order_id: 'CA-2019-100001',
    order_date: '3/9/2019',
    ship_date: '3/12/2019',
    customer_id: 'AB-10015',
    customer_name: 'Ann Bell',
    segment: 'Consumer',
    country: 'United States',
    city: 'Springfield',
    state: 'Illinois',
    region: 'Central',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: 'Plain Stool',
    sales: '60',
    quantity: '3',
    discount: '0.2',
    profit: '12.5',
    ...given,
  };
  return SUPERSTORE_HEADER.split(',')
    .map((name) => cells[name] ?? '')
    .join(',');
}

/** UUIDv5 as RFC 9562 describes it, over the namespace that must never change. */
function uuidOf(name: string): string {
  const namespace = Buffer.from('b1f0c1de6c7a4d0e9a355f2d8c7e4a10', 'hex');
  const digest = createHash('sha1').update(namespace).update(name).digest('hex').slice(0, 32);
  const variant = ((Number.parseInt(digest.charAt(16), 16) % 4) + 8).toString(16);
  const hex = `${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('importing the superstore', () => {
  it('makes each order line a sale', async () => {
    const lines = [
      `\uFEFF${SUPERSTORE_HEADER}`,
      orderLine(1, { product_name: '"Shelf, 36"" wide, oak"', sales: '261.96', quantity: '2', discount: '0' }),
      orderLine(2, {
        product_name: 'Shelf 24" deep',
        sales: '957.5775',
        quantity: '5',
        discount: '0.45',
        profit: '-383.031',
      }),
      orderLine(3, { customer_name: '"Zoë ""Zed"" Żak"', order_date: '12/31/2020', city: 'Nowhere', state: 'Maine' }),
      orderLine(4, { city: 'Nowhere', state: 'Maine', sales: '10', quantity: '3', discount: '0' }),
      '',
    ];
    const imported = await importText('superstore.csv', lines.join('\r\n'));
    const sales = parsed(imported);
    expect(imported.summary).toEqual({
      lines: 4,
      accepted: 4,
      duplicates: 0,
      quarantined: 0,
      numbered: 'line',
      placesNotFound: [{ city: 'Nowhere', state: 'Maine', count: 2 }],
      bytes: Buffer.byteLength(lines.join('\r\n')),
    });
    expect(sales[0]).toEqual({
      ts_id: uuidOf('CA-2019-100001/1'),
      ts: '2019-03-09 00:00:00',
      ts_date: '2019-03-09',
      customer_id: 'AB-10015',
      customer_name: 'Ann Bell',
      segment: 'Consumer',
      country: 'United States',
      city: 'Springfield',
      category: 'Furniture',
      sub_category: 'Chairs',
      product_name: 'Shelf, 36" wide, oak',
      price: 130.98,
      quantity: 2,
      discount: '0',
      revenue: 261.96,
      profit: 12.5,
      latitude: 39.8017,
      longitude: -89.6437,
    });
    // 957.5775 / 5 / 0.55 = 348.21
    expect(sales[1]).toMatchObject({
      product_name: 'Shelf 24" deep',
      price: 348.21,
      discount: '0.45',
      profit: -383.031,
    });
    expect(sales[2]).toMatchObject({
      customer_name: 'Zoë "Zed" Żak',
      ts: '2020-12-31 00:00:00',
      latitude: null,
      longitude: null,
    });
    expect(sales[3]).toMatchObject({ price: 3.333333, ts_id: uuidOf('CA-2019-100001/4') });
    expect(imported.runtime.records.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it.each([
    ['row_id', '7.0'],
    ['row_id', '7.00'],
    ['row_id', '07'],
    ['row_id', ' 7 '],
    ['order_id', ' CA-2019-100001 '],
  ])('knows a sale again whose %s is written as "%s"', async (column, written) => {
    const { runtime } = await importText(
      'again.csv',
      [SUPERSTORE_HEADER, orderLine(7, { [column]: written })].join('\n'),
    );
    expect(JSON.parse(runtime.records[0]?.text ?? '')).toMatchObject({ ts_id: uuidOf('CA-2019-100001/7') });
  });

  it('tells sales apart by the texts of their keys', async () => {
    const keys = [
      ['0012', '0', '0012/0'],
      ['12', '000', '12/0'],
      ['12.0', '10', '12/10'],
      ['12.5', '1.5', '12.5/1.5'],
      ['O', 'A-01', 'O/A-01'],
      ['O', '-1.0', 'O/-1'],
      ['O', '90071992547409930', 'O/90071992547409930'],
    ];
    const lines = keys.map(([order_id = '', row_id = '']) => orderLine(1, { order_id, row_id }));
    const imported = await importText('keys.csv', [SUPERSTORE_HEADER, ...lines].join('\n'));
    expect(parsed(imported).map(({ ts_id }) => ts_id)).toEqual(keys.map(([, , name = '']) => uuidOf(name)));
  });

  it('takes a moment at midnight for its day, as pandas and spreadsheets write days', async () => {
    const days = [
      '2019-03-09 00:00:00',
      '2019-03-09T00:00:00.000',
      '2019-03-09 00:00',
      '3/9/2019 0:00',
      ' 3/9/2019 ',
      '3/9/2019 00:00:00',
    ];
    const moments = [
      '2019-03-09 00:00:01',
      '2019-03-09 10:00',
      '2019-03-09 00:00:00Z',
      '2019-03-09 ',
      '2019-02-30 00:00',
    ];
    const rows = [...days, ...moments].map((order_date, index) => orderLine(index, { order_date }));
    const imported = await importText('moments.csv', [SUPERSTORE_HEADER, ...rows].join('\n'));
    const day = { ts: '2019-03-09 00:00:00', ts_date: '2019-03-09' };
    expect(parsed(imported)).toMatchObject([...days, '2019-03-09 '].map(() => day));
    expect(imported.runtime.unreadable.map(({ code }) => code)).toEqual(Array(4).fill('IMPOSSIBLE_DATE'));
  });

  it('puts into the quarantine what cannot be a sale, with line, field and the row as it was', async () => {
    const broken = [
      { given: { order_date: '2/30/2019' }, code: 'IMPOSSIBLE_DATE', field: 'order_date' },
      { given: { order_date: '13/1/2019' }, code: 'IMPOSSIBLE_DATE', field: 'order_date' },
      { given: { sales: '$12' }, code: 'CANNOT_BE_CONVERTED', field: 'sales' },
      { given: { sales: '1e999999999' }, code: 'CANNOT_BE_CONVERTED', field: 'sales' },
      { given: { quantity: '0' }, code: 'CANNOT_BE_CONVERTED', field: 'quantity' },
      { given: { quantity: '' }, code: 'CANNOT_BE_CONVERTED', field: 'quantity' },
      { given: { discount: '1.0' }, code: 'CANNOT_BE_CONVERTED', field: 'discount' },
      { given: { discount: `${'x'.repeat(56)}😀 and more` }, code: 'CANNOT_BE_CONVERTED', field: 'discount' },
      { given: { profit: 'none' }, code: 'CANNOT_BE_CONVERTED', field: 'profit' },
      { given: { order_id: '' }, code: 'CANNOT_BE_CONVERTED', field: 'order_id' },
    ];
    const rows = broken.map(({ given }, index) => orderLine(index + 1, given));
    const { runtime, summary } = await importText('broken.csv', [SUPERSTORE_HEADER, ...rows, orderLine(99)].join('\n'));
    expect(summary).toMatchObject({ lines: 11, accepted: 1, quarantined: 10, placesNotFound: [] });
    expect(runtime.unreadable).toEqual(
      broken.map(({ code, field }, index) => ({
        line: index + 2,
        record: rows[index],
        code,
        field,
        reason: expect.stringContaining(`column '${field}' is`) as unknown,
      })),
    );
    // Half of a character is no text for a database.
    expect(runtime.unreadable.every(({ reason }) => reason.isWellFormed())).toBe(true);
    expect(runtime.records.map(({ line }) => line)).toEqual([12]);
  });

  it('rounds a price half-even, once, from the exact quotient', async () => {
    const cents = fc.integer({ min: -10_000_000, max: 100_000_000 });
    const line = fc.tuple(cents, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 999 }));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 40 }), async (lines) => {
        const rows = lines.map(([sales, quantity, discount], index) =>
          orderLine(index, {
            sales: String(sales / 10_000),
            quantity: String(quantity),
            discount: String(discount / 1000),
          }),
        );
        const { runtime } = await importText('prices.csv', [SUPERSTORE_HEADER, ...rows].join('\n'));
        for (const [index, [sales, quantity, discount]] of lines.entries()) {
          const printed = /"price":([^,]*),/.exec(runtime.records[index]?.text ?? '')?.[1] ?? '';
          const [whole = '', fraction = ''] = printed.replace('-', '').split('.');
          const price = BigInt(whole + fraction.padEnd(6, '0')) * (printed.startsWith('-') ? -1n : 1n);
          // price = sales/1e4 / quantity / ((1000 - discount)/1e3), so price * divisor differs from dividend by at most half.
          const divisor = BigInt(quantity) * BigInt(1000 - discount) * 10n;
          const rest = 2n * (price * divisor - BigInt(sales) * 1_000_000n);
          const distance = rest < 0n ? -rest : rest;
          expect(distance <= divisor && (distance < divisor || price % 2n === 0n), printed).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes headers as spreadsheets print them, in any order', async () => {
    const header = SUPERSTORE_HEADER.split(',').map((name) => name.replace('_', name === 'sub_category' ? '-' : ' '));
    const titled = header.map((name) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()));
    const cells = orderLine(1).split(',');
    const { summary } = await importText(
      'titled.csv',
      [titled.toReversed(), cells.toReversed()].map((row) => row.join(',')).join('\n'),
    );
    expect(titled).toContain('Sub-Category');
    expect(summary.accepted).toBe(1);
  });
});

const FIELDS = plan.stream.fields.map((field) => field.name);

/** A record as the cells of a CSV row, by field. */
function recordCells(given: Record<string, string> = {}): Record<string, string> {
  return {
    ts_id: '6f1e6a52-52f6-4f0e-8a53-0c8f6a2d3b11',
    ts: '2024-02-29 10:20:30',
    ts_date: '2024-02-29',
    customer_id: 'C-1',
    customer_name: 'Ann Bell',
    segment: 'Consumer',
    country: 'United States',
    city: 'Salem',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: 'Stool',
    price: '422.23999999999995',
    quantity: '2',
    discount: '0.5',
    revenue: '1.2e3',
    profit: '-0.10',
    latitude: '44.9',
    longitude: '-123',
    ...given,
  };
}

const quoted = (cell: string): string => `"${cell.split('"').join('""')}"`;

function recordRow(given: Record<string, string> = {}): string {
  const cells = recordCells(given);
  return FIELDS.map((name) => quoted(cells[name] ?? '')).join(',');
}

describe("importing CSV with the record's columns", () => {
  it('keeps every digit, and says null where a cell is empty and may be', async () => {
    const rows = [
      recordRow(),
      recordRow({ ts_id: 'b', ts_date: '', latitude: '', longitude: '', city: '', price: '', profit: '1,5' }),
    ];
    const { runtime } = await importText('own.csv', [FIELDS.join(','), ...rows].join('\n'));
    const [first, second] = runtime.records.map((record) => record.text);
    expect(first).toContain('"price":422.23999999999995,"quantity":2,"discount":"0.5","revenue":1.2e3,"profit":-0.10,');
    expect(first).toContain('"latitude":44.9,"longitude":-123}');
    expect(second).not.toContain('ts_date');
    expect(second).toContain('"city":""');
    expect(second).toContain('"price":"",');
    expect(second).toContain('"profit":"1,5"');
    expect(second).toContain('"latitude":null,"longitude":null}');
  });

  it('tells an empty text from null by its quotes, where a text may be null', async () => {
    const fields = { ...dailyRecords.fields, note: text({ nullable: true }), rank: integer({ nullable: true }) };
    const stream = { ...dailyRecords, fields };
    const runtime = new RecordingRuntime(makePlan({ ...daybook, stream }));
    const row = recordRow({ product_name: 'Shelf, 36" wide', city: '' });
    // The first ones in the row, and the last ones.
    const [header, front] = [`note,rank,${FIELDS.join(',')}`, `${FIELDS.join(',')},rank,note`];
    const rows = [`,,${row}`, `"",1,${row}`, `"""""",1,${row}`, `a,"",${row}`];
    const ends = [`${row},,`, `${row},1,""`, `${row},1,""""""`, `${row},"",a`];
    for (const [name, lines] of [
      ['first.csv', [header, ...rows]],
      ['last.csv', [front, ...ends]],
    ] as const) {
      await writeFile(join(folder, name), lines.join('\r\n'));
      await importFile({ path: join(folder, name), runtime, clock: new RecordingClock() });
    }
    const records = runtime.records.map((record) => JSON.parse(record.text) as Record<string, unknown>);
    const expected = [
      { note: null, rank: null, city: '' },
      { note: '', rank: 1, city: '' },
      { note: '""', rank: 1, city: '' },
      { note: 'a', rank: null, city: '' },
    ];
    expect(records).toMatchObject([...expected, ...expected]);
  });

  it.each([
    ['capitals', (name: string) => name.toUpperCase()],
    ['spaces around', (name: string) => ` ${name} `],
    ['words', (name: string) => name.replaceAll('_', ' ')],
  ])('knows its columns by names with %s', async (_, written) => {
    const { runtime } = await importText('names.csv', `${FIELDS.map(written).join(',')}\n${recordRow()}`);
    const exact = await importText('names.csv', `${FIELDS.join(',')}\n${recordRow()}`);
    expect(runtime.records).toEqual(exact.runtime.records);
    expect(runtime.records).toHaveLength(1);
  });

  it('prefers the column of the very name, and asks where several are alike', async () => {
    const row = `${recordRow({ city: 'Salem' })},Other,One more`;
    const both = await importText('both.csv', `${FIELDS.join(',')},City,CITY\n${row}`);
    expect(parsed(both)).toMatchObject([{ city: 'Salem' }]);
    const header = FIELDS.join(',').replace('city', 'CITY');
    const unclear = importText('unclear.csv', `${header},City,further\n${row}`);
    await expect(unclear).rejects.toMatchObject({ code: 'IMPORT_COLUMNS' });
    await expect(unclear).rejects.toThrow(/'city' more than once \(CITY, City\)/);
  });

  it('takes what Excel says of its separator for no header', async () => {
    for (const told of ['sep=,\n', '\uFEFFsep=,\r\n', '\n"sep=,"\n']) {
      const { runtime, summary } = await importText('told.csv', `${told}${FIELDS.join(',')}\n${recordRow()}\n`);
      expect(summary).toMatchObject({ lines: 1, accepted: 1 });
      expect(runtime.records.map(({ line }) => line)).toEqual([told.split('\n').length + 1]);
    }
    await expect(importText('told.csv', 'sep=,\n')).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
  });

  it('brings back any text, however it was quoted, and knows its line', async () => {
    const piece = fc.constantFrom('a', ',', '"', '""', '\n', '\r\n', ' ', 'é', '漢', '😀', ';', "'");
    const cell = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    const row = fc.tuple(cell, cell, fc.constantFrom('\n', '\r\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        let file = `${FIELDS.join(',')}\n`;
        const expected = rows.map(([city, product_name, end], index) => {
          const line = file.split('\n').length;
          file += recordRow({ ts_id: String(index), city, product_name }) + end;
          return { line, city, product_name };
        });
        const { runtime } = await importText('quoted.csv', file, { batchBytes: 700 });
        const came = runtime.records.map(({ line, text }) => {
          const { city, product_name } = JSON.parse(text) as Record<string, string>;
          return { line, city, product_name };
        });
        expect(came).toEqual(expected);
        expect(runtime.unreadable).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('puts rows into the quarantine whose cells or quotes are wrong, and goes on behind them', async () => {
    const rows = [
      recordRow({ ts_id: '1' }),
      'only,three,cells',
      `${recordRow({ ts_id: '2' })},one more`,
      recordRow({ ts_id: '3' }).replace('"Stool"', '"Stool" 3" high'),
      '',
      recordRow({ ts_id: '4' }),
    ];
    const { runtime, summary } = await importText('rows.csv', [FIELDS.join(','), ...rows].join('\n'));
    expect(runtime.records.map(({ line }) => line)).toEqual([2, 7]);
    expect(runtime.unreadable.map(({ line, record, reason }) => ({ line, record, reason }))).toEqual([
      { line: 3, record: rows[1], reason: 'the row has 3 cells, the header has 18' },
      { line: 4, record: rows[2], reason: 'the row has 19 cells, the header has 18' },
      { line: 5, record: rows[3], reason: expect.stringContaining('quotes do not match') as unknown },
    ]);
    expect(summary).toMatchObject({ lines: 5, accepted: 2, quarantined: 3 });
  });

  it('stops at a row that is far too long, as nobody knows where it ends, and says where it begins', async () => {
    const file = `${SUPERSTORE_HEADER}\n${orderLine(1)}\n"${'x\n'.repeat(5 * 1024 * 1024)}`;
    const imported = importText('endless.csv', file);
    await expect(imported).rejects.toMatchObject({ code: 'IMPORT_LINE_TOO_LONG', details: { line: 3 } });
    await expect(imported).rejects.toThrow(/row that begins in line 3 .* closing quote is missing/);
  });

  it('loses nothing behind a quote that is not closed', async () => {
    const open = recordRow({ ts_id: '2' }).replace('"Stool"', '"Stool');
    const rows = [recordRow({ ts_id: '1' }), open, 'a,b', 'c'];
    const { runtime } = await importText('open.csv', [FIELDS.join(','), ...rows].join('\n'));
    const unclosed = `${FIELDS.map(() => 'x').join(',')}\n"x,y\nz`;
    const atEnd = await importText('open-at-end.csv', `${FIELDS.join(',')}\n${unclosed}`);
    expect(runtime.unreadable.map(({ record }) => record).join('\n')).toContain(open);
    expect(atEnd.runtime.unreadable).toMatchObject([{ line: 3, record: '"x,y\nz', code: 'CANNOT_BE_CONVERTED' }]);
  });

  it('refuses a row that is not UTF-8, but no sign for a damaged character in a file that is', async () => {
    const header = Buffer.from(`${FIELDS.join(',')}\n`);
    const latin1 = Buffer.from(recordRow({ city: 'Orléans' }), 'latin1');
    const mixed = await importText('latin1.csv', Buffer.concat([header, Buffer.from(`${recordRow()}\n`), latin1]));
    expect(mixed.runtime.records.map(({ line }) => line)).toEqual([2]);
    expect(mixed.runtime.unreadable).toMatchObject([{ line: 3, code: 'NOT_UNICODE' }]);
    const kept = await importText(
      'sign.csv',
      Buffer.concat([header, Buffer.from(recordRow({ city: 'Orl\uFFFDans' }))]),
    );
    expect(parsed(kept)).toMatchObject([{ city: 'Orl\uFFFDans' }]);
  });

  it('refuses a row that is not UTF-8 however long it is, and none for what is beside it', async () => {
    const rows = [
      Buffer.from(`${FIELDS.join(',')},further\n`),
      Buffer.from(`${recordRow({ ts_id: '1', city: 'Orl\uFFFDans' })},\u00A0é\n`),
      // Of several blocks; what is wrong is in the first one.
      Buffer.from(`${recordRow({ ts_id: '2', city: 'Orléans' })},"${'x\n'.repeat(400_000)}"\n`, 'latin1'),
      Buffer.from(`${recordRow({ ts_id: '3', city: 'Orl\uFFFDans' })},\n`),
    ];
    const { runtime } = await importText('long.csv', Buffer.concat(rows));
    expect(runtime.records.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
      { ts_id: '1', city: 'Orl\uFFFDans' },
      { ts_id: '3', city: 'Orl\uFFFDans' },
    ]);
    expect(runtime.unreadable).toMatchObject([{ line: 3, code: 'NOT_UNICODE' }]);
  });

  it('names the missing columns of the nearer set, and those that it found', async () => {
    await expect(importText('few.csv', 'ts_id,ts,city\n')).rejects.toMatchObject({
      code: 'IMPORT_COLUMNS',
      message: expect.stringMatching(
        /the columns of a record, of which it lacks customer_id,.*It has ts_id, ts, city/,
      ) as unknown,
    });
    await expect(importText('near.csv', `${SUPERSTORE_HEADER.replace('sales', 'turnover')}\n`)).rejects.toMatchObject({
      message: expect.stringContaining('columns of order lines (superstore), of which it lacks sales.') as unknown,
    });
    await expect(importText('twice.csv', `${FIELDS.join(',')},city\n`)).rejects.toThrow("'city' more than once");
  });

  it.each([
    ['empty.csv', '', 'IMPORT_EMPTY', 'The file is empty'],
    ['empty.csv.gz', gzipSync('\n'), 'IMPORT_EMPTY', 'The file is empty'],
    ['semicolons.csv', `${SUPERSTORE_HEADER.replaceAll(',', ';')}\n`, 'IMPORT_COLUMNS', 'separated by semicolons'],
    ['told.csv', `sep=;\n${FIELDS.join(';')}\n`, 'IMPORT_COLUMNS', 'separated by semicolons'],
    ['tabs.csv', `${FIELDS.join('\t')}\n`, 'IMPORT_COLUMNS', 'separated by tabs, not by commas'],
    ['letter.txt', 'Dear all,\nbelow are the sales.\n', 'IMPORT_COLUMNS', 'The first line (Dear all, ) names none'],
    [
      'picture.csv',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]),
      'IMPORT_ENCODING',
      'not text in UTF-8',
    ],
    ['mac.csv', `${FIELDS.join(',')}\r${recordRow()}\r`, 'IMPORT_FORMAT', 'Its lines end in CR alone'],
    ['mac-further.csv', `${FIELDS.join(',')},further\r${recordRow()},1`, 'IMPORT_FORMAT', 'Its lines end in CR alone'],
    ['mac-long.csv', `a,b\r${'1,2\r'.repeat(2_200_000)}`, 'IMPORT_FORMAT', 'Its lines end in CR alone'],
    ['control.csv', 'a,b\u0007,\u001B[31mred\n', 'IMPORT_FORMAT', 'not text, and of no format'],
    ['latin1.csv', Buffer.from('Größe,Preis\n', 'latin1'), 'IMPORT_ENCODING', 'save it as CSV in UTF-8'],
    ['book.xlsx', 'PK\u0003\u0004\u0014\u0000', 'IMPORT_FORMAT', 'as CSV'],
    ['book.csv', 'PK\u0003\u0004\u0014\u0000', 'IMPORT_FORMAT', 'as CSV'],
    ['damaged.csv.gz', Buffer.concat([Buffer.from('x'), gzipSync('ts_id')]), 'IMPORT_FILE_DAMAGED', 'not gzip'],
    ['damaged.ndjson.gz', Buffer.from([0x1f, 0, 0, 8]), 'IMPORT_FILE_DAMAGED', 'not gzip'],
    ['twice.csv.gz', gzipSync(gzipSync('ts_id')), 'IMPORT_FORMAT', 'packed twice'],
  ])('%s cannot be a table, and is told why without a byte that is no text', async (name, content, code, words) => {
    const error: unknown = await importText(name, content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string });
    expect((error as Error).message).not.toMatch(/[\p{Cc}\uFFFD]/u);
  });
});

describe('importing NDJSON', () => {
  const lines = ['{"ts_id":"1","a":"é"}', '', '{"ts_id":"2","n":1.0000000000000000001}', 'not json', '{"ts_id":"1"}'];

  it('hands lines on byte for byte, with their numbers', async () => {
    const { runtime, summary } = await importText('lines.ndjson', `\uFEFF${lines.join('\r\n')}\r\n`, {
      batchBytes: 30,
    });
    expect(runtime.records).toEqual([
      { line: 1, text: `${lines[0]}\r` },
      { line: 3, text: `${lines[2]}\r` },
      { line: 4, text: `${lines[3]}\r` },
      { line: 5, text: `${lines[4]}\r` },
    ]);
    expect(runtime.intakes.length).toBeGreaterThan(1);
    expect(runtime.intakes[0]?.origin).toBe('lines.ndjson');
    expect(summary).toMatchObject({ lines: 4, accepted: 3, duplicates: 1, quarantined: 0 });
  });

  it('unpacks gzip and zstd, and counts bytes as they are on disk', async () => {
    const text = lines.join('\n');
    for (const [name, packed] of [
      ['a.ndjson.gz', gzipSync(text)],
      ['b.jsonl.zst', zstdCompressSync(Buffer.from(text))],
      ['no-extension', gzipSync(text)],
    ] as const) {
      const progress: unknown[] = [];
      const { summary } = await importText(name, packed, { onProgress: (...told) => progress.push(told) });
      expect(summary).toMatchObject({ lines: 4, bytes: packed.length });
      expect(progress).toEqual([[packed.length, packed.length, 4]]);
    }
    await expect(importText('cut.ndjson.gz', gzipSync(text).subarray(0, 40))).rejects.toMatchObject({
      code: 'IMPORT_FILE_DAMAGED',
    });
  });

  it('reads zstd of several frames to its end, from a file and from standard input', async () => {
    const frames = ['1', '2'].map((id) => zstdCompressSync(Buffer.from(`{"ts_id":"${id}"}\n`)));
    const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
    const packed = Buffer.concat([skippable, ...frames.flatMap((frame) => [frame, skippable])]);
    expect((await importText('frames.ndjson.zst', packed)).summary).toMatchObject({ accepted: 2 });
    const runtime = new RecordingRuntime(plan);
    const stdin = Readable.from([packed], { objectMode: false });
    expect(await importFile({ path: '-', runtime, clock: new RecordingClock(), stdin })).toMatchObject({ accepted: 2 });
  });

  it('refuses zstd behind whose first frame is half of one, or none', async () => {
    const frame = zstdCompressSync(Buffer.from('{"ts_id":"1"}\n'));
    for (const rest of [frame.subarray(0, 9), frame.subarray(0, 2), Buffer.from('{"ts_id":"2"}\n')]) {
      const importing = importText('rest.ndjson.zst', Buffer.concat([frame, rest]));
      await expect(importing).rejects.toMatchObject({ code: 'IMPORT_FILE_DAMAGED' });
    }
  });

  it.each([
    ['cut.ndjson.gz', (records: readonly string[]) => records.map((record) => `${record}\n`)],
    [
      'cut.json.gz',
      (records: readonly string[]) => [`[${records[0]}`, ...records.slice(1).map((each) => `,\n${each}`)],
    ],
    ['cut.csv.gz', (records: readonly string[]) => [`${FIELDS.join(',')}\n`, ...records.map(() => `${recordRow()}\n`)]],
  ])('counts what is before the damage, wherever that is: %s', async (name, partsOf) => {
    for (const count of [3, 40, 3_000]) {
      const records = Array.from({ length: count }, (_, index) => `{"ts_id":"${index}"}`);
      const packed = gzipSync(`${partsOf(records).join('')}{"torn":`);
      const runtime = new RecordingRuntime(plan);
      await writeFile(join(folder, name), packed.subarray(0, -8));
      const importing = importFile({ path: join(folder, name), runtime, clock: new RecordingClock() });
      await expect(importing).rejects.toMatchObject({ code: 'IMPORT_FILE_DAMAGED' });
      expect([runtime.records.length, runtime.unreadable]).toEqual([count, []]);
    }
  });

  it('says of zstd with too large a window what it is and what to do', async () => {
    // A frame that says 256 MiB, and has a block of 14 bytes as they are.
    const frame = Buffer.concat([Buffer.from('28b52ffd0090710000', 'hex'), Buffer.from('{"ts_id":"1"}\n')]);
    const importing = importText('long.ndjson.zst', frame);
    await expect(importing).rejects.toMatchObject({ code: 'IMPORT_FORMAT' });
    await expect(importing).rejects.toThrow(
      /window.* 128 MiB.*zstd -dc --long=31 long\.ndjson\.zst \| daybook import -/,
    );
  });

  it('takes padding behind gzip, and refuses more behind that', async () => {
    const member = gzipSync('{"ts_id":"1"}\n');
    const padded = await importText('padded.ndjson.gz', Buffer.concat([member, member, Buffer.alloc(512)]));
    expect(padded.summary).toMatchObject({ accepted: 1, duplicates: 1 });
    const importing = importText('more.ndjson.gz', Buffer.concat([member, Buffer.alloc(1), member]));
    await expect(importing).rejects.toMatchObject({ code: 'IMPORT_FILE_DAMAGED' });
  });

  it('takes an array, and printed objects, for what they are', async () => {
    const records = [{ ts_id: '1', n: 1 }, { ts_id: '2' }];
    const array = await importText('array.ndjson', JSON.stringify(records));
    const printed = await importText('printed.json', JSON.stringify(records[0], null, 2));
    expect(parsed(array)).toEqual(records);
    expect(parsed(printed)).toEqual([records[0]]);
  });

  it('takes an array and a printed object for what they are behind a byte order mark', async () => {
    const records = [{ ts_id: '1', n: 1 }, { ts_id: '2' }];
    for (const [index, name] of ['marked.json', 'marked.ndjson', 'marked'].entries()) {
      for (const space of ['', ' \r\n\t']) {
        const array = await importText(name, `\uFEFF${space}${JSON.stringify(records, null, index)}`);
        expect(parsed(array)).toEqual(records);
        const printed = await importText(name, `\uFEFF${space}${JSON.stringify(records[0], null, 2)}`);
        expect(parsed(printed)).toEqual([records[0]]);
      }
    }
    const runtime = new RecordingRuntime(plan);
    const stdin = Readable.from([Buffer.from(`\uFEFF${JSON.stringify(records)}`)], { objectMode: false });
    expect(await importFile({ path: '-', runtime, clock: new RecordingClock(), stdin })).toMatchObject({ accepted: 2 });
  });

  it('takes a record that is torn behind its first brace for a line, and a printed one for what it is', async () => {
    const torn = '{\n{"ts_id":"1"}\r\n{"ts_id":"2"}\n';
    for (const name of ['torn.ndjson', 'torn.jsonl', 'torn']) {
      const { runtime } = await importText(name, torn);
      expect(runtime.records.map(({ text }) => text.trimEnd())).toEqual(['{', '{"ts_id":"1"}', '{"ts_id":"2"}']);
    }
    for (const printed of ['{\n  "ts_id": "1"\n}\n{}', '{ \r\n\r\n\t"ts_id": "1" }', '{\n}', '{\n']) {
      const { runtime } = await importText('printed.ndjson', printed);
      expect(runtime.intakes).toHaveLength(1);
      expect(runtime.records.map(({ text }) => text)).not.toContain('{');
    }
  });

  it('sees the format from the content where the name does not tell', async () => {
    expect((await importText('a.txt', '{"ts_id":"1"}\n')).summary.accepted).toBe(1);
    expect((await importText('b.txt', `${FIELDS.join(',')}\n${recordRow()}`)).summary.accepted).toBe(1);
    expect((await importText('c', '[{"ts_id":"1"}]')).summary.accepted).toBe(1);
    expect(
      (await importText('d.ndjson', `${FIELDS.join(',')}\n${recordRow()}`, { format: 'csv' })).summary.accepted,
    ).toBe(1);
  });

  it('sees a table under a name of JSON, and takes a broken first line for no table', async () => {
    const table = `\uFEFF${FIELDS.join(',')}\r\n${recordRow()}`;
    expect((await importText('table.ndjson', table)).summary).toMatchObject({ accepted: 1, quarantined: 0 });
    const orders = `${SUPERSTORE_HEADER.replace('sub_category', 'Sub-Category')}\r\n`;
    expect((await importText('orders.json', orders)).summary.lines).toBe(0);
    await expect(importText('two.json', 'ts_id,ts\n1,2\n')).rejects.toMatchObject({ code: 'IMPORT_COLUMNS' });
    const { runtime } = await importText('lines.ndjson', 'half of it, then nothing\n{"ts_id":"1"}\n');
    expect(runtime.records.map(({ text }) => text)).toEqual(['half of it, then nothing', '{"ts_id":"1"}']);
  });

  it('reads standard input', async () => {
    const runtime = new RecordingRuntime(plan);
    const stdin = Readable.from([gzipSync('{"ts_id":"1"}\n{"ts_id":"2"}')], { objectMode: false });
    const summary = await importFile({ path: '-', runtime, clock: new RecordingClock(), stdin });
    expect(summary).toMatchObject({ lines: 2, accepted: 2 });
    expect(runtime.intakes[0]?.origin).toBe('stdin');
  });
});

describe('what can be wrong with a file', () => {
  it('is said by code', async () => {
    const runtime = new RecordingRuntime(plan);
    const clock = new RecordingClock();
    const importPath = (path: string): Promise<ImportSummary> => importFile({ path, runtime, clock });
    await expect(importPath(join(folder, 'nowhere.csv'))).rejects.toMatchObject({ code: 'IMPORT_FILE_MISSING' });
    await expect(importPath(folder)).rejects.toMatchObject({ code: 'IMPORT_FILE_UNREADABLE' });
    await expect(importText('utf16.csv', Buffer.from('\uFEFFts_id', 'utf16le'))).rejects.toMatchObject({
      code: 'IMPORT_ENCODING',
    });
    await expect(importText('no.parquet', 'this is no Parquet file')).rejects.toMatchObject({
      code: 'IMPORT_FILE_DAMAGED',
    });
  });

  it('is not its import being stopped: that says how far it came, and is undone by importing again', async () => {
    const stop = new AbortController();
    const runtime = new RecordingRuntime(plan);
    const waiting = new Readable({ read: () => undefined });
    waiting.push('{"ts_id":"1"}\n{"ts_id":"2"}\n'.padEnd(5000, '\n'));
    const importing = importFile({
      path: '-',
      runtime,
      clock: new RecordingClock(),
      stdin: waiting,
      batchBytes: 100,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(importing).rejects.toMatchObject({ code: 'IMPORT_STOPPED', details: { summary: { accepted: 2 } } });
  });

  it('does not keep an import that waits for its first bytes from being stopped', async () => {
    const stop = new AbortController();
    const stdin = new Readable({
      read: () => {
        stop.abort();
      },
    });
    const runtime = new RecordingRuntime(plan);
    const importing = importFile({ path: '-', runtime, clock: new RecordingClock(), stdin, signal: stop.signal });
    await expect(importing).rejects.toMatchObject({ code: 'IMPORT_STOPPED' });
  });
});
