import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Intake, Unreadable } from '../../ports/runtime.ts';
import { printIntake, readIntake } from './intake.ts';

const head = { origin: 'sales.csv', firstLine: 3, unreadable: [] };

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function printed(intake: Intake): Uint8Array {
  return Buffer.concat(printIntake(intake));
}

/** Bytes are compared as such, whatever they stand in. */
function plain({ record, ...rest }: Unreadable): unknown {
  return { ...rest, record: typeof record === 'string' ? record : [...record] };
}

describe('an intake', () => {
  it('is read as it was printed, whatever bytes its lines and records are', () => {
    const text = fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed());
    const intake = fc.record({
      origin: fc.stringMatching(/^[^\p{Cc}\uFFFD]{1,80}$/u),
      firstLine: fc.integer({ min: 1 }),
      lines: fc.uint8Array({ maxLength: 200 }),
      originalsFollow: fc.boolean(),
      unreadable: fc.array(
        fc.record(
          {
            line: fc.integer({ min: 1 }),
            record: fc.oneof(
              text,
              fc.uint8Array({ maxLength: 20 }).filter((bytes) => !isUtf8(bytes)),
            ),
            code: fc.constantFrom('CANNOT_BE_CONVERTED' as const, 'NOT_UNICODE' as const),
            field: text,
            reason: text,
            converted: text,
          },
          { requiredKeys: ['line', 'record', 'code', 'reason'] },
        ),
      ),
    });
    fc.assert(
      fc.property(intake, (each) => {
        const { lines, origin, firstLine, unreadable, originalsFollow = false } = readIntake(printed(each));
        const { origin: sentOrigin, firstLine: sentLine, originalsFollow: sentFollow } = each;
        expect([origin, firstLine, originalsFollow]).toEqual([sentOrigin, sentLine, sentFollow]);
        expect(unreadable?.map(plain)).toEqual(each.unreadable.map(plain));
        expect([...lines]).toEqual([...each.lines]);
      }),
    );
  });

  it('names its source in one line that people can read', () => {
    const { origin } = readIntake(printed({ origin: `a\nb\u0000${'c'.repeat(400)}`, lines: new Uint8Array() }));
    expect(origin).toBe(`a\uFFFDb\uFFFD${'c'.repeat(251)}`);
  });

  it.each([
    ['', 'has no end'],
    ['{"origin":', 'has no end'],
    ['{"origin":\n', 'no JSON'],
    ['[]\n', 'no JSON object'],
    [`${JSON.stringify({ ...head, origin: '' })}\n`, "'origin'"],
    [`${JSON.stringify({ ...head, origin: 'a\nb' })}\n`, "'origin'"],
    [`${JSON.stringify({ ...head, origin: 'x'.repeat(256) })}\n`, "'origin'"],
    [`${JSON.stringify({ ...head, firstLine: 0 })}\n`, "'firstLine'"],
    [`${JSON.stringify({ ...head, firstLine: 1.5 })}\n`, "'firstLine'"],
    [`${JSON.stringify({ ...head, unreadable: null })}\n`, "'unreadable'"],
    [`${JSON.stringify({ ...head, originalsFollow: 'yes' })}\n`, "'originalsFollow'"],
    [
      `${JSON.stringify({ ...head, unreadable: [{ line: 1, bytes: 1, code: 'OTHER', reason: '' }] })}\nx`,
      "'unreadable'",
    ],
    [`${JSON.stringify({ ...head, unreadable: [{ line: 1, bytes: -1, code: 'NOT_JSON', reason: '' }] })}\nx`, 'bytes'],
    [`${JSON.stringify({ ...head, unreadable: [{ line: 1, bytes: 2, code: 'NOT_JSON', reason: '' }] })}\nx`, 'ends'],
  ])('that is not right is refused whole: %j', (body, why) => {
    expect(() => readIntake(bytesOf(body))).toThrow(why);
  });
});
