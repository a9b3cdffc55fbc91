import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { present } from '../../base/assert.ts';
import type { ExistingTopic, KafkaMigration } from '../../compile/kafka/migration.ts';
import { topicMigration } from '../../compile/kafka/migration.ts';
import type { KafkaTopic } from '../../compile/kafka/topics.ts';
import type { KafkaConnection } from './connection.ts';
import { kafkaFailure } from './failure.ts';

/** Copies of each message, where there are brokers for so many. */
const REPLICAS_MAX = 3;

export interface ApplyTopicsOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly KafkaTopic[];
  /** Whether their number of partitions was asked for; else a topic that is there keeps its own. */
  readonly isPartitionsTold: boolean;
}

/**
 * Makes a cluster's topics what the definition asks for, unless that would lose data. Again, it changes nothing.
 * @returns what was done; with refusals, nothing was
 * @throws DaybookError `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`
 */
export async function applyTopics({
  connection,
  topics,
  isPartitionsTold,
}: ApplyTopicsOptions): Promise<KafkaMigration> {
  const admin = new Admin({ ...connection, clientId: 'daybook-apply' });
  try {
    const migration = topicMigration(topics, await existingTopics(admin, topics), isPartitionsTold);
    if (migration.refusals.length === 0) await migrate(admin, migration);
    return migration;
  } catch (error) {
    throw kafkaFailure(error, `make the topics at ${connection.bootstrapBrokers.join(',')}`);
  } finally {
    await admin.close();
  }
}

/**
 * The id of a topic, which stays with it and is no other's, not even if it is deleted and made anew.
 * @throws DaybookError `TOPIC_MISSING`, `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`
 */
export async function topicId(connection: KafkaConnection, topic: string): Promise<string> {
  const admin = new Admin({ ...connection, clientId: 'daybook', retries: 0 });
  try {
    const { topics } = await admin.metadata({ topics: [topic] });
    return present(topics.get(topic), 'metadata has the topics that were asked for').id;
  } catch (error) {
    throw kafkaFailure(error, `find topic ${topic}`);
  } finally {
    await admin.close();
  }
}

async function existingTopics(admin: Admin, wanted: readonly KafkaTopic[]): Promise<readonly ExistingTopic[]> {
  const there = new Set(await admin.listTopics());
  const names = wanted.map(({ name }) => name).filter((name) => there.has(name));
  if (names.length === 0) return [];
  const [metadata, described] = await Promise.all([
    admin.metadata({ topics: names, forceUpdate: true }),
    admin.describeConfigs({
      resources: names.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })),
    }),
  ]);
  return names.map((name) => {
    const partitions = metadata.topics.get(name)?.partitions ?? [];
    const configs = described.find(({ resourceName }) => resourceName === name)?.configs ?? [];
    return {
      name,
      partitions: partitions.length,
      replicas: partitions[0]?.replicas.length ?? 0,
      config: Object.fromEntries(configs.map((each) => [each.name, each.value ?? ''])),
    };
  });
}

async function migrate(admin: Admin, { create, morePartitions, configure }: KafkaMigration): Promise<void> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
  const replicas = Math.min(REPLICAS_MAX, brokers.size);
  for (const { name, partitions, config } of create) {
    // With three copies two must have a message before it is acknowledged, so that one broker may be away.
    const copies = { 'min.insync.replicas': String(Math.max(1, replicas - 1)) };
    const configs = Object.entries({ ...config, ...copies }).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({ topics: [name], partitions, replicas, configs });
  }
  if (morePartitions.length > 0) {
    const topics = morePartitions.map(({ name, partitions }) => ({ name, count: partitions, assignments: null }));
    await admin.createPartitions({ topics });
  }
  if (configure.length === 0) return;
  await admin.incrementalAlterConfigs({
    resources: configure.map(({ name, config }) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: name,
      configs: Object.entries(config).map(([key, value]) => {
        return { name: key, configOperation: IncrementalAlterConfigOperationTypes.SET, value };
      }),
    })),
  });
}
