import { Consumer, Producer } from '@platformatic/kafka';

/** A message as any consumer sees it. */
export interface TopicMessage {
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: string;
}

/** All that stands in a topic now; of each partition in its order. */
export async function readTopic(brokers: string, topic: string): Promise<readonly TopicMessage[]> {
  const consumer = new Consumer({ clientId: 'test', groupId: `test-${topic}`, bootstrapBrokers: brokers.split(',') });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const total = ends.reduce((sum, end) => sum + Number(end), 0);
    const messages: TopicMessage[] = [];
    if (total === 0) return messages;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const { partition, key, value } of stream) {
      messages.push({ partition, key: (key as Buffer | null)?.toString(), value: value.toString() });
      if (messages.length === total) break;
    }
    return messages;
  } finally {
    await consumer.close(true);
  }
}

/** Writes records as a producer does that is not Daybook's; each awaited, so they are in the order given. */
export async function produce(
  brokers: string,
  messages: readonly { readonly topic: string; readonly key?: string; readonly value: string }[],
): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: brokers.split(','), acks: -1 });
  try {
    for (let start = 0; start < messages.length; start += 1000) {
      const some = messages.slice(start, start + 1000).map(({ topic, key, value }) => {
        return { topic, value: Buffer.from(value), ...(key !== undefined && { key: Buffer.from(key) }) };
      });
      await producer.send({ messages: some });
    }
  } finally {
    await producer.close();
  }
}
