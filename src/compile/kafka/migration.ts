import { counted } from '../../base/counted.ts';
import type { KafkaTopic } from './topics.ts';

/** A topic as a cluster has it. */
export interface ExistingTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** All its settings, those of the broker among them. */
  readonly config: Readonly<Record<string, string>>;
}

/** How a cluster's topics become what the definition asks for. */
export interface KafkaMigration {
  readonly create: readonly KafkaTopic[];
  readonly morePartitions: readonly { readonly name: string; readonly partitions: number }[];
  readonly configure: readonly { readonly name: string; readonly config: Readonly<Record<string, string>> }[];
  /** What is done, and what is left as it is, a sentence each. */
  readonly notes: readonly string[];
  /** What would lose data, a sentence each that says what to do. While there is one, nothing is to be done. */
  readonly refusals: readonly string[];
}

/**
 * Compares a cluster with the topics that a definition asks for.
 * @param isPartitionsTold  whether the number of partitions was asked for; else a topic that is there keeps its own
 */
export function topicMigration(
  wanted: readonly KafkaTopic[],
  existing: readonly ExistingTopic[],
  isPartitionsTold: boolean,
): KafkaMigration {
  const pairs = wanted.map((topic) => ({ topic, before: existing.find(({ name }) => name === topic.name) }));
  const create = pairs.filter(({ before }) => before === undefined).map(({ topic }) => topic);
  const known = pairs.flatMap(({ topic, before }) => (before === undefined ? [] : [{ topic, before }]));
  const partitions = known.map(({ topic, before }) => partitionChange(topic, before, isPartitionsTold));
  const configs = known.map(({ topic, before }) => configChange(topic, before));
  return {
    create,
    morePartitions: partitions.flatMap(({ change }) => change ?? []),
    configure: configs.flatMap(({ change }) => change ?? []),
    notes: [
      ...create.map(({ name, partitions: count }) => `${name}: created with ${counted(count, 'partition')}`),
      ...[...partitions, ...configs].flatMap(({ note }) => note ?? []),
    ],
    refusals: [...partitions, ...configs].flatMap(({ refusal }) => refusal ?? []),
  };
}

interface Compared<T> {
  readonly change?: T;
  readonly note?: string;
  readonly refusal?: string;
}

type PartitionsChange = KafkaMigration['morePartitions'][number];
type ConfigChange = KafkaMigration['configure'][number];

/** The stream's topic may grow. Of the others no more is asked than they have. */
function partitionChange(topic: KafkaTopic, before: ExistingTopic, isTold: boolean): Compared<PartitionsChange> {
  const { name, partitions, role } = topic;
  if (role !== 'stream' || !isTold || before.partitions === partitions) return {};
  if (partitions < before.partitions) {
    return {
      refusal:
        `${name} has ${counted(before.partitions, 'partition')}, and fewer would lose what the others hold. Ask for at ` +
        `least ${before.partitions} (--partitions ${before.partitions})`,
    };
  }
  return {
    change: { name, partitions },
    note:
      `${name}: ${partitions} partitions instead of ${before.partitions}; a repeat may be in another partition than ` +
      `its first one now, and is found all the same; have one sink alone fill Cassandra again from its beginning`,
  };
}

function configChange(topic: KafkaTopic, before: ExistingTopic): Compared<ConfigChange> {
  const { name, config } = topic;
  const policy = before.config['cleanup.policy'];
  if (policy !== config['cleanup.policy']) {
    return {
      refusal: isCompacted(topic)
        ? `${name} has cleanup.policy ${policy}, and would be compacted, which takes messages away that have no key or ` +
          `an older value. Move its consumers to another topic, or delete it if nobody needs what it holds, and apply again`
        : `${name} has cleanup.policy ${policy}, which takes records away. Set it to delete with your own tools once you ` +
          `have made sure that nothing is missing (kafka-configs --alter --add-config cleanup.policy=delete)`,
    };
  }
  const different = Object.entries(config).filter(([key, value]) => before.config[key] !== value);
  if (different.length === 0) return {};
  return {
    change: { name, config: Object.fromEntries(different) },
    note: `${name}: ${different.map(([key, value]) => `${key} is ${value} instead of ${before.config[key]}`).join(', ')}`,
  };
}

function isCompacted({ config }: KafkaTopic): boolean {
  return config['cleanup.policy'] === 'compact';
}
