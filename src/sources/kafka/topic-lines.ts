import { isUtf8 } from 'node:buffer';
import type { TopicMessage } from '../../ports/messages.ts';
import type { Unreadable } from '../../ports/runtime.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** Blank lines stand for offsets that hold no message, so that lines are numbered by offsets; for no more than this. */
const GAP_MAX = 1000;

/** Messages of a partition as lines, one an offset. */
export interface TopicLines {
  readonly lines: Uint8Array;
  /** What is no line of JSON, numbered by its offset. */
  readonly unreadable: readonly Unreadable[];
}

/**
 * Makes lines of messages: each value as it came, but for line feeds between JSON's tokens, which become spaces.
 * @param messages  of one partition, in order, at least one, without large gaps; the first line is the first message's
 */
export function topicLines(messages: readonly TopicMessage[]): TopicLines {
  const first = messages[0]?.offset ?? 0;
  const last = messages.at(-1)?.offset ?? 0;
  const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  const lines = new Uint8Array(bytes + (last - first) + 1).fill(LINE_FEED);
  const unreadable: Unreadable[] = [];
  let at = 0;
  let offset = first;
  for (const message of messages) {
    at += message.offset - offset;
    const value = lineOf(message.value);
    if ('reason' in value) {
      unreadable.push({ line: message.offset, ...value });
    } else {
      lines.set(value, at);
      at += value.length;
    }
    // Its line feed.
    at++;
    offset = message.offset + 1;
  }
  return { lines: lines.subarray(0, at), unreadable };
}

/** The first of the messages, up to where many offsets in a row are gone, as in a compacted topic. */
export function upToGap(messages: readonly TopicMessage[]): readonly TopicMessage[] {
  const end = messages.findIndex(({ offset }, index) => offset - (messages[index - 1]?.offset ?? offset) > GAP_MAX);
  return end === -1 ? messages : messages.slice(0, end);
}

function lineOf(value: Uint8Array | null): Uint8Array | Omit<Unreadable, 'line'> {
  if (value === null || value.every((byte) => byte <= SPACE)) {
    return { code: 'NOT_JSON', reason: 'the message has no value', record: '' };
  }
  if (!value.includes(LINE_FEED)) return value;
  if (!isUtf8(value)) return { code: 'NOT_UNICODE', reason: 'the message is no UTF-8', record: value };
  const text = Buffer.from(value).toString();
  try {
    JSON.parse(text);
  } catch {
    // In a text of JSON a line feed is written \n, so this is none, and must not become any by what is done here.
    return { code: 'NOT_JSON', reason: 'the message has several lines that are no JSON together', record: text };
  }
  return value.map((byte) => (byte === LINE_FEED ? SPACE : byte));
}
