import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { zone } from '../base/calendar.ts';
import { makePlan } from '../plan/normalise.ts';
import type { CarefulRecord } from './careful.ts';
import { readCarefully } from './careful.ts';
import type { Refusal } from '../ports/runtime.ts';

const { stream } = makePlan(daybook);

const sale = {
  ts_id: '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5',
  ts: '2026-03-04 10:11:12',
  customer_id: 'CG-12520',
  customer_name: 'Claire Gute',
  segment: 'Consumer',
  country: 'United States',
  city: 'Henderson',
  category: 'Furniture',
  sub_category: 'Chairs',
  product_name: 'Stacking chair',
  price: 1,
  quantity: 2,
  discount: '0.5',
  revenue: 2,
  profit: 1,
  latitude: 37.8363295,
  longitude: -87.5900067,
};

function read(line: string, hour = 0): CarefulRecord | Refusal {
  return readCarefully(Buffer.from(line), { ...stream, businessDayEndsAtHour: hour }, zone(stream.timeZone));
}

/** A record that holds, besides the sale, a value nested so deep that the whole has so many levels. */
function nested(levels: number, open: string, close: string): string {
  const inside = open.repeat(levels - 1) + close.repeat(levels - 1);
  return JSON.stringify(sale).replace('{', `{"more":${inside},"text":"[[[[\\"{{{{",`);
}

