import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  count,
  countDistinct,
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  number,
  sum,
  text,
  timestamp,
  uuid,
} from '../../daybook.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Row } from '../../ports/rows.ts';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import type { Comparison, Slice } from './verifier.ts';
import { Verifier } from './verifier.ts';

const sales = defineStream({
  name: 'sales',
  timeZone: 'Europe/Paris',
  currency: 'EUR',
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  fields: {
    id: uuid(),
    at: timestamp(),
    day: date(),
    shop: text({ nullable: true }),
    amount: decimal({ quoted: true }),
    pieces: integer(),
    shelf: number({ nullable: true }),
  },
});
const plan = makePlan(
  defineDaybook({
    stream: sales,
    reports: [
      defineReport(sales, {
        name: 'takings',
        dimensions: ['day', 'shop', 'shelf'],
        measures: { records: count(), total: sum('amount'), items: sum('pieces'), shelves: countDistinct('shelf') },
      }),
    ],
    dashboard: defineDashboard({ title: 'Sales', tiles: [] }),
  }),
);
const [report] = plan.reports as readonly [(typeof plan.reports)[number]];
const ALL: Slice = { from: undefined, to: undefined, records: 1_000_000 };

/** An accepted record; the members are JSON, those named replace the usual ones. */
function line(id: number, members: Readonly<Record<string, string>> = {}): string {
  const all = {
    id: `"00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}"`,
    at: '"2026-03-04 10:00:00"',
    day: '"2026-03-04"',
    shop: '"A"',
    amount: '1.5',
    pieces: '2',
    shelf: '0.5',
    ...members,
  };
  return `{${Object.entries(all)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`;
}

function row(cells: Row): Row {
  return { day: '2026-03-04', shop: 'A', shelf: 0.5, records: 1, total: 1_500_000n, items: 2, shelves: 1, ...cells };
}

/** Compares rows of an engine with records. */
async function compare(
  lines: readonly string[],
  rows: readonly Row[],
  slices: readonly Slice[] = [ALL],
): Promise<readonly Comparison[]> {
  await using folder = await temporaryFolder();
  await using verifier = await Verifier.open(plan, folder.path);
  for (const slice of slices) await verifier.keep(report, slice, rows);
  await verifier.add(Buffer.from(lines.map((each) => `${each}\n`).join('')));
  await verifier.endRecords();
  const comparisons: Comparison[] = [];
  for await (const { comparison } of verifier.compare(10)) comparisons.push(comparison);
  expect(verifier.records).toBe(lines.length);
  expect((await readdir(folder.path)).filter((name) => name.endsWith('.ndjson'))).toEqual([]);
  return comparisons;
}

it('records of another folder are not taken in, whatever its own is called', async () => {
  await using folder = await temporaryFolder();
  const [own, other] = [join(folder.path, 'work *'), join(folder.path, 'work 1')];
  for (const path of [own, other]) await mkdir(path);
  await writeFile(join(other, 'records-0.ndjson'), `{"#":"7",${line(7, { shop: '"Z"' }).slice(1)}\n`);
  await using verifier = await Verifier.open(plan, own);
  await verifier.keep(report, { ...ALL, records: 10 }, []);
  await verifier.add(Buffer.from(`${line(1)}\n`));
  await verifier.endRecords();
  for await (const { comparison } of verifier.compare(10)) expect(comparison.differences).toHaveLength(1);
  expect(verifier.records).toBe(1);
});

