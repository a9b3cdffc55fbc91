import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { microsText, parseMicros } from '../../base/decimal.ts';
import { zone } from '../../base/calendar.ts';
import { makePlan } from '../../plan/normalise.ts';
import { plainName, PlainLines } from './plain-lines.ts';
import { readTexts } from './record-texts.ts';

const { stream } = makePlan(daybook);
const local = zone(stream.timeZone);

const SALE = {
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
  product_name: '"Stool, 18\\" seat \\u00e9 \\\\"',
  price: '10',
  quantity: '2',
  discount: '"0.5"',
  revenue: '20.123456',
  profit: '-10',
  latitude: '44.9',
  longitude: 'null',
};
type Members = Readonly<Record<string, string | undefined>>;

function line(members: Members, names: readonly string[] = Object.keys(members), space = ''): string {
  const printed = names.flatMap((name) =>
    members[name] === undefined ? [] : [`${JSON.stringify(name)}${space}:${space}${members[name]}`],
  );
  return `${space}{${space}${printed.join(`${space},${space}`)}${space}}`;
}

/** What the plain form of a line must say, by the slow reader. */
function expected(text: string): Readonly<Record<string, string | null>> {
  const texts = readTexts(text, stream, local);
  const cells = stream.fields.flatMap((field): (readonly [string, string | null])[] => {
    const value = texts[field.index] ?? null;
    if (field === stream.businessDate) return [];
    if (value === null) return [[plainName(field), null]];
    const micros = field.kind === 'decimal' ? parseMicros(value) : undefined;
    const plain = field.kind === 'integer' ? String(Number(value)) : value;
    return [[plainName(field), micros === undefined ? plain : microsText(micros)]];
  });
  return Object.fromEntries(cells);
}

/** The same moment and the same decimal may be written in two ways. */
function comparable(cells: Readonly<Record<string, string | null>>): unknown {
  return new Map(
    Object.entries(cells).map(([name, value]): readonly [string, string | bigint | null | undefined] => {
      const field = stream.fields.find((each) => plainName(each) === name);
      if (field?.kind === 'decimal' && value !== null) return [name, parseMicros(value)];
      return [name, field?.kind === 'timestamp' ? value?.replace('T', ' ') : value];
    }),
  );
}

function expectPlain(lines: readonly string[]): void {
  const printed = new PlainLines(stream, local).print(Buffer.from(lines.map((each) => `${each}\n`).join('')));
  const read = printed.toString().split('\n').slice(0, -1);
  expect(read.map((each) => comparable(JSON.parse(each) as Record<string, string | null>))).toEqual(
    lines.map((each) => comparable(expected(each))),
  );
}

describe('plain lines', () => {
  it('say what the slow reader says, whatever the order of members and the spaces between them', () => {
    const names = fc.shuffledSubarray(Object.keys(SALE), { minLength: Object.keys(SALE).length });
    const space = fc.constantFrom('', ' ', '  ', '\t');
    fc.assert(
      fc.property(fc.array(fc.tuple(names, space), { maxLength: 5 }), (records) => {
        expectPlain(records.map(([order, between]) => line(SALE, order, between)));
      }),
    );
  });

  it('say what the slow reader says of unusual members, among usual lines', () => {
    const odd: readonly Members[] = [
      { ts_date: undefined },
      { ts: '"2024-03-10T14:20:30Z"' },
      { ts: '"2024-03-10t10:20:30"' },
      { ts: '"2024-03-10T10:20:30.250"' },
      { ts: '"2024-03-1\\u0030 10:20:30"' },
      { quantity: '3.0' },
      { quantity: '3e2' },
      { discount: '"1e-1"' },
      { discount: '"\\u0030"' },
      { discount: '1' },
      { latitude: 'null' },
      { latitude: '1e-7' },
      { latitude: '-0.0' },
      { extra: '{"price":7,"list":["}",1]}' },
      { extra: '"\\ud800"' },
      { city: '"\\ud83d\\ude00 \\u0000 \\/ \\n"' },
      { city: '"漢😀"' },
    ];
    expectPlain(odd.flatMap((members) => [line(SALE), line({ ...SALE, ...members })]));
    expectPlain([
      line(SALE).replace('"price":10', '"price":10,"price":11'),
      line(SALE).replace('"price"', '"pri\\u0063e"'),
      `${line(SALE)} \t`,
    ]);
  });

  it('round decimals as they are rounded everywhere', () => {
    const digits = fc.stringMatching(/^[0-9]{1,20}$/);
    const exponent = fc.option(fc.integer({ min: -9, max: 3 }), { nil: undefined });
    const number = fc
      .tuple(fc.boolean(), fc.nat(9_000_000), fc.option(digits, { nil: undefined }), exponent)
      .map(([isNegative, whole, fraction, power]) => {
        const places = fraction === undefined ? '' : `.${fraction}`;
        return `${isNegative ? '-' : ''}${whole}${places}${power === undefined ? '' : `e${power}`}`;
      });
    const half = fc.nat(999).map((micros) => `0.${String(micros).padStart(6, '0')}5`);
    fc.assert(
      fc.property(fc.array(fc.oneof(number, half), { maxLength: 5 }), (revenues) => {
        expectPlain(revenues.map((revenue) => line({ ...SALE, revenue })));
      }),
      { numRuns: 500 },
    );
  });
});
