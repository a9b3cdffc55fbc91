import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  count,
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
} from 'daybook';
import { daybook } from '../../daybook.config.ts';
import { plainSale as sale } from '../../test/sales/plain-sale.ts';
import { zone } from '../base/calendar.ts';
import { withSlack } from '../base/slack.ts';
import { makePlan } from '../plan/normalise.ts';
import type { CarefulRecord } from './careful.ts';
import { readCarefully } from './careful.ts';
import { makeDictionaries } from './dictionaries.ts';
import { keyHash } from './key-hash.ts';
import { LineReader } from './line-reader.ts';
import { ReadingColumns } from './reading-columns.ts';
import { fieldRoles } from './roles.ts';
import { Scanner } from './scanner.ts';
import { shapeOf } from './shape.ts';
import { TextDictionary } from './text-dictionary.ts';

const plan = makePlan(daybook);
const newYork = zone(plan.stream.timeZone);
const productField = plan.stream.fields.findIndex(({ name }) => name === 'product_name');
const revenueField = plan.stream.fields.findIndex(({ name }) => name === 'revenue');

function bytesOf(lines: readonly string[]): Uint8Array {
  return withSlack(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')));
}

describe('the line reader', () => {
  const roles = fieldRoles(plan);

  it('reads nothing before it has learned a shape, and every line of that shape then', () => {
    const reader = new LineReader(plan.stream, roles, makeDictionaries(plan));
    const line = JSON.stringify(sale);
    const bytes = bytesOf(Array.from({ length: 3000 }, () => line));
    const columns = new ReadingColumns(bytes, 1, roles);
    expect(reader.read(columns, 0, bytes.length)).toBe(0);
    reader.learn(shapeOf(line, plan.stream.fields) ?? expect.fail('a shape'));
    expect(reader.read(columns, 0, bytes.length)).toBe(bytes.length);
    expect(columns.count).toBe(3000);
    expect(columns.isPlain).toBe(true);
  });

  it('hashes keys as others do', () => {
    const reader = new LineReader(plan.stream, roles, makeDictionaries(plan));
    reader.learn(shapeOf(JSON.stringify(sale), plan.stream.fields) ?? expect.fail('a shape'));
    fc.assert(
      fc.property(fc.array(fc.uuid(), { minLength: 1, maxLength: 30 }), (ids) => {
        const bytes = bytesOf(ids.map((id) => JSON.stringify({ ...sale, ts_id: id })));
        const columns = new ReadingColumns(bytes, 1, roles);
        expect(reader.read(columns, 0, bytes.length)).toBe(bytes.length);
        expect([...columns.hashes.subarray(0, ids.length)]).toEqual(
          ids.map((_, row) => keyHash(columns.keys, row * 4)),
        );
      }),
    );
  });

  it('stops at a line of a shape that it does not know, and goes on behind it', () => {
    const reader = new LineReader(plan.stream, roles, makeDictionaries(plan));
    const line = JSON.stringify(sale);
    const other = JSON.stringify({ ...sale, extra: 1 });
    const bytes = bytesOf([line, other, line]);
    const columns = new ReadingColumns(bytes, 1, roles);
    reader.learn(shapeOf(line, plan.stream.fields) ?? expect.fail('a shape'));
    expect(reader.read(columns, 0, bytes.length)).toBe(line.length + 1);
    columns.line++;
    expect(reader.read(columns, line.length + other.length + 2, bytes.length)).toBe(bytes.length);
    expect([...columns.lines.subarray(0, 2)]).toEqual([1, 3]);
  });

  it('reads floats as JSON.parse does, but for -0', () => {
    const asValues = roles.map((role) => (role.field.name === 'latitude' ? { ...role, value: true } : role));
    const reader = new LineReader(plan.stream, asValues, makeDictionaries(plan));
    reader.learn(shapeOf(JSON.stringify(sale), plan.stream.fields) ?? expect.fail('a shape'));
    const texts = [
      '1',
      '-2.5',
      '0.1',
      '12.345678901234',
      '-0',
      '-0.0',
      '-0.00000000000000000',
      '89.999999999999999999',
    ];
    const lines = texts.map((text) =>
      JSON.stringify({ ...sale, latitude: 0 }).replace('"latitude":0', `"latitude":${text}`),
    );
    const bytes = bytesOf(lines);
    const columns = new ReadingColumns(bytes, 1, asValues);
    expect(reader.read(columns, 0, bytes.length)).toBe(bytes.length);
    const { index } = plan.stream.fields.find(({ name }) => name === 'latitude') ?? expect.fail('a latitude');
    expect([...(columns.values[index] ?? [])].slice(0, texts.length)).toEqual(texts.map((text) => Number(text) + 0));
  });

  it('reads texts rightly also when there are more than it remembers', () => {
    const dictionaries = makeDictionaries(plan);
    const reader = new LineReader(plan.stream, roles, dictionaries);
    reader.learn(shapeOf(JSON.stringify(sale), plan.stream.fields) ?? expect.fail('a shape'));
    const nameOf = (number: number): string => `${'long '.repeat(48)}${number}`;
    const line = JSON.stringify(sale).split(sale.product_name);
    const read = (from: number): readonly (string | null)[] => {
      const numbers = Array.from({ length: 10_000 }, (_, at) => from + at);
      const bytes = bytesOf(numbers.map((number) => line.join(nameOf(number))));
      const columns = new ReadingColumns(bytes, 1, roles);
      expect(reader.read(columns, 0, bytes.length)).toBe(bytes.length);
      const names = dictionaries[productField] as TextDictionary;
      return [...(columns.ids[productField] ?? [])].slice(0, columns.count).map((id) => names.text(id));
    };
    for (let from = 0; from < 80_000; from += 10_000) {
      const names = read(from);
      expect([names[0], names[9999]]).toEqual([nameOf(from), nameOf(from + 9999)]);
    }
    expect(read(0).every((name, at) => name === nameOf(at))).toBe(true);
    expect(read(70_000).every((name, at) => name === nameOf(70_000 + at))).toBe(true);
  });

  it('tells texts apart that differ in one byte, wherever it is, also when it has seen all of them', () => {
    const dictionaries = makeDictionaries(plan);
    const reader = new LineReader(plan.stream, roles, dictionaries);
    reader.learn(shapeOf(JSON.stringify(sale), plan.stream.fields) ?? expect.fail('a shape'));
    const names = Array.from({ length: 270 }, (_, length) => 'x'.repeat(length)).flatMap((name) => {
      const places = Array.from(name, (_x, at) => at).filter((at) => at < 80 || at % 16 < 2 || at === name.length - 1);
      return [name, ...places.map((at) => `${name.slice(0, at)}y${name.slice(at + 1)}`)];
    });
    const line = JSON.stringify(sale).split(sale.product_name);
    for (let round = 0; round < 3; round++) {
      const bytes = bytesOf(names.map((name) => line.join(name)));
      const columns = new ReadingColumns(bytes, 1, roles);
      expect(reader.read(columns, 0, bytes.length)).toBe(bytes.length);
      const products = dictionaries[productField] as TextDictionary;
      expect(products.size).toBe(names.length);
      expect([...(columns.ids[productField] ?? [])].slice(0, columns.count).map((id) => products.text(id))).toEqual(
        names,
      );
    }
  });

  it('leaves a line that is longer than what it looks at at once', () => {
    const reader = new LineReader(plan.stream, roles, makeDictionaries(plan));
    const line = JSON.stringify(sale);
    reader.learn(shapeOf(line, plan.stream.fields) ?? expect.fail('a shape'));
    const bytes = bytesOf([line, JSON.stringify({ ...sale, city: 'x'.repeat(300_000) }), line]);
    const columns = new ReadingColumns(bytes, 1, roles);
    expect(reader.read(columns, 0, bytes.length)).toBe(line.length + 1);
  });
});

const orders = defineStream({
  name: 'orders',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  businessDayEndsAtHour: 4,
  fields: {
    id: uuid(),
    at: timestamp(),
    day: date(),
    shop: text({ nullable: true }),
    note: text({ nullable: true, maxLength: 12 }),
    amount: decimal(),
    fee: decimal({ nullable: true, quoted: true }),
    pieces: integer({ min: 0 }),
    weight: number({ nullable: true }),
  },
});

describe('records that are written in other ways than the first one', () => {
  const byAll = defineReport(orders, {
    name: 'by_all',
    dimensions: ['day', 'shop', 'fee', 'weight'],
    measures: { orders: count(), amount: sum('amount'), pieces: sum('pieces') },
  });
  const noTiles = defineDashboard({ title: 'None', tiles: [] });
  const { stream, reports } = makePlan(defineDaybook({ stream: orders, reports: [byAll], dashboard: noTiles }));
  const roles = fieldRoles({ ...plan, stream, reports });
  const berlin = zone(stream.timeZone);
  const order = {
    id: '"0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5"',
    at: '"2026-03-04 10:11:12"',
    day: '"2026-03-04"',
    shop: '"North"',
    note: '"x"',
    amount: '12.5',
    fee: '"1.5"',
    pieces: '2',
    weight: '0.25',
  };
  const lineOf = (members: Readonly<Record<string, string>>): string =>
    `{${Object.entries({ ...order, ...members })
      .map(([name, value]) => `"${name}":${value}`)
      .join(',')}}`;

  /** Asserts that all lines are read without the careful reader, and that it would say the same of them. */
  function expectRead(learned: readonly string[], lines: readonly string[]): void {
    const dictionaries = makeDictionaries({ ...plan, stream, reports });
    const reader = new LineReader(stream, roles, dictionaries);
    for (const line of learned) reader.learn(shapeOf(line, stream.fields) ?? expect.fail('a shape'));
    const bytes = bytesOf(lines);
    const columns = new ReadingColumns(bytes, 1, roles);
    while (columns.capacity < lines.length) columns.grow();
    const stop = reader.read(columns, 0, bytes.length);
    expect(lines[columns.count]).toBeUndefined();
    expect(stop).toBe(bytes.length);
    lines.forEach((line, row) => {
      const careful = readCarefully(Buffer.from(line), stream, berlin) as CarefulRecord;
      expect([line, columns.days[row]]).toEqual([line, careful.businessDay]);
      for (const { index } of stream.fields) {
        const wanted = careful.values[index] ?? null;
        const id = columns.ids[index]?.[row];
        const dictionary = dictionaries[index];
        const found = dictionary instanceof TextDictionary ? dictionary.text(id ?? -1) : dictionary?.value(id ?? -1);
        if (id !== undefined) expect([line, found]).toEqual([line, wanted]);
        const value = columns.values[index]?.[row];
        if (value !== undefined) expect([line, value]).toEqual([line, wanted ?? NaN]);
      }
    });
  }

  it.each([
    ['a value', {}],
    ['null', { day: 'null', shop: 'null', note: 'null', fee: 'null', weight: 'null' }],
  ])('are read with null and with values where the first one had %s', (_, first) => {
    const ways: readonly Readonly<Record<string, string>>[] = [
      {},
      { shop: 'null' },
      { note: 'null', fee: 'null' },
      { fee: '"2.5"', weight: 'null' },
      { day: 'null', shop: '"null"', fee: '"-0.5"' },
      { day: 'null', shop: 'null', note: 'null', fee: 'null', weight: 'null' },
      { shop: String.raw`"\"North\""`, note: '"é"' },
    ];
    expectRead([lineOf(first)], ways.map(lineOf));
  });

  it('are read whatever ISO 8601 lets moments be written like, in summer and in winter', () => {
    const moments = [
      '2026-03-04',
      '2026-07-01',
      '2026-03-29',
      '2026-10-25',
      '1970-01-01',
      '1969-12-31',
      '1893-04-01',
      '0001-01-03',
    ]
      .flatMap((day) =>
        ['00:00:00', '00:59:59', '01:00:00', '03:59:59', '22:30:00', '23:59:59'].map((time) => [day, time] as const),
      )
      .flatMap(([day, time]) =>
        [
          '',
          '.5',
          '.123456789',
          'Z',
          'z',
          '.999Z',
          '+00:00',
          '-05:00',
          '+05:45',
          '+0545',
          '-23:59',
          '.000001+23:59',
        ].map((rest, at) => `"${day}${['T', ' ', 't'][at % 3]}${time}${rest}"`),
      );
    expectRead(
      [lineOf({})],
      moments.map((at) => lineOf({ at, day: 'null' })),
    );
  });

  it('are read whatever JSON lets numbers be written like', () => {
    const decimals = [
      '1e3',
      '1.25E-2',
      '-0.0e0',
      '1234567890.123456',
      '0.1234565',
      '12345678901234567e-10',
      '-9007199254.740991',
    ];
    const integers = ['2.0', '20e-1', '1e3', '0.0', '1234567890123', '9007199254740991'];
    const numbers = ['1e-7', '0.30000000000000004', '1e300', '-0.0'];
    expectRead(
      [lineOf({}), lineOf({ fee: '1.5' })],
      [
        ...decimals.flatMap((amount) => [lineOf({ amount }), lineOf({ fee: amount }), lineOf({ fee: `"${amount}"` })]),
        ...integers.map((pieces) => lineOf({ pieces })),
        ...numbers.map((weight) => lineOf({ weight })),
      ],
    );
  });

  it('are read with texts that nobody wants, escaped as producers do', () => {
    const notes = [String.raw`"\u00e9\/\n"`, String.raw`"\ud83d\uDE00"`, String.raw`"\"\\é\""`];
    expectRead(
      [lineOf({})],
      notes.map((note) => lineOf({ note })),
    );
  });

  it('are read with members that the definition does not know, whatever stands in them', () => {
    const values = [
      'null',
      'true',
      'false',
      '-1.5e-7',
      '"a text"',
      String.raw`"\u00e9 \" é"`,
      '[]',
      '{}',
      '[ 1, "]" ,[true,{"a": null}] ]',
      '{"id":"}", "b" : {"c":[{}]}}',
    ];
    expectRead(
      [lineOf({ till: '1' })],
      values.map((till) => lineOf({ till })),
    );
  });
});

describe('what the line reader has learned', () => {
  const newReader = (): LineReader => new LineReader(plan.stream, fieldRoles(plan), makeDictionaries(plan));
  /** A sale's line with so many spaces at its beginning: another shape for each number. */
  const laidOut = (spaces: number): string => JSON.stringify(sale).replace('{', `{${' '.repeat(spaces)}`);
  const teach = (reader: LineReader, line: string): void => {
    if (reader.wantsShape()) reader.learn(shapeOf(line, plan.stream.fields) ?? expect.fail('a shape'));
  };
  const reads = (reader: LineReader, line: string): boolean => {
    const bytes = bytesOf([line]);
    return reader.read(new ReadingColumns(bytes, 1, fieldRoles(plan)), 0, bytes.length) === bytes.length;
  };

  it('is added to also after very many records that taught nothing, though it looks at few of them', () => {
    const reader = newReader();
    teach(reader, laidOut(0));
    const looks = Array.from({ length: 1_000_000 }, () => reader.wantsShape()).filter(Boolean).length;
    expect(looks).toBeLessThan(20_000);
    for (let line = 0; line < 100; line++) teach(reader, laidOut(1));
    expect([reads(reader, laidOut(0)), reads(reader, laidOut(1))]).toEqual([true, true]);
  });

  it('gives way when records have come to look otherwise', () => {
    const reader = newReader();
    for (let shape = 0; shape < 16; shape++) teach(reader, laidOut(shape));
    for (let line = 0; line < 5000; line++) teach(reader, laidOut(16));
    expect([reads(reader, laidOut(0)), reads(reader, laidOut(16))]).toEqual([true, false]);
    for (let line = 0; line < 6000; line++) teach(reader, laidOut(16));
    expect([reads(reader, laidOut(0)), reads(reader, laidOut(16))]).toEqual([false, true]);
    for (let shape = 0; shape < 15; shape++) teach(reader, laidOut(shape));
    expect(reads(reader, laidOut(14))).toBe(true);
  });
});

it('a large batch of many texts, with unusual lines between, is what the careful reader makes of each line', () => {
  const lines = Array.from({ length: 12_000 }, (_, at) => {
    const record = { ...sale, product_name: `Chair ${at % 9000} "${'of oak '.repeat(at % 9)}"`, revenue: at / 100 };
    if (at % 100 === 7) return JSON.stringify(record).replace(/"revenue":[0-9.]+/, `"revenue":${at}e-2`);
    return at % 1000 === 8 ? '{"ts_id":' : JSON.stringify(record);
  });
  const dictionaries = makeDictionaries(plan);
  const { columns, refused } = new Scanner(plan, dictionaries).scan(bytesOf(lines), 1);
  const products = dictionaries[productField] as TextDictionary;
  let row = 0;
  lines.forEach((line, at) => {
    const careful = readCarefully(new TextEncoder().encode(line), plan.stream, newYork);
    if ('reason' in careful) return;
    expect(columns.lines[row]).toBe(at + 1);
    expect(products.text(columns.ids[productField]?.[row] ?? 0)).toBe(careful.values[productField]);
    expect(columns.values[revenueField]?.[row]).toBe(careful.values[revenueField]);
    row++;
  });
  expect(columns.count).toBe(row);
  expect(refused.map(({ line }) => line)).toEqual(lines.flatMap((line, at) => (line === '{"ts_id":' ? [at + 1] : [])));
});
