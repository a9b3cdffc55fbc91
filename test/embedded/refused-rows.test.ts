import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook as definition } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { QuarantineEntry, Runtime } from '../../src/ports/runtime.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openRemote } from '../../src/runtimes/remote.ts';
import type { ImportSummary } from '../../src/sources/files/import-file.ts';
import { importFile } from '../../src/sources/files/import-file.ts';
import { FaultyDisk } from '../disk/faulty-disk.ts';
import { wholeQuarantine } from '../intake/whole-quarantine.ts';
import { temporaryFolder } from '../process/daybook-process.ts';
import { serveEmbedded } from '../server/serve-embedded.ts';

const clock = machineClock();
const plan = makePlan(definition);

/** What is in the quarantine of a row: the row, why, and a part of the record that was made of it. */
interface Kept {
  readonly line: number;
  readonly row: string;
  readonly why: Partial<QuarantineEntry>;
  readonly converted?: object;
}

interface Table {
  readonly name: string;
  readonly file: (path: string) => Promise<void>;
  readonly summary: Partial<ImportSummary>;
  readonly kept: readonly Kept[];
}

const ID = '00000000-0000-4000-8000-00000000000';
const NAMES = 'C1,Ann Bell,Consumer,United States,Orléans,Furniture,Chairs';

/** A row with the record's columns, and two more between and behind them. */
function saleRow(id: number, price: string, note: string, product = 'Stool 😀'): string {
  return `${ID}${id},2026-03-04 10:00:00,2026-03-04,${note},${NAMES},${product},${price},2,0.5,10,2,,,x`;
}

const SALES_HEADER =
  'ts_id,ts,ts_date,note,customer_id,customer_name,segment,country,city,category,sub_category,product_name,price,quantity,' +
  'discount,revenue,profit,latitude,longitude,further';
const LONG = `"a cell of\r\ntwo lines, ${'and ""long"" '.repeat(30_000)}"`;
const SALES_ROWS = [
  saleRow(1, '5', 'a good one'),
  saleRow(2, 'much', LONG),
  saleRow(3, '-1', 'é', `"Shelf 36"" wide,\noak"`),
  'too,few',
  saleRow(3, '-1', 'another note', `"Shelf 36"" wide,\noak"`),
  saleRow(4, '6', LONG),
  saleRow(2, 'much', LONG),
  saleRow(5, '', ''),
];

const priceless = { code: 'WRONG_TYPE', field: 'price' } as const;
const negative = { code: 'NUMBER_OUT_OF_RANGE', field: 'price' } as const;

const sales: Table = {
  name: 'sales.csv',
  file: (path) => writeFile(path, [SALES_HEADER, ...SALES_ROWS].join('\r\n')),
  summary: { lines: 8, accepted: 2, duplicates: 0, quarantined: 6 },
  // The same row twice is one entry; rows that differ in a cell that no record has are two.
  kept: [
    { line: 3, row: saleRow(2, 'much', LONG), why: priceless, converted: { ts_id: `${ID}2`, price: 'much' } },
    {
      line: 5,
      row: SALES_ROWS[2] ?? '',
      why: negative,
      converted: { ts_id: `${ID}3`, price: -1, city: 'Orléans', product_name: 'Shelf 36" wide,\noak' },
    },
    { line: 7, row: 'too,few', why: { code: 'CANNOT_BE_CONVERTED' } },
    { line: 8, row: SALES_ROWS[4] ?? '', why: negative, converted: { ts_id: `${ID}3` } },
    { line: 14, row: SALES_ROWS[7] ?? '', why: priceless, converted: { ts_id: `${ID}5`, price: '' } },
  ],
};

const ORDER_HEADER =
  'Row ID,Order ID,Order Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Category,Sub-Category,' +
  'Product Name,Sales,Quantity,Discount,Profit';
const orderLine = (row: number, date: string, quantity: string): string =>
  `${row},CA-2019-${row},${date},First Class,C1,Ann Bell,Consumer,United States,Seattle,Washington,Furniture,Chairs,` +
  `"Stool, plain",10.50,${quantity},0.2,1`;

const orders: Table = {
  name: 'orders.csv',
  file: (path) =>
    writeFile(
      path,
      [
        ORDER_HEADER,
        orderLine(1, '3/9/2019', '2'),
        orderLine(2, '3/9/2999', '2'),
        orderLine(3, '3/9/2019', '-2'),
        '',
      ].join('\n'),
    ),
  summary: { lines: 3, accepted: 1, duplicates: 0, quarantined: 2 },
  kept: [
    {
      line: 3,
      row: orderLine(2, '3/9/2999', '2'),
      why: { code: 'DATE_IN_THE_FUTURE' },
      converted: { ts_date: '2999-03-09', revenue: 10.5 },
    },
    {
      line: 4,
      row: orderLine(3, '3/9/2019', '-2'),
      why: { code: 'NUMBER_OUT_OF_RANGE' },
      converted: { ts_date: '2019-03-09', quantity: -2 },
    },
  ],
};

