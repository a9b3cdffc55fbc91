import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { plainSale as sale } from '../../test/sales/plain-sale.ts';
import { zone } from '../base/calendar.ts';
import { withSlack } from '../base/slack.ts';
import { makePlan } from '../plan/normalise.ts';
import { readCarefully } from './careful.ts';
import { makeDictionaries } from './dictionaries.ts';
import { keyHash } from './key-hash.ts';
import { LineReader, linesModule } from './line-reader.ts';
import { ReadingColumns } from './reading-columns.ts';
import { fieldRoles } from './roles.ts';
import { Scanner } from './scanner.ts';
import { shapeOf } from './shape.ts';
import type { TextDictionary } from './text-dictionary.ts';

const plan = makePlan(daybook);
const newYork = zone(plan.stream.timeZone);
const productField = plan.stream.fields.findIndex(({ name }) => name === 'product_name');
const revenueField = plan.stream.fields.findIndex(({ name }) => name === 'revenue');

function bytesOf(lines: readonly string[]): Uint8Array {
  return withSlack(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')));
}

it('what was built of other sources is told at once, before it reads anything', () => {
  const nothing = Buffer.from('0061736d01000000', 'hex');
  expect(() => linesModule.compile(nothing)).toThrow(/built of another version.*npm run build/);
  // What was built of these has the function that is asked for, with other parameters.
  const readLines = Buffer.from(
    '0061736d010000000105016001 7f00 03020100 070d01 09726561644c696e6573 0000 0a040102000b'.replaceAll(' ', ''),
    'hex',
  );
  expect(() => linesModule.compile(readLines)).toThrow(/built of another version/);
});

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
