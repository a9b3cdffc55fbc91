import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { zone } from '../base/calendar.ts';
import { makePlan } from '../plan/normalise.ts';
import { readCarefully } from './careful.ts';
import type { Dictionaries } from './dictionaries.ts';
import { makeDictionaries } from './dictionaries.ts';
import { NumberDictionary } from './number-dictionary.ts';
import { Scanner } from './scanner.ts';
import { TextDictionary } from './text-dictionary.ts';

const plan = makePlan(daybook);
const newYork = zone(plan.stream.timeZone);
const encoder = new TextEncoder();

const sale = {
  ...plainSale,
  product_name: 'Stacking chair, 18" seat',
  price: 211.11999999999998,
  revenue: 422.23999999999995,
  profit: 211.11999999999998,
};

/** What the scanner put into the columns for one field of a record, decoded again. */
function cell(
  dictionaries: Dictionaries,
  ids: Int32Array | undefined,
  values: Float64Array | undefined,
  index: number,
  row: number,
): unknown {
  const dictionary = dictionaries[index];
  if (ids !== undefined && dictionary instanceof TextDictionary) return dictionary.text(ids[row] as number);
  if (ids !== undefined && dictionary instanceof NumberDictionary) return dictionary.value(ids[row] as number);
  const value = values?.[row];
  return Number.isNaN(value) ? null : value;
}

/** One scanner for all, so that it has learned shapes when the lines come that are not to be taken for usual ones. */
const dictionaries = makeDictionaries(plan);
const scanner = new Scanner(plan, dictionaries);

function scanLines(lines: readonly (string | Uint8Array)[]): {
  dictionaries: Dictionaries;
  scanned: ReturnType<Scanner['scan']>;
} {
  const bytes = Buffer.concat(
    lines.flatMap((line) => [typeof line === 'string' ? encoder.encode(line) : line, encoder.encode('\n')]),
  );
  return { dictionaries, scanned: scanner.scan(bytes, 1) };
}

/** Two layouts of a plain sale, so that both are known when the lines behind them come. */
const LEARNED = [JSON.stringify(sale), JSON.stringify(sale, undefined, 1).replaceAll(/\n */g, ' ')];

/** Asserts that the scanner and the careful reader agree on each line: acceptance, refusal, and every value. */
function expectAgreement(tried: readonly (string | Uint8Array)[]): void {
  const lines = [...LEARNED, ...tried];
  const { dictionaries, scanned } = scanLines(lines);
  const { columns, refused } = scanned;
  let row = 0;
  lines.forEach((line, at) => {
    const bytes = typeof line === 'string' ? encoder.encode(line) : line;
    const careful = readCarefully(bytes, plan.stream, newYork);
    if ('reason' in careful) {
      expect(refused.find((each) => each.line === at + 1)?.refusal).toEqual(careful);
      return;
    }
    expect(columns.lines[row]).toBe(at + 1);
    expect(columns.days[row]).toBe(careful.businessDay);
    const words = String(careful.values[plan.stream.primaryKey.index]).replaceAll('-', '').match(/.{8}/g) ?? [];
    expect([...columns.keys.subarray(row * 4, row * 4 + 4)]).toEqual(
      words.map((word) => Number.parseInt(word, 16) | 0),
    );
    for (const { index } of plan.stream.fields) {
      if (columns.ids[index] === undefined && columns.values[index] === undefined) continue;
      expect(cell(dictionaries, columns.ids[index], columns.values[index], index, row)).toBe(careful.values[index]);
    }
    row++;
  });
  expect(columns.count).toBe(row);
}

/** Alone, too long, surrogates, beyond Unicode, cut short. */
const NO_UTF8: readonly (readonly number[])[] = [
  [0xff],
  [0x80],
  [0xc0, 0x80],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
];

/** A sale's JSON with one member's text put in place of its own. */
function withText(name: keyof typeof sale, text: string): string {
  return JSON.stringify({ ...sale, [name]: '\u0000' }).replace('"\\u0000"', () => text);
}