/** As DuckDB prints its cells. */
const parquetRow = (id: number, profit: string): string =>
  JSON.stringify({
    ts_id: `${ID}${id}`,
    ts: '2026-03-04 10:00:00',
    note: `note ${id}`,
    customer_id: 'C1',
    customer_name: 'Ann Bell',
    segment: 'Consumer',
    country: 'United States',
    city: 'Orléans',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: 'Stool',
    price: '5.00',
    quantity: String(id),
    discount: '0.5',
    revenue: '10.0',
    profit,
    latitude: null,
    longitude: null,
    tags: '[a, b]',
    nothing: null,
  });

const parquet: Table = {
  name: 'sales.parquet',
  file: async (path) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT '${ID}' || i AS ts_id, TIMESTAMP '2026-03-04 10:00:00' AS ts, 'note ' || i AS note,
      'C1' AS customer_id, 'Ann Bell' AS customer_name, 'Consumer' AS segment, 'United States' AS country,
      'Orléans' AS city, 'Furniture' AS category, 'Chairs' AS sub_category, 'Stool' AS product_name,
      5::DECIMAL(4,2) AS price, i AS quantity, '0.5' AS discount, 10::DOUBLE AS revenue,
      CASE WHEN i > 1 THEN 'nan'::DOUBLE ELSE 2.5 END AS profit, NULL::DOUBLE AS latitude,
      NULL::DOUBLE AS longitude, ['a', 'b'] AS tags, NULL AS nothing
      FROM range(0, 4) rows(i)) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
  },
  summary: { lines: 4, accepted: 1, duplicates: 0, quarantined: 3 },
  kept: [
    { line: 1, row: parquetRow(0, '2.5'), why: { code: 'NUMBER_OUT_OF_RANGE' }, converted: { quantity: 0 } },
    { line: 3, row: parquetRow(2, 'nan'), why: { code: 'WRONG_TYPE' }, converted: { profit: 'nan' } },
    { line: 4, row: parquetRow(3, 'nan'), why: { code: 'WRONG_TYPE' }, converted: { profit: 'nan' } },
  ],
};

const TABLES = [sales, orders, parquet];

let folder: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const { name, file } of TABLES) await file(join(folder.path, name));
});

afterAll(() => folder[Symbol.asyncDispose]());

/** One batch at a time: of two that are on their way together either may come first, and of equal rows the first one's line is kept. */
async function importInto(runtime: Pick<Runtime, 'plan' | 'accept'>, name: string): Promise<ImportSummary> {
  return importFile({ path: join(folder.path, name), runtime, clock, batchBytes: 1000, bytesInFlightMax: 1 });
}

async function expectKept(runtime: Pick<Runtime, 'quarantine'>, { name, kept }: Table): Promise<void> {
  const entries = (await wholeQuarantine(runtime)).toSorted((a, b) => a.line - b.line);
  expect(entries.map(({ line, record }) => ({ line, record }))).toEqual(
    kept.map(({ line, row }) => ({ line, record: row })),
  );
  for (const [index, { converted, ...entry }] of entries.entries()) {
    expect(entry).toMatchObject({ origin: name, encoding: 'utf8', ...kept[index]?.why });
    const wanted = kept[index]?.converted;
    if (wanted === undefined) expect(converted).toBeUndefined();
    else expect(JSON.parse(converted ?? '')).toMatchObject(wanted);
  }
}

describe.each(TABLES)("a row of $name that is refused by the stream's rules", (table) => {
  it('is in the quarantine as it stands in the file, with the record that was made of it', async () => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock });
    expect(await importInto(engine, table.name)).toMatchObject(table.summary);
    await expectKept(engine, table);
    await engine.close();
    const again = await openEmbedded({ plan, disk: disk.restart(), clock });
    await importInto(again, table.name);
    await expectKept(again, table);
    await again.close();
  });

  it('is so through a Daybook that runs, too', async () => {
    await using served = await serveEmbedded();
    const remote = openRemote(plan, served.server.url);
    expect(await importInto(remote, table.name)).toMatchObject(table.summary);
    await expectKept(served.runtime, table);
    await importInto(remote, table.name);
    await importInto(served.runtime, table.name);
    await expectKept(remote, table);
  });
});
