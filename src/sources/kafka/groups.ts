import { Admin } from '@platformatic/kafka';
import type { KafkaConnection } from './connection.ts';
import { kafkaFailure } from './failure.ts';

/** How far a consumer group says that it has worked off a partition. */
export interface GroupPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
}

/** Looks at the consumer groups of a cluster, and at the room that its topics take. */
export interface GroupsReader extends AsyncDisposable {
  /**
   * What all groups have committed of some topics.
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`
   */
  places(topics: ReadonlySet<string>): Promise<readonly GroupPlace[]>;

  /**
   * How many bytes topics take on disk, one copy of each partition: the largest, as others may be behind.
   * @param partitions  the partitions of each topic
   * @returns by topic; a topic of which the brokers say nothing is not there
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`: it takes a right of its own
   */
  sizes(partitions: ReadonlyMap<string, readonly number[]>): Promise<ReadonlyMap<string, number>>;
}

export function openGroupsReader(connection: KafkaConnection): GroupsReader {
  const admin = new Admin({ ...connection, clientId: 'daybook-groups', retries: 0 });
  return {
    async places(topics) {
      try {
        const groups = [...(await admin.listGroups({ types: ['classic', 'consumer'] })).keys()];
        if (groups.length === 0) return [];
        const offsets = await admin.listConsumerGroupOffsets({ groups });
        return offsets.flatMap(({ groupId, topics: committed }) =>
          committed
            .filter(({ name }) => topics.has(name))
            .flatMap(({ name, partitions }) =>
              partitions
                .filter(({ committedOffset }) => committedOffset >= 0n)
                .map(({ partitionIndex, committedOffset }) => ({
                  group: groupId,
                  topic: name,
                  partition: partitionIndex,
                  committed: Number(committedOffset),
                })),
            ),
        );
      } catch (error) {
        throw kafkaFailure(error, 'look at consumer groups');
      }
    },
    async sizes(partitions) {
      const topics = [...partitions].map(([name, own]) => ({ name, partitions: [...own] }));
      try {
        const brokers = await admin.describeLogDirs({ topics });
        const copies = brokers.flatMap(({ results }) => results.flatMap(({ topics: own }) => own));
        return new Map([...partitions.keys()].flatMap((name) => sizeOf(name, copies)));
      } catch (error) {
        throw kafkaFailure(error, 'ask how much room topics take');
      }
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close();
    },
  };
}

interface TopicCopies {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly partitionSize: bigint }[];
}

function sizeOf(topic: string, copies: readonly TopicCopies[]): readonly (readonly [topic: string, bytes: number])[] {
  const largest = new Map<number, number>();
  for (const { partitionIndex, partitionSize } of copies.flatMap((copy) =>
    copy.name === topic ? copy.partitions : [],
  )) {
    largest.set(partitionIndex, Math.max(largest.get(partitionIndex) ?? 0, Number(partitionSize)));
  }
  return largest.size === 0 ? [] : [[topic, [...largest.values()].reduce((sum, bytes) => sum + bytes, 0)]];
}
