import { expect, it } from 'vitest';
import { TextDictionary } from './text-dictionary.ts';

it('texts beyond what there is room for are refused with what to do, and all others keep their ids', () => {
  const dictionary = new TextDictionary(1, 100);
  const names = Array.from({ length: 10 }, (_, at) => `customer ${at}`);
  const ids = names.map((name) => dictionary.internText(name));
  expect(() => dictionary.internText(`customer ${'x'.repeat(100)}`)).toThrow(
    expect.objectContaining({
      code: 'TOO_MANY_TEXTS',
      message: expect.stringMatching(/"customer x{51}": .* 100 bytes together\. Leave that field out/) as string,
    }),
  );
  expect(dictionary.findText(`customer ${'x'.repeat(100)}`)).toBeUndefined();
  expect(names.map((name) => dictionary.internText(name))).toEqual(ids);
});
