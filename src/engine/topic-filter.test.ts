import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import type { TopicFilter } from '../ports/topics.ts';
import { makeTopicTest as makeTest } from './topic-filter.ts';

const plan = makePlan(daybook);
const makeTopicTest = (filter: TopicFilter): ((text: string) => boolean) => makeTest(plan, filter);

function passes(field: string, test: TopicFilter['test'], value: string, own: string): boolean {
  return makeTopicTest({ field, test, value })(`{"${field}":${own}}`);
}

it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
  'a record has a field %s only where it stands in it',
  (field) => {
    for (const test of ['is', 'contains', 'above', 'below'] as const) {
      const passes = makeTopicTest({ field, test, value: 'a' });
      for (const text of ['{}', '[]', '7', 'no JSON']) expect(passes(text)).toBe(false);
    }
    expect(makeTopicTest({ field, test: 'contains', value: 'a' })(`{"${field}":"Mary"}`)).toBe(true);
  },
);

it('null passes nothing but the test for it, which no text passes', () => {
  for (const field of ['latitude', 'city', 'note']) {
    for (const test of ['above', 'below', 'contains'] as const) expect(passes(field, test, '9', 'null')).toBe(false);
    expect(passes(field, 'contains', '', 'null')).toBe(false);
    expect(passes(field, 'is', '', 'null')).toBe(true);
  }
  expect(passes('city', 'is', 'null', 'null')).toBe(false);
  expect(passes('city', 'is', 'null', '"null"')).toBe(true);
  expect(passes('city', 'is', '', '""')).toBe(false);
  expect(passes('city', 'is', '""', '""')).toBe(true);
});

it('numbers are compared as numbers, with all of their digits', () => {
  for (const [field, own] of [
    ['latitude', '37.8363'],
    ['discount', '"37.8363"'],
    ['note', '37.83630'],
  ] as const) {
    for (const value of ['37.8363', '37.83630', '3.78363e1']) {
      expect([passes(field, 'is', value, own), passes(field, 'above', value, own)]).toEqual([true, false]);
      expect(passes(field, 'below', value, own)).toBe(false);
    }
    expect([passes(field, 'above', '9', own), passes(field, 'below', '100', own)]).toEqual([true, true]);
    expect(passes(field, 'above', '-100', '-99')).toBe(true);
  }
  expect(passes('revenue', 'is', '9007199254.740991', '9007199254.740991')).toBe(true);
  expect(passes('revenue', 'is', '9007199254740993', '9007199254740992')).toBe(false);
  expect(passes('revenue', 'below', '9007199254740993', '9007199254740992')).toBe(true);
  expect(passes('revenue', 'above', '0.10000000000000000001', '0.10000000000000000002')).toBe(true);
  expect(passes('revenue', 'is', '0', '-0.0')).toBe(true);
});

it('the letters of a UUID may be large or small, those of a text may not', () => {
  for (const test of ['is', 'above', 'below'] as const) {
    expect(passes('ts_id', test, '0A-b', '"0a-B"')).toBe(test === 'is');
    expect(passes('city', test, 'Bonn', '"bonn"')).toBe(test === 'above');
  }
  expect(passes('ts_id', 'below', '0B', '"0a"')).toBe(true);
});

it('texts are compared as texts, unless both are numbers and their order is asked for', () => {
  expect(passes('ts', 'above', '2026-02-03', '"2026-02-03 10:00:00"')).toBe(true);
  expect(passes('city', 'is', '7.0', '"7"')).toBe(false);
  expect(passes('city', 'above', '9', '"10"')).toBe(true);
  expect(passes('note', 'above', '9 pieces', '10')).toBe(false);
});

it.each(['abc', '', ' ', '0x25', 'Infinity', '1,5'])('a number is not compared with %j', (value) => {
  for (const test of ['above', 'below'] as const) {
    expect(() => passes('latitude', test, value, '1')).toThrow(/'latitude' is compared with a number/);
  }
});
