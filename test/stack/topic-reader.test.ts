import { Producer } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import type { ReadPartition, TopicPlace, TopicReader } from '../../src/ports/messages.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { runDaybook } from '../process/daybook-process.ts';
import { startServers } from './servers.ts';
import { produce } from './topic-messages.ts';

const TOPIC = 'daily_records';
const HALF_A_MIB = 'x'.repeat(512 * 1024);

async function apply(kafka: string, partitions: number): Promise<void> {
  const target = ['--target', 'kafka', '--kafka', kafka];
  const { code, stderr } = await runDaybook(['apply', ...target, '--partitions', String(partitions)]);
  expect([code, stderr]).toEqual([0, '']);
}

async function placesOf(reader: TopicReader): Promise<readonly TopicPlace[]> {
  const extents = await reader.extents([TOPIC]);
  return extents.map(({ topic, topicId, partition, firstOffset }) => ({
    topic,
    topicId,
    partition,
    nextOffset: firstOffset,
  }));
}

/** The only partition to its end, one answer after the other. */
async function readToEnd(reader: TopicReader): Promise<readonly ReadPartition[]> {
  const [extent] = await reader.extents([TOPIC]);
  const answers: ReadPartition[] = [];
  let places = await placesOf(reader);
  while (places.some(({ nextOffset }) => nextOffset < (extent?.endOffset ?? 0))) {
    const read = await reader.read(places, 100);
    answers.push(...read);
    if (read.length > 0) places = read;
  }
  return answers;
}

test('what its producer took back is not read, however long it is, and its end is reached', async () => {
  await using servers = await startServers(['kafka']);
  const { kafka } = servers.at;
  await apply(kafka, 1);
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [kafka],
    idempotent: true,
    transactionalId: 'shop',
  });
  const transact = async (end: 'commit' | 'abort', values: readonly string[]): Promise<void> => {
    const transaction = await producer.beginTransaction();
    for (const value of values) {
      await transaction.send({ messages: [{ topic: TOPIC, value: Buffer.from(value) }] });
    }
    await transaction[end]();
  };
  // Several that are short stand in one answer; one that is long has its end in another answer than its beginning.
  await transact('abort', ['back 1']);
  await transact('commit', ['sold 1']);
  await transact('abort', ['back 2']);
  await produce(kafka, [{ topic: TOPIC, value: 'sold 2' }]);
  await transact(
    'abort',
    [3, 4, 5, 6, 7, 8].map((n) => `back ${n} ${HALF_A_MIB}`),
  );
  await transact('commit', ['sold 3']);
  await transact('abort', ['back 9']);
  const open = await producer.beginTransaction();
  await open.send({ messages: [{ topic: TOPIC, value: Buffer.from('back 10') }] });

  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
  const answers = await readToEnd(reader);
  const values = answers.flatMap(({ messages }) => messages.map(({ value }) => Buffer.from(value ?? []).toString()));
  expect(values.map((value) => value.slice(0, 6))).toEqual(['sold 1', 'sold 2', 'sold 3']);
  const last = answers.at(-1);
  // What is not decided yet is not there yet.
  expect(last?.endOffset).toBe(last?.nextOffset);
  await open.abort();
  await producer.close(true);
}, 120_000);

// The broker's session of a reader sees to it: a partition of which something was read comes last the next time.
test('a partition is read though others have more behind them than an answer holds', async () => {
  await using servers = await startServers(['kafka']);
  const { kafka } = servers.at;
  await apply(kafka, 12);
  for (let n = 0; n < 120; n++) await produce(kafka, [{ topic: TOPIC, key: `key ${n}`, value: HALF_A_MIB }]);

  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
  let places = await placesOf(reader);
  for (let turn = 0; turn < 4; turn++) {
    const read = await reader.read(places, 100);
    places = places.map((place) => read.find(({ partition }) => partition === place.partition) ?? place);
  }
  expect(places.filter(({ nextOffset }) => nextOffset === 0)).toEqual([]);
}, 120_000);
