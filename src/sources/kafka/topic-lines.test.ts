import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TopicMessage } from '../../ports/messages.ts';
import { topicLines, upToGap } from './topic-lines.ts';

function message(offset: number, value: string | Uint8Array | null): TopicMessage {
  return { offset, timestampMs: 0, key: null, value: typeof value === 'string' ? Buffer.from(value) : value };
}

const linesOf = (messages: readonly TopicMessage[]): readonly string[] =>
  Buffer.from(topicLines(messages).lines).toString().split('\n');

describe('the lines of messages', () => {
  it('are their values as they came, each at its offset', () => {
    expect(linesOf([message(7, '{"a": 1}'), message(8, ' {"b":2}\r'), message(10, '{"c":3}')])).toEqual([
      '{"a": 1}',
      ' {"b":2}\r',
      '',
      '{"c":3}',
      '',
    ]);
  });

  it('have no line feeds that stood between tokens, and leave out what is no JSON', () => {
    const broken = '{"name":"two\nlines"}';
    const { lines, unreadable } = topicLines([
      message(0, '{\n  "a": "x\\ny"\n}'),
      message(1, broken),
      message(2, null),
      message(3, ' \n'),
      message(4, Uint8Array.of(0xff, 10, 0xff)),
      message(5, '{}'),
    ]);
    expect(Buffer.from(lines).toString()).toBe('{   "a": "x\\ny" }\n\n\n\n\n{}\n');
    expect(unreadable.map(({ line, code, record }) => [line, code, record])).toEqual([
      [1, 'NOT_JSON', broken],
      [2, 'NOT_JSON', ''],
      [3, 'NOT_JSON', ''],
      [4, 'NOT_UNICODE', Uint8Array.of(0xff, 10, 0xff)],
    ]);
  });

  it('end where many offsets are gone, however the messages are dealt out', () => {
    const steps = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5000 })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.nat(1000), steps, (start, gaps) => {
        let offset = start;
        const messages = gaps.map((gap, index) => message((offset += gap), `{"n":${index}}`));
        const read: [number, string][] = [];
        for (let rest: readonly TopicMessage[] = messages; rest.length > 0;) {
          const together = upToGap(rest);
          rest = rest.slice(together.length);
          const first = together[0]?.offset ?? -1;
          linesOf(together).forEach((line, index) => line !== '' && read.push([first + index, line]));
        }
        expect(read).toEqual(messages.map(({ offset: at }, index) => [at, `{"n":${index}}`]));
      }),
    );
  });
});
