import { Consumer, ListOffsetTimestamps } from '@platformatic/kafka';
import { present } from '../../base/assert.ts';
import { DaybookError } from '../../base/errors.ts';
import type {
  PartitionExtent,
  ReadPartition,
  TopicMessage,
  TopicPartition,
  TopicPlace,
  TopicReader,
} from '../../ports/messages.ts';
import type { KafkaConnection } from './connection.ts';
import { kafkaFailure } from './failure.ts';

const PARTITION_BYTES_MAX = 1024 * 1024;
const BYTES_MAX = 8 * 1024 * 1024;
/** A batch of the log that belongs to a transaction. */
const TRANSACTIONAL_BATCH = 0b1_0000;
/** A batch of the log that holds what only brokers read: how a transaction ended. */
const CONTROL_BATCH = 0b10_0000;
/** The type of such a marker is behind its version, in 16 bits each: 0 says that the transaction was taken back. */
const MARKER_TYPE_AT = 2;
const ABORT_MARKER = 0;
/** A batch whose records have the time at which the broker wrote it (`message.timestamp.type=LogAppendTime`). */
const LOG_APPEND_TIME = 0b1000;
/** A client that joins no group must name one all the same. */
const NO_GROUP = 'daybook-reader';

/** Opens a reader of topics. Nothing is sent before the first call. */
export function openTopicReader(connection: KafkaConnection, clientId: string): TopicReader {
  const client = new Consumer({ ...connection, clientId, groupId: NO_GROUP });
  return {
    read: async (places, waitMs) => {
      try {
        return await read(client, places, waitMs);
      } catch (error) {
        // Whatever it was, leaders may have moved.
        client.clearMetadata();
        throw kafkaFailure(error, `read ${namesOf(places)}`);
      }
    },
    extents: async (topics) => {
      try {
        return await extents(client, topics);
      } catch (error) {
        client.clearMetadata();
        throw kafkaFailure(error, `look at topics ${topics.join(', ')}`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await client.close(true);
    },
  };
}

function namesOf(places: readonly TopicPartition[]): string {
  return `topics ${[...new Set(places.map(({ topic }) => topic))].join(', ')}`;
}

type Client = Consumer;
type FetchRequest = Parameters<Client['fetch']>[0];
type FetchedPartition = Awaited<ReturnType<Client['fetch']>>['responses'][number]['partitions'][number];

/** One request to each broker that leads one of the partitions. */
async function read(client: Client, places: readonly TopicPlace[], waitMs: number): Promise<readonly ReadPartition[]> {
  const { topics } = await client.metadata({ topics: [...new Set(places.map(({ topic }) => topic))] });
  const byLeader = new Map<number, TopicPlace[]>();
  const nameOf = new Map<string, string>();
  for (const place of places) {
    const topic = present(topics.get(place.topic), 'metadata has the topics that were asked for');
    requireSame(place, topic.id);
    const { leader } = present(topic.partitions[place.partition], 'a partition that is read is one of the topic');
    nameOf.set(topic.id, place.topic);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), place]);
  }
  const answers = await Promise.all(
    [...byLeader].map(async ([node, led]) => {
      const request: FetchRequest = {
        node,
        maxWaitTime: waitMs,
        minBytes: 1,
        maxBytes: BYTES_MAX,
        topics: led.map(({ topic, partition, nextOffset }) => ({
          topicId: present(topics.get(topic), 'metadata has the topics that were asked for').id,
          partitions: [
            {
              partition,
              currentLeaderEpoch: -1,
              lastFetchedEpoch: -1,
              fetchOffset: BigInt(nextOffset),
              partitionMaxBytes: PARTITION_BYTES_MAX,
            },
          ],
        })),
      };
      const { responses } = await client.fetch(request);
      return responses.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => {
          const topic = present(nameOf.get(topicId), 'only what was asked for is answered');
          const place = led.find((each) => each.topic === topic && each.partition === partition.partitionIndex);
          return readPartition(present(place, 'only what was asked for is answered'), partition);
        }),
      );
    }),
  );
  return answers.flat();
}

/** An offset means nothing in another topic. */
function requireSame({ topic, topicId }: TopicPlace, idNow: string): void {
  if (topicId === undefined || topicId === idNow) return;
  throw new DaybookError(
    'TOPIC_MADE_ANEW',
    `Topic ${topic} was made anew while it was read: its id is ${idNow}, and was ${topicId}.`,
    { retryable: true, details: { topic, topicId, idNow } },
  );
}

function readPartition(place: TopicPlace, partition: FetchedPartition): ReadPartition {
  const messages: TopicMessage[] = [];
  const isTakenBack = transactionsTakenBack(partition);
  let { nextOffset } = place;
  for (const batch of partition.records ?? []) {
    const first = Number(batch.firstOffset);
    nextOffset = Math.max(nextOffset, first + batch.lastOffsetDelta + 1);
    if (isTakenBack(batch) || (batch.attributes & CONTROL_BATCH) !== 0) continue;
    for (const record of batch.records) {
      const offset = first + record.offsetDelta;
      // A batch may begin before the place that was asked for.
      if (offset < place.nextOffset) continue;
      const isWrittenTime = (batch.attributes & LOG_APPEND_TIME) !== 0;
      const timestampMs = Number(isWrittenTime ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta);
      messages.push({ offset, timestampMs, key: record.key, value: record.value });
    }
  }
  return { ...place, nextOffset, messages, endOffset: Number(partition.lastStableOffset) };
}

type Batch = NonNullable<FetchedPartition['records']>[number];

/**
 * Whether a batch is of a transaction that its producer took back; to be asked of each batch, in order. The library leaves out
 * those of a producer's last transaction alone, and only if it ends within the same answer.
 * Source: KIP-98, 'READ_COMMITTED'; CompletedFetch of Kafka's Java client
 */
function transactionsTakenBack({ abortedTransactions }: FetchedPartition): (batch: Batch) => boolean {
  let begins = abortedTransactions ?? [];
  const open = new Set<bigint>();
  return ({ attributes, producerId, firstOffset, lastOffsetDelta, records }) => {
    if (producerId < 0n) return false;
    const isBegun = (begin: (typeof begins)[number]): boolean =>
      begin.firstOffset <= firstOffset + BigInt(lastOffsetDelta);
    for (const begin of begins.filter(isBegun)) open.add(begin.producerId);
    begins = begins.filter((begin) => !isBegun(begin));
    if ((attributes & CONTROL_BATCH) !== 0) {
      if (records[0]?.key?.readInt16BE(MARKER_TYPE_AT) === ABORT_MARKER) open.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL_BATCH) !== 0 && open.has(producerId);
  };
}

async function extents(client: Client, topics: readonly string[]): Promise<readonly PartitionExtent[]> {
  const known = await client.metadata({ topics: [...topics] });
  const [first, end] = await Promise.all([
    client.listOffsets({ topics: [...topics], timestamp: ListOffsetTimestamps.EARLIEST }),
    client.listOffsets({ topics: [...topics], timestamp: ListOffsetTimestamps.LATEST }),
  ]);
  return topics.flatMap((topic) =>
    present(end.get(topic), 'all topics that were asked for are answered').map((endOffset, partition) => ({
      topic,
      topicId: present(known.topics.get(topic), 'metadata has the topics that were asked for').id,
      partition,
      firstOffset: Number(first.get(topic)?.[partition] ?? 0n),
      endOffset: Number(endOffset),
    })),
  );
}
