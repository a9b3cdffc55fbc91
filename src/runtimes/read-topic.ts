import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { KafkaConnection } from '../sources/kafka/connection.ts';
import { openTopicReader } from '../sources/kafka/topic-reader.ts';
import { TopicSource } from '../sources/kafka/topic-source.ts';
import { topicId } from '../sources/kafka/topics.ts';

export interface ReadTopicOptions {
  readonly engine: Engine;
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onNotice: (sentence: string) => void;
}

/**
 * Has the embedded engine take in a topic of records until the signal, each record once whatever happens.
 * @throws DaybookError what no waiting mends: `TOPIC_MISSING`, `KAFKA_REFUSED`
 */
export async function readTopic({
  engine,
  connection,
  topic,
  clock,
  signal,
  onNotice,
}: ReadTopicOptions): Promise<void> {
  await using reader = openTopicReader(connection, 'daybook');
  const source = new TopicSource({
    door: engine,
    reader,
    topic,
    topicId: () => topicId(connection, topic),
    clock,
    onNotice,
  });
  engine.tellOf(() => source.status());
  await source.run(signal);
}
