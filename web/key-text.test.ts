import { expect, it } from 'vitest';
import { keyText as engineKeyText, textOfKey } from '../src/base/key-text.ts';
import { keyText } from './key-text.ts';

it('a value is spelled as the API takes it, and no two of them alike', () => {
  const values = [null, '', '"', '""', '"""', '–', ' ', 'Ann', '"Ann"', 'a""'];
  const spelled = values.map(keyText);
  expect(spelled).toEqual(['', '""', '"""', '""""', '"""""', '–', ' ', 'Ann', '"Ann"', 'a""']);
  expect(spelled).toEqual(values.map(engineKeyText));
  expect(spelled.slice(1).map(textOfKey)).toEqual(values.slice(1));
  expect([7, -0.5].map(keyText)).toEqual(['7', '-0.5']);
});