describe('the careful reader', () => {
  it('takes up to 100 levels of nesting and no more, wherever it is called from', () => {
    expect(read(nested(100, '[', ']'))).toHaveProperty('businessDay');
    const refusal = { code: 'NOT_JSON', reason: 'the record is nested more than 100 levels deep' };
    expect(read(nested(101, '[', ']'))).toEqual(refusal);
    expect(read(nested(300_000, '[', ']'))).toEqual(refusal);
  });

  it('reads numbers of a million digits in reasonable time, and is as exact with them', () => {
    const zeros = '0'.repeat(1_000_000);
    const withQuantity = (text: string): string => JSON.stringify(sale).replace('"quantity":2', `"quantity":${text}`);
    const withPrice = (text: string): string => JSON.stringify(sale).replace('"price":1', `"price":${text}`);
    expect(read(withQuantity(`2.${zeros}`))).toHaveProperty('businessDay');
    expect(read(withQuantity(`2.${zeros}1`))).toMatchObject({ code: 'WRONG_TYPE', field: 'quantity' });
    expect(read(withQuantity(`2${zeros}`))).toMatchObject({ code: 'NUMBER_OUT_OF_RANGE', field: 'quantity' });
    expect(read(withPrice(`0.${zeros}1`))).toHaveProperty('businessDay');
    expect(read(withPrice('7'.repeat(1_000_000)))).toMatchObject({ code: 'NUMBER_OUT_OF_RANGE', field: 'price' });
  });

  it('says all that is wrong with a record at once; code and field are of the first', () => {
    const { ts_id: _key, city: _city, ...rest } = sale;
    expect(read(JSON.stringify({ ...rest, segment: 7, quantity: 1.5 }))).toEqual({
      code: 'MISSING_FIELD',
      field: 'ts_id',
      reason:
        "fields 'ts_id', 'city' are missing; and field 'segment' is 7; it must be a string; and " +
        "field 'quantity' is 1.5; it must be a whole number",
    });
    expect(read(JSON.stringify({ ...sale, price: -1, profit: undefined }))).toMatchObject({
      code: 'NUMBER_OUT_OF_RANGE',
      field: 'price',
      reason: expect.stringMatching(/^field 'price' is -1; .*; and field 'profit' is missing$/) as string,
    });
  });

  it('says how records are sent, where something is around them', () => {
    const wanted = 'as a JSON array, as a record a line (NDJSON), or as one record';
    for (const [body, name] of [
      [{ data: [sale, sale] }, 'data'],
      [{ status: 'ok', sale }, 'sale'],
      [{ count: 0, ['x'.repeat(99)]: [] }, `${'x'.repeat(57)}…`],
    ] as const) {
      expect(read(JSON.stringify(body))).toEqual({
        code: 'MISSING_FIELD',
        field: 'ts_id',
        reason: expect.stringMatching(
          new RegExp(`^fields 'ts_id', .* are missing; if '${name}' holds the records, send those alone: .*$`),
        ) as string,
      });
    }
    expect(read(JSON.stringify({ data: [sale] }))).toHaveProperty('reason', expect.stringContaining(wanted));
    for (const body of [{}, { a: 1 }, { a: 'b', c: null }, { city: 'Henderson', data: [sale] }]) {
      expect(read(JSON.stringify(body))).toHaveProperty('reason', expect.stringMatching(/ are missing$/));
    }
    expect(read(JSON.stringify([sale]))).toEqual({
      code: 'NOT_AN_OBJECT',
      reason: 'a record must be a JSON object, and this is an array; a line holds one record, not an array of them',
    });
    expect(read('7')).toEqual({ code: 'NOT_AN_OBJECT', reason: 'a record must be a JSON object' });
  });

  it('shows a value as it stands in the record, and not all of a long one', () => {
    const reasonOf = (wrong: object): string =>
      (read(JSON.stringify({ ...sale, ...wrong })) as { readonly reason: string }).reason;
    expect(reasonOf({ price: '120.5' })).toBe(`field 'price' is "120.5"; it must be a number, without quotes`);
    expect(reasonOf({ ts: '04.03.2026' })).toContain(`field 'ts' is "04.03.2026"; it must be a moment that exists`);
    expect(reasonOf({ ts_id: 'a "b"\n' })).toContain(String.raw`field 'ts_id' is "a \"b\"\n"; it must be a UUID`);
    expect(reasonOf({ segment: { name: 'x'.repeat(100) } })).toBe(
      `field 'segment' is {"name":"${'x'.repeat(48)}…; it must be a string`,
    );
    expect(reasonOf({ ts_id: 'x'.repeat(100) })).toContain(`field 'ts_id' is "${'x'.repeat(57)}…"; it must be`);
  });

  it('says how a number is written, to who wrote one as people do', () => {
    const reasonOf = (wrong: object): string =>
      (read(JSON.stringify({ ...sale, ...wrong })) as { readonly reason: string }).reason;
    const plainly = "without '$' or thousands' commas";
    expect(reasonOf({ price: '$1,200.50' })).toBe(
      `field 'price' is "$1,200.50"; it must be a number such as 12.5, ${plainly}`,
    );
    expect(reasonOf({ quantity: '2 pcs' })).toBe(
      `field 'quantity' is "2 pcs"; it must be a number such as 12, ${plainly}`,
    );
    expect(reasonOf({ discount: '10%' })).toBe(
      `field 'discount' is "10%"; it must be a number such as 12.5, ${plainly}, or a string holding one`,
    );
    for (const none of [null, true, {}, 'cheap', '']) {
      expect(reasonOf({ price: none })).toBe(`field 'price' is ${JSON.stringify(none)}; it must be a number`);
    }
    expect(reasonOf({ discount: 'none' })).toBe(
      `field 'discount' is "none"; it must be a number, or a string holding one`,
    );
  });

  it('says where a line stops being JSON, and what should stand there', () => {
    expect(read('not JSON')).toEqual({
      code: 'NOT_JSON',
      reason: "the line is not JSON: 'n' stands at character 1, where a value should",
    });
    expect(read('{"ts_id":"\u0001"}')).toHaveProperty(
      'reason',
      'the line is not JSON: U+0001 stands at character 11, where its escape should',
    );
    expect(read('{"ts_id":')).toHaveProperty('reason', 'the line is not JSON: it ends where a value should stand');
  });

  it('gives one refusal for all lines that are refused for the same reason', () => {
    expect(read('{"a":1}')).toBe(read('{"b":2}'));
    expect(read('pear')).toBe(read('plum'));
    expect(read('pear')).not.toBe(read('apple'));
  });

  it('refuses a moment whose business day is none that can be written', () => {
    const at = (ts: string): string => JSON.stringify({ ...sale, ts });
    expect(read(at('0001-01-01 03:00:00'))).toHaveProperty('businessDay');
    expect(read(at('0001-01-01 03:00:00'), 4)).toMatchObject({ code: 'IMPOSSIBLE_DATE', field: 'ts' });
    expect(read(at('0001-01-01T00:00:00Z'))).toMatchObject({ code: 'IMPOSSIBLE_DATE', field: 'ts' });
    expect(read(at('9999-12-31T23:59:59-12:00'))).toMatchObject({ code: 'IMPOSSIBLE_DATE', field: 'ts' });
    const given = JSON.stringify({ ...sale, ts: '0001-01-01 03:00:00', ts_date: '0001-01-01' });
    expect(read(given, 4)).toHaveProperty('businessDay');
  });
});
