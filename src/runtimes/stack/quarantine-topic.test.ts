import { expect, it } from 'vitest';
import type { TopicMessage } from '../../ports/messages.ts';
import { quarantineEntry, quarantineValue } from './quarantine-topic.ts';

const at = { topic: 'daily_records_quarantine', partition: 0 };

function messageOf(value: string): TopicMessage {
  return { offset: 3, timestampMs: 7, key: null, value: Buffer.from(value) };
}

it('an entry comes back from the topic as it went in, a refused row with the record that was made of it', () => {
  const entry = { atMs: 5, origin: 'a.csv', line: 2, code: 'WRONG_TYPE', reason: 'odd', encoding: 'utf8' } as const;
  for (const each of [
    { ...entry, record: 'no JSON' },
    { ...entry, record: 'a,much', field: 'price', converted: '{"price":"much"}' },
  ]) {
    expect(quarantineEntry(at, messageOf(quarantineValue(each)))).toEqual(each);
  }
});

it('a message that is no entry is itself what was refused', () => {
  expect(quarantineEntry(at, messageOf('no entry'))).toMatchObject({ code: 'NOT_JSON', record: 'no entry', line: 3 });
});
