import type { ProducerOptions } from '@platformatic/kafka';
import { compatibilityPartitioner, Producer } from '@platformatic/kafka';
import { present } from '../../base/assert.ts';
import type { KafkaConnection } from './connection.ts';
import { kafkaFailure } from './failure.ts';

/** A partition's messages go out as one batch, which must be under the broker's limit of 1 MiB with what surrounds it. */
const BATCH_BYTES_MAX = 900_000;
/** About what a message has besides its key and value. */
const MESSAGE_BYTES = 32;
/** A broker that starts again is back within this, as a rule: 13 s in all. */
const RETRIES = 10;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2000;

/** The longest key and value that a topic takes, unless it was told to take more. */
export const MESSAGE_BYTES_MAX = BATCH_BYTES_MAX - MESSAGE_BYTES;

/** A message to be written. */
export interface NewMessage {
  readonly topic: string;
  /** Messages of a key are in one partition, in order; null: the first partition. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

/** Where a partition goes on, as of an answer. */
export interface PartitionEnd {
  readonly topic: string;
  readonly partition: number;
  readonly endOffset: number;
}

/** Writes messages to topics, in the order of the calls. */
export interface TopicProducer extends AsyncDisposable {
  /**
   * Resolves once all in-sync copies have all the messages. If it fails, some of them may be in the topics: sent again,
   * they are there twice.
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable) after 13 s of trying, or at once as long as it never was
   *   reached; `TOPIC_MISSING`, `KAFKA_REFUSED`, `MESSAGE_TOO_LARGE`
   */
  send(messages: readonly NewMessage[]): Promise<readonly PartitionEnd[]>;
}

interface Waiting {
  readonly messages: readonly NewMessage[];
  readonly resolve: (ends: readonly PartitionEnd[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a producer that waits for all copies (acks=all) and whose retries do not repeat a message (idempotent). */
export function openTopicProducer(connection: KafkaConnection, clientId: string): TopicProducer {
  const options: ProducerOptions<Buffer, Buffer, Buffer, Buffer> = {
    ...connection,
    clientId,
    idempotent: true,
    retries: RETRIES,
    retryDelay: (_client, _operation, attempt) => Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (attempt - 1)),
    // A batch may never follow one that failed, so the next is sent when the last is acknowledged.
    maxInflights: 1,
    repeatOnStaleMetadata: true,
  };
  return new SerialProducer(new Producer(options));
}

/** What waits is sent together, one request a broker at a time, so that many small sends cost no more than few large. */
class SerialProducer implements TopicProducer {
  readonly #client: Producer;
  readonly #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #wasReached = false;

  constructor(client: Producer) {
    this.#client = client;
  }

  send(messages: readonly NewMessage[]): Promise<readonly PartitionEnd[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const { promise, resolve, reject } = Promise.withResolvers<readonly PartitionEnd[]>();
    this.#waiting.push({ messages, resolve, reject });
    this.#sending ??= this.#sendWaiting();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending;
    await this.#client.close(true);
  }

  async #sendWaiting(): Promise<void> {
    // Sends of the same turn go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0);
      try {
        const ends = await this.#sendAll(together.flatMap(({ messages }) => messages));
        for (const { resolve } of together) resolve(ends);
      } catch (error) {
        this.#client.clearMetadata();
        for (const { reject } of together) reject(kafkaFailure(error, 'write to Kafka'));
      }
    }
    this.#sending = undefined;
  }

  async #sendAll(messages: readonly NewMessage[]): Promise<readonly PartitionEnd[]> {
    const counts = await this.#partitionCounts(messages);
    const ends = new Map<string, PartitionEnd>();
    for (const batch of batchesOf(messages, counts)) {
      const { offsets = [] } = await this.#client.send({ messages: batch.messages });
      for (const { topic, partition, offset } of offsets) {
        const name = `${topic}/${partition}`;
        const endOffset = Number(offset) + (batch.counts.get(name) ?? 0);
        ends.set(name, { topic, partition, endOffset });
      }
    }
    return [...ends.values()];
  }

  async #partitionCounts(messages: readonly NewMessage[]): Promise<ReadonlyMap<string, number>> {
    const topics = [...new Set(messages.map(({ topic }) => topic))];
    // Who was never reached is more likely a wrong address than a broker that starts again.
    const metadata = await this.#client.metadata({ topics, ...(!this.#wasReached && { retries: 0 }) });
    this.#wasReached = true;
    return new Map([...metadata.topics].map(([name, { partitionsCount }]) => [name, partitionsCount]));
  }
}

interface Batch {
  readonly messages: { topic: string; key?: Buffer; value: Buffer; partition: number }[];
  /** By topic and partition: how many of the messages. */
  readonly counts: Map<string, number>;
}

/** Messages in requests, none of which has more for a partition than a broker takes in one batch. */
function* batchesOf(messages: readonly NewMessage[], partitionCounts: ReadonlyMap<string, number>): Generator<Batch> {
  let batch: Batch = { messages: [], counts: new Map() };
  let bytes = new Map<string, number>();
  for (const { topic, key, value } of messages) {
    const count = present(partitionCounts.get(topic), 'metadata has the topics that were asked for');
    const keyBytes = key === null ? undefined : bufferOf(key);
    // As Kafka's own clients do, so that a key is in one partition whoever sends it.
    const partition = compatibilityPartitioner({ topic }, keyBytes) % count;
    const name = `${topic}/${partition}`;
    const size = value.length + (key?.length ?? 0) + MESSAGE_BYTES;
    const before = bytes.get(name) ?? 0;
    if (before > 0 && before + size > BATCH_BYTES_MAX) {
      yield batch;
      batch = { messages: [], counts: new Map() };
      bytes = new Map();
    }
    bytes.set(name, (bytes.get(name) ?? 0) + size);
    batch.counts.set(name, (batch.counts.get(name) ?? 0) + 1);
    batch.messages.push({ topic, partition, value: bufferOf(value), ...(keyBytes && { key: keyBytes }) });
  }
  if (batch.messages.length > 0) yield batch;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
