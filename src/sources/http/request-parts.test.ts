import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Intake } from '../../ports/runtime.ts';
import { requestParts } from './request-parts.ts';

const LIMITS = { bytesMax: 1_000, countMax: 5 };

/** The lines that are not blank, with their numbers. */
function numbered({ lines, firstLine = 1 }: Intake): readonly (readonly [number, string])[] {
  return Buffer.from(lines)
    .toString()
    .split('\n')
    .map((text, index) => [firstLine + index, text] as const)
    .filter(([, text]) => text !== '');
}

describe('the parts of a batch', () => {
  it('hold all of it, each line under its own number, and are within the limits', () => {
    const line = fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 8 }), fc.constant('x'.repeat(700)));
    const unreadable = fc.record(
      {
        line: fc.integer({ min: 1 }),
        record: fc.oneof(fc.string({ maxLength: 8 }), fc.constant('y'.repeat(700))),
        code: fc.constant('CANNOT_BE_CONVERTED' as const),
        reason: fc.constant('it is odd'),
        converted: fc.constant('{"is":"long"}'.repeat(30)),
      },
      { requiredKeys: ['line', 'record', 'code', 'reason'] },
    );
    const batch = fc.record({
      lines: fc.array(line, { maxLength: 30 }),
      isEnded: fc.boolean(),
      firstLine: fc.integer({ min: 1, max: 1e9 }),
      unreadable: fc.array(unreadable, { maxLength: 20 }),
    });
    fc.assert(
      fc.property(batch, ({ lines, isEnded, firstLine, unreadable: odd }) => {
        const text = lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : '');
        const whole: Intake = { origin: 'sales.csv', lines: Buffer.from(text), firstLine, unreadable: odd };
        const parts = [...requestParts(whole, LIMITS)];
        expect(parts.flatMap(numbered)).toEqual(numbered(whole));
        expect(parts.flatMap((part) => part.unreadable ?? [])).toEqual(odd);
        for (const part of parts) {
          expect(part.origin).toBe('sales.csv');
          expect(part.lines.length).toBeLessThanOrEqual(LIMITS.bytesMax);
          expect(numbered(part).length).toBeLessThanOrEqual(LIMITS.countMax);
          expect(part.unreadable?.length).toBeLessThanOrEqual(LIMITS.countMax);
        }
      }),
    );
  });

  it('are one when all fits, also when there is nothing', () => {
    const whole: Intake = { origin: 'sales.csv', lines: Buffer.from('{}\n{}\n'), firstLine: 7, unreadable: [] };
    expect([...requestParts(whole)]).toEqual([whole]);
    expect([...requestParts({ origin: 'x', lines: new Uint8Array() })]).toHaveLength(1);
  });

  it('are a line alone when it is above the limit', () => {
    const lines = ['a', 'x'.repeat(LIMITS.bytesMax + 1), 'b'];
    const whole: Intake = { origin: 'x', lines: Buffer.from(lines.join('\n')) };
    const parts = [...requestParts(whole, LIMITS)];
    expect(parts.map((part) => [part.firstLine, Buffer.from(part.lines).toString()])).toEqual([
      [1, 'a\n'],
      [2, `${lines[1]}\n`],
      [3, 'b'],
    ]);
  });
});