describe('rows that the records give', () => {
  it.each([
    ['plain', line(1), {}],
    ['with more digits than a float has', line(1, { amount: '0.12345650000000000000001' }), { total: 123_457n }],
    ['at just a half', line(1, { amount: '"0.1234565"' }), { total: 123_456n }],
    ['with exponents', line(1, { amount: '-12.5e-1', pieces: '3e2' }), { total: -1_250_000n, items: 300 }],
    ['with white space', line(1).replaceAll('":', '" :\t').replace(/$/, ' \r'), {}],
    [
      'with escaped names and texts',
      line(1, { shop: '"\\u0041\\u0000\\ud83d\\ude00"' }).replace('pieces', '\\u0070ieces'),
      { shop: 'A\u0000😀' },
    ],
    ['with a member given twice: the last one counts', line(1).replace('{', '{"amount":7,'), {}],
    ['with half a surrogate pair in a member of no concern', line(1, { note: '"\\ud800"' }), {}],
    ['with members of other case, and of our own name', line(1, { AMOUNT: '9', '#': '"5"', Day: '"x"' }), {}],
    ['with nested members of the same names', line(1, { more: '{"amount":[1,{"id":2}]}' }), {}],
    ['with nulls', line(1, { shop: 'null', shelf: 'null' }), { shop: null, shelf: null, shelves: 0 }],
    ['with a text that says null', line(1, { shop: '"null"' }), { shop: 'null' }],
    ['with a negative zero', line(1, { shelf: '-0.0' }), { shelf: 0 }],
    ['with a float at its limits', line(1, { shelf: '-4.9e-324' }), { shelf: -5e-324 }],
    ['without a business date', line(1, { day: 'null', at: '"2026-03-03T23:00:00.5Z"' }), {}],
  ])('agree with the engine’s: %s', async (_what, record, cells) => {
    expect(await compare([record], [row(cells)])).toEqual([{ rows: 1, differing: 0, differences: [] }]);
  });

  it('agree with the engine’s sums beyond what a float holds', async () => {
    const lines = [line(1, { pieces: '9007199254740991' }), line(2, { pieces: '2' })];
    const sums = row({ records: 2, total: 3_000_000n, items: 9_007_199_254_740_993_000_000n });
    expect(await compare(lines, [sums])).toEqual([{ rows: 1, differing: 0, differences: [] }]);
  });

  it('count the first of records with one primary key, upper and lower case alike', async () => {
    const repeat = line(0, { id: '"00000000-0000-4000-8000-0000000000AB"', amount: '9', shop: '"B"' });
    expect(await compare([line(0xab), line(2), repeat], [row({ records: 2, total: 3_000_000n, items: 4 })])).toEqual([
      { rows: 1, differing: 0, differences: [] },
    ]);
  });

  it('are of so many records and of such days as the slice says', async () => {
    const lines = [line(1), line(2, { day: '"2026-03-05"' }), line(3)];
    const slices: readonly Slice[] = [
      { ...ALL, records: 1 },
      { ...ALL, records: 2, to: '2026-03-04' },
      { ...ALL, from: '2026-03-05' },
      { ...ALL, to: '2026-03-04' },
    ];
    expect((await compare(lines, [row({})], slices)).map(({ rows, differing }) => [rows, differing])).toEqual([
      [1, 0],
      [1, 0],
      [2, 2],
      [1, 1],
    ]);
  });
});

describe('a difference', () => {
  it('is given with both rows, decimals with their point', async () => {
    expect(await compare([line(1, { shelf: 'null' })], [row({ shelf: null, shelves: 0, total: 1_500_001n })])).toEqual([
      {
        rows: 1,
        differing: 1,
        differences: [
          {
            engine: expect.objectContaining({ shelf: null, total: '1.500001', items: '2' }) as unknown,
            records: expect.objectContaining({ shelf: null, total: '1.5', items: '2' }) as unknown,
          },
        ],
      },
    ]);
  });

  it('is also a row that only one of them has', async () => {
    const [comparison] = await compare([line(1, { shop: '"B"' })], [row({})]);
    expect(comparison).toMatchObject({ rows: 2, differing: 2 });
    expect(comparison?.differences.map(({ engine, records }) => [engine?.['shop'], records?.['shop']])).toEqual([
      ['A', undefined],
      [undefined, 'B'],
    ]);
  });

  it('is also a value that only a broken engine can have', async () => {
    const [comparison] = await compare([line(1)], [row({ items: 2.5, total: null })]);
    expect(comparison?.differences[0]?.engine).toMatchObject({ items: '2.5', total: null });
  });
});

describe('records that cannot be read', () => {
  it('are an error that says so', async () => {
    await expect(compare([line(1, { amount: '"much"' })], [])).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
    await expect(compare(['{"id":'], [])).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
  });
});
