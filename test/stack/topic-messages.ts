import { Consumer } from '@platformatic/kafka';

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
