import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicPartition } from '../../ports/messages.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster } from './cluster.ts';

const MICROS_PER_MS = 1_000;

/** Where the sinks stand. Throws what `CassandraCluster` does. */
export interface CassandraSinkPlaces {
  /** The places in topics; partitions that were never worked on are left out. */
  read(topics: readonly string[]): Promise<readonly WorkedPlace[]>;
  /** Notes places; to be called when all up to there is written. They hold against any that was read here before. */
  note(places: readonly WorkedPlace[]): Promise<void>;
}

export function cassandraSinkPlaces(cluster: CassandraCluster, plan: Plan, clock: Clock): CassandraSinkPlaces {
  const { readProgress, writeProgress } = cassandraStatements(plan);
  /** By partition, the write timestamp of its place: of two notes the one with the later timestamp holds, and clocks differ. */
  const writtenAt = new Map<string, number>();
  return {
    async read(topics) {
      const rows = await cluster.runEach(
        readProgress,
        topics.map((topic) => [topic]),
      );
      return topics.flatMap((topic, index) =>
        (rows[index] ?? []).map((row) => {
          const place = { topic, partition: Number(row.get('partition')), nextOffset: Number(row.get('next_offset')) };
          writtenAt.set(nameOf(place), Number(row.get('written_at')));
          const topicId = row.get('topic_id') as string | null;
          return {
            ...place,
            topicId: topicId ?? undefined,
            accepted: Number(row.get('accepted')),
            duplicates: Number(row.get('duplicates')),
            refused: Number(row.get('refused')),
          };
        }),
      );
    },
    async note(places) {
      const values = places.map((place) => {
        const { topic, partition, nextOffset, accepted, duplicates, refused, topicId } = place;
        const micros = Math.max(clock.nowMs() * MICROS_PER_MS, (writtenAt.get(nameOf(place)) ?? 0) + 1);
        return [topic, partition, nextOffset, accepted, duplicates, refused, topicId ?? null, micros];
      });
      await cluster.runEach(writeProgress, values);
    },
  };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
