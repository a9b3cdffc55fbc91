import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault } from './json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON of any kind with any white space, and what is nearly JSON: parts of it taken out, put in or repeated. */
const json = fc.tuple(fc.json(), fc.constantFrom(undefined, 1, '\t')).map(([text, space]) => {
  return JSON.stringify(JSON.parse(text), undefined, space);
});
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u',
  '\\u12',
  '\\"',
  '0',
  '-',
  '.',
  'e',
  '1e+',
  'true',
  'nul',
];
const piece = fc.oneof(
  fc.constantFrom(...PIECES, ' ', '\t', '\n', '\r', '\v', '\u00a0', '\ufeff', '\0', 'x', '😀'),
  json,
);
const nearly = fc
  .tuple(
    fc.oneof(
      json,
      fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
    ),
    fc.nat(),
    fc.nat(3),
    piece,
  )
  .map(([text, place, out, added]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + added + text.slice(at + out);
  });

describe('the fault of a text', () => {
  it('is there just when JSON.parse takes the text for none', () => {
    fc.assert(
      fc.property(fc.oneof(json, nearly), (text) => {
        expect(jsonFault(text, 1000) === undefined).toBe(isJson(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('is at the first place where no continuation would make the text JSON', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        const fault = jsonFault(text, 1000);
        if (fault === undefined || fault === 'nested') return;
        // Up to there it was JSON so far: nothing but the end is missing in what stands before.
        const before = jsonFault(text.slice(0, fault.at), 1000);
        expect(before === undefined || (before !== 'nested' && before.at >= fault.at)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', 0, 'a value'],
    ['pear', 0, 'a value'],
    ['{"a":1,}', 7, "a member's name in quotes"],
    ['{"a" 1}', 5, 'a colon'],
    ['{"a":1 "b":2}', 7, "a comma or '}'"],
    ['[1 2]', 3, "a comma or ']'"],
    ['{} {}', 3, 'the end of the line'],
    ['"pear', 5, 'a closing quote'],
    ['"a\tb"', 2, 'its escape'],
    ['"\\x"', 2, 'an escape that JSON has'],
    ['"\\u12g4"', 5, 'a hexadecimal digit'],
    ['[01]', 2, "a comma or ']'"],
  ])('of %j is at %i, where %s should stand', (text, at, wanted) => {
    expect(jsonFault(text, 100)).toEqual({ at, wanted });
  });

  it('is that it is nested too deep, before anything deeper is looked at', () => {
    expect(jsonFault('[[[]]]', 3)).toBeUndefined();
    expect(jsonFault('[[[{', 3)).toBe('nested');
    expect(jsonFault('['.repeat(1_000_000), 100)).toBe('nested');
  });

  it('is found in proportion to the text', () => {
    const long = 'x'.repeat(1_000_000);
    expect(jsonFault(`"${long}`, 100)).toMatchObject({ at: 1_000_001 });
    expect(jsonFault(`[${'1,'.repeat(500_000)}`, 100)).toMatchObject({ at: 1_000_001 });
    expect(jsonFault(`${'7'.repeat(1_000_000)}x`, 100)).toMatchObject({ at: 1_000_000 });
    expect(jsonFault(`"${'\\u0041'.repeat(100_000)}"`, 100)).toBeUndefined();
  });
});
