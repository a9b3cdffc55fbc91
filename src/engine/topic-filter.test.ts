import { expect, it } from 'vitest';
import { makeTopicTest } from './topic-filter.ts';

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
