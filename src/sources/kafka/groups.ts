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

/** Looks at the consumer groups of a cluster. */
export interface GroupsReader extends AsyncDisposable {
  /**
   * What all groups have committed of some topics.
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`
   */
  places(topics: ReadonlySet<string>): Promise<readonly GroupPlace[]>;
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
    [Symbol.asyncDispose]: async () => {
      await admin.close();
    },
  };
}
