import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicPartition } from '../../ports/messages.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster } from './cluster.ts';

const MICROS_PER_MS = 1_000;

/** Where the sinks stand. Throws what `CassandraCluster` does. */
export interface CassandraSinkPlaces {
  /** The places in topics; partitions that were never worked on, or are to be begun anew, are left out. */
  read(topics: readonly string[]): Promise<readonly WorkedPlace[]>;
  /**
   * Notes places; to be called when all up to there is written. They hold against any that was read here before, but not where the
   * topic is to be begun anew since.
   */
  note(places: readonly WorkedPlace[]): Promise<void>;
}

export function cassandraSinkPlaces(
  cluster: CassandraCluster,
  plan: Plan,
  clock: Pick<Clock, 'nowMs'>,
): CassandraSinkPlaces {
  const { readFillings, readProgress, writeProgress } = cassandraStatements(plan);
  /** By partition, the write timestamp of its place: of two notes the one with the later timestamp holds, and clocks differ. */
  const writtenAt = new Map<string, number>();
  /** By topic, how many fillings there were when it was read last. */
  const known = new Map<string, number>();
  return {
    async read(topics) {
      const values = topics.map((topic) => [topic]);
      const [fillings, progress] = await Promise.all([
        cluster.runEach(readFillings, values),
        cluster.runEach(readProgress, values),
      ]);
      return topics.flatMap((topic, index) => {
        const begun = (fillings[index] ?? []).filter((row) => row.get('may_begin') === true).length;
        known.set(topic, begun);
        return (progress[index] ?? []).flatMap((row) => {
          const place = { topic, partition: Number(row.get('partition')), nextOffset: Number(row.get('next_offset')) };
          writtenAt.set(nameOf(place), Number(row.get('written_at')));
          if (Number(row.get('fillings')) !== begun) return [];
          const topicId = row.get('topic_id') as string | null;
          return {
            ...place,
            topicId: topicId ?? undefined,
            accepted: Number(row.get('accepted')),
            duplicates: Number(row.get('duplicates')),
            refused: Number(row.get('refused')),
          };
        });
      });
    },
    async note(noted) {
      const values = noted.map((place) => {
        const { topic, partition, nextOffset, accepted, duplicates, refused, topicId } = place;
        const micros = Math.max(clock.nowMs() * MICROS_PER_MS, (writtenAt.get(nameOf(place)) ?? 0) + 1);
        const fillings = known.get(topic) ?? 0;
        return [topic, partition, nextOffset, accepted, duplicates, refused, topicId ?? null, fillings, micros];
      });
      await cluster.runEach(writeProgress, values);
    },
  };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