describe('the scanner', () => {
  it('reads money exactly, half-even at the seventh place', () => {
    const cases: readonly (readonly [string, number])[] = [
      ['422.23999999999995', 422_240_000],
      ['0.0000005', 0],
      ['0.0000015', 2],
      ['0.0000025', 2],
      ['0.00000250000000001', 3],
      ['-0.0000015', -2],
      ['1.2e3', 1_200_000_000],
      ['-0', 0],
      ['-0.0', 0],
      ['9007199254.740991', 9_007_199_254_740_991],
      ['123456789.123456', 123_456_789_123_456],
    ];
    const { scanned } = scanLines(cases.map(([text]) => withText('revenue', text)));
    const revenue = plan.stream.fields.findIndex((field) => field.name === 'revenue');
    expect(scanned.refused).toEqual([]);
    expect([...(scanned.columns.values[revenue] ?? [])].slice(0, cases.length)).toEqual(
      cases.map(([, micros]) => micros),
    );
  });

  it('gives each refused line its number and its reason', () => {
    const { scanned } = scanLines([
      JSON.stringify(sale),
      '',
      '{"ts_id":',
      '[1]',
      JSON.stringify({ ...sale, ts_id: 'x' }),
      JSON.stringify({ ...sale, ts_date: '2026-02-30' }),
      JSON.stringify({ ...sale, ts_date: '2026-03-06' }),
      JSON.stringify({ ...sale, quantity: 0 }),
      JSON.stringify({ ...sale, customer_id: 7 }),
      JSON.stringify({ ...sale, product_name: 'é'.repeat(1001) }),
      JSON.stringify({ ...sale, city: undefined }),
      JSON.stringify({ ...sale, revenue: 9_007_199_255 }),
    ]);
    expect(scanned.columns.count).toBe(1);
    expect(scanned.refused.map(({ line, refusal }) => [line, refusal.code, refusal.field])).toEqual([
      [3, 'NOT_JSON', undefined],
      [4, 'NOT_AN_OBJECT', undefined],
      [5, 'NOT_A_UUID', 'ts_id'],
      [6, 'IMPOSSIBLE_DATE', 'ts_date'],
      [7, 'DATE_APART_FROM_TIME', 'ts_date'],
      [8, 'NUMBER_OUT_OF_RANGE', 'quantity'],
      [9, 'WRONG_TYPE', 'customer_id'],
      [10, 'TOO_LONG', 'product_name'],
      [11, 'MISSING_FIELD', 'city'],
      [12, 'NUMBER_OUT_OF_RANGE', 'revenue'],
    ]);
  });

  it('takes the business date from the event time in the store’s zone when there is none', () => {
    const { ts_date: _, ...without } = sale;
    const { scanned } = scanLines([
      JSON.stringify(without),
      JSON.stringify({ ...without, ts: '2026-03-05T03:30:00Z' }),
      JSON.stringify({ ...without, ts: '2026-03-05T01:30:00+02:00' }),
    ]);
    expect([...scanned.columns.days.subarray(0, 3)].map((day) => day - 20_516)).toEqual([0, 0, 0]);
  });

  it('agrees with the careful reader on records in any order of members, with any spacing', () => {
    const spaces = fc.constantFrom('', ' ', '  ', '\t', '\r');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.shuffledSubarray(Object.keys(sale), { minLength: 16 }), spaces, spaces), {
          minLength: 1,
          maxLength: 8,
        }),
        (records) => {
          expectAgreement(
            records.map(([names, a, b]) => {
              const members = names.map(
                (name) => `${JSON.stringify(name)}${a}:${b}${JSON.stringify(sale[name as keyof typeof sale])}${a}`,
              );
              return `${b}{${a}${members.join(`,${b}`)}}${a}`;
            }),
          );
        },
      ),
    );
  });

  it('agrees with the careful reader on numbers of all shapes', () => {
    const digits = fc.stringMatching(/^[0-9]{1,20}$/);
    const exponent = fc.option(
      fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 30 })),
      { nil: undefined },
    );
    const number = fc
      .tuple(fc.constantFrom('', '-', '+'), digits, fc.option(digits, { nil: undefined }), exponent)
      .map(
        ([sign, whole, fraction, exp]) =>
          `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exp?.join('') ?? ''}`,
      );
    const anyNumber = fc.oneof(number, fc.double().map(String), fc.integer({ min: -30, max: 30 }).map(String));
    const numeric = fc.constantFrom('price', 'quantity', 'discount', 'revenue', 'profit', 'latitude', 'longitude');
    fc.assert(
      fc.property(numeric, anyNumber, fc.boolean(), (name, text, quoted) => {
        expectAgreement([withText(name, quoted ? `"${text}"` : text)]);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with the careful reader on texts, escapes and surrogates', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('customer_id', 'product_name', 'city', 'ts_id', 'ts', 'ts_date', 'discount'),
        text,
        (name, value) => {
          expectAgreement([JSON.stringify({ ...sale, [name]: value })]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('agrees with the careful reader on bytes that are UTF-8 and bytes that are not, wherever they stand', () => {
    const piece = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.string({ maxLength: 20 }).map((text) => encoder.encode(JSON.stringify(text).slice(1, -1))),
      },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom('é', '€', '😀', '\ufeff', '日本語', '\\u00e9', '\\n')
          .map((text) => encoder.encode(text)),
      },
      { weight: 1, arbitrary: fc.nat(1200).map((length) => encoder.encode('x'.repeat(length))) },
      { weight: 1, arbitrary: fc.constantFrom(...NO_UTF8).map((bytes) => Uint8Array.from(bytes)) },
    );
    const fields = Object.keys(sale) as readonly (keyof typeof sale)[];
    const value = fc.tuple(
      fc.constantFrom(...fields),
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom('in', 'behind'),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
        const lines = values.map(([name, pieces, place]) => {
          // Inside the value, or behind it, where only what stands before the next one may be.
          const [before = '', after = ''] = withText(name, place === 'in' ? '"MARK"' : '"x"MARK').split('MARK');
          return Buffer.concat([encoder.encode(before), ...pieces, encoder.encode(after)]);
        });
        // Twice, as what came before is known by then.
        expectAgreement([...lines, ...lines]);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with the careful reader on each byte that is no ASCII, in a text that somebody wants and in one that nobody does', () => {
    for (const name of ['product_name', 'city'] as const) {
      const [before = '', after = ''] = withText(name, '"MARK"').split('MARK');
      const texts = [
        ...NO_UTF8,
        ...Array.from({ length: 128 }, (_, at) => [128 + at]),
        [...encoder.encode('é')],
      ].flatMap((bytes) => [
        bytes,
        [...bytes, 0x61],
        [0x61, ...bytes],
        [...Array.from({ length: 300 }, () => 0x61), ...bytes],
      ]);
      expectAgreement(
        texts.map((text) => Buffer.concat([encoder.encode(before), Uint8Array.from(text), encoder.encode(after)])),
      );
    }
  });

  it('agrees with the careful reader on damaged lines', () => {
    const line = encoder.encode(JSON.stringify({ ...sale, city: 'Zürich' }));
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(line.length), (at, byte, cut) => {
        const damaged = line.slice();
        damaged[at] = byte === 10 ? 0 : byte;
        expectAgreement(
          [JSON.stringify(sale), damaged, line.slice(0, cut), JSON.stringify(sale)].filter((each) => each.length > 0),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('takes the last of a member given twice, as JSON.parse does', () => {
    const twice = JSON.stringify(sale).replace(
      '"quantity":2',
      '"quantity":2,"quantity":3,"__proto__":1,"extra":{"a":[1]}',
    );
    expectAgreement([twice]);
    const { scanned } = scanLines([twice]);
    const quantity = plan.stream.fields.findIndex((field) => field.name === 'quantity');
    expect(scanned.columns.values[quantity]?.[0]).toBe(3);
  });

  it('takes no date without quotes, though null stood there before', () => {
    const none = JSON.stringify({ ...sale, ts_date: null });
    const lines = [none, none.replace('"ts_date":null', '"ts_date":2026-03-04'), none];
    // One that has learned nothing else.
    const { refused } = new Scanner(plan, makeDictionaries(plan)).scan(Buffer.from(lines.join('\n')), 1);
    expect(refused.map(({ line, refusal }) => [line, refusal.code])).toEqual([[2, 'NOT_JSON']]);
  });
});
