import { expect, it } from 'vitest';
import { keyText as engineKeyText, textOfKey } from '../src/base/key-text.ts';
import { joinValues, keyText, printCell, printKeyText } from './key-text.ts';

it('a value is spelled as the API takes it, and no two of them alike', () => {
  const values = [null, '', '"', '""', '"""', '–', ' ', 'Ann', '"Ann"', 'a""'];
  const spelled = values.map(keyText);
  expect(spelled).toEqual(['', '""', '"""', '""""', '"""""', '–', ' ', 'Ann', '"Ann"', 'a""']);
  expect(spelled).toEqual(values.map(engineKeyText));
  expect(spelled.slice(1).map(textOfKey)).toEqual(values.slice(1));
  expect([7, -0.5].map(keyText)).toEqual(['7', '-0.5']);
});

it('a value that is not there, and a text of nothing, are told from each other', () => {
  const values = [null, '', 'Web', '–', 7];
  expect(values.map(printCell)).toEqual(['–', '(empty)', 'Web', '–', '7']);
  expect(values.map((value) => printKeyText(keyText(value)))).toEqual(values.map(printCell));
});

it('values in a row stay in their order beside one that is written from right to left', () => {
  expect(joinValues(['متجر', '2024', 'Web'])).toBe('\u2068متجر\u2069 · 2024 · Web');
});
