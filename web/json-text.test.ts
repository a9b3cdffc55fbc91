import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fieldTexts, indented } from './json-text.ts';

const RECORD =
  '{"order_no":12345678901234567890,"rate":1.10,"name":"a \\"b\\", {c}","tags":[],"more":{"n":[1e2, null]}}';

it('a record is told line by line, and each of its values as it is written', () => {
  expect(indented(RECORD)).toBe(`{
  "order_no": 12345678901234567890,
  "rate": 1.10,
  "name": "a \\"b\\", {c}",
  "tags": [],
  "more": {
    "n": [
      1e2,
      null
    ]
  }
}`);
  expect([...(fieldTexts(RECORD) ?? [])]).toEqual([
    ['order_no', '12345678901234567890'],
    ['rate', '1.10'],
    ['name', '"a \\"b\\", {c}"'],
    ['tags', '[]'],
    ['more', '{"n":[1e2,null]}'],
  ]);
});

it('what is no JSON, or no object, is left as it is', () => {
  expect(indented('{"a":')).toBe('{"a":');
  expect(fieldTexts('{"a":')).toBeUndefined();
  expect(fieldTexts('[1]')).toBeUndefined();
});

it('JSON that was made by JSON.stringify is told as it tells it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const fields = fieldTexts(JSON.stringify(value)) ?? new Map<string, string>();
      expect(Object.fromEntries([...fields].map(([name, text]) => [name, JSON.parse(text) as unknown]))).toEqual(
        JSON.parse(JSON.stringify(value)),
      );
    }),
  );
});
