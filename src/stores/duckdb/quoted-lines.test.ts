import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuotedLines } from './quoted-lines.ts';

const CAPACITY = 1024 * 1024;

function quoted(line: string): string {
  const lines = new QuotedLines(CAPACITY);
  const bytes = Buffer.from(`before${line}behind`);
  expect(lines.add(bytes, 6, bytes.length - 6, 17)).toBe(true);
  return Buffer.from(lines.bytes).toString();
}

/** What a line holds once each number is the text that stands in it. */
function textsOf(line: string): unknown {
  return JSON.parse(line, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? context?.source : value,
  );
}

describe('a line with quoted numbers', () => {
  it('holds the same, each number as the text that stood there, and the record’s position', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom('', ' ', '\t'), (members, space) => {
        const line = `${space}${JSON.stringify({ a: 0, ...members }, undefined, space)}${space}`.replaceAll('\n', ' ');
        expect(JSON.parse(quoted(line))).toEqual({
          ...(textsOf(line) as object),
          '#': '17',
          ...pick(textsOf(line), '#'),
        });
      }),
    );
  });

  it.each([
    ['{"a":-0.50E+07,"b":[1,-2e3,{"c":4}]}', '{"#":"17","a":"-0.50E+07","b":["1","-2e3",{"c":"4"}]}\n'],
    ['{"a":"-1\\"2\\\\","b":1}', '{"#":"17","a":"-1\\"2\\\\","b":"1"}\n'],
    ['{"a":true,"b":null,"c":false}\r', '{"#":"17","a":true,"b":null,"c":false}\r\n'],
    ['{"1":"é 2","\\u0031":12345678901234567890.123}', '{"#":"17","1":"é 2","\\u0031":"12345678901234567890.123"}\n'],
  ])('of %s is %s', (line, expected) => {
    expect(quoted(line)).toBe(expected);
  });
});

describe('lines that JSON.parse alone can read', () => {
  it('are given with the wanted members, the last of equal ones', () => {
    const lines = new QuotedLines(CAPACITY);
    for (const [index, line] of [
      '{"a":1,"a":2.50,"b":"\\ud800","#":"x"}',
      '{"\\u0061":null,"c":"\\u2028"}',
    ].entries()) {
      lines.add(Buffer.from(line), 0, Buffer.byteLength(line), 40 + index);
    }
    expect(Buffer.from(lines.plainly(['a', 'c'])).toString()).toBe(
      '{"#":"40","a":"2.50"}\n{"#":"41","a":null,"c":"\u2028"}\n',
    );
  });
});

describe('a full buffer', () => {
  it('takes no line in part, and takes lines again when it is cleared', () => {
    const lines = new QuotedLines(100);
    const line = Buffer.from('{"a":1,"b":2}');
    let count = 0;
    while (lines.add(line, 0, line.length, count)) count++;
    expect([count, lines.records]).toEqual([3, 3]);
    expect(Buffer.from(lines.bytes).toString().split('\n')).toHaveLength(4);
    lines.clear();
    expect([lines.add(line, 0, line.length, 9), Buffer.from(lines.plainly(['a'])).toString()]).toEqual([
      true,
      '{"#":"9","a":"1"}\n',
    ]);
  });
});

function pick(from: unknown, name: string): object {
  return Object.hasOwn(from as object, name) ? { [name]: (from as Record<string, unknown>)[name] } : {};
}
