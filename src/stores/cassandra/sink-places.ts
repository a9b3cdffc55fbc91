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
  /** Has the sinks read topics from their beginning, those that are at it as well. */
  beginAnew(topics: readonly string[]): Promise<void>;
}

export function cassandraSinkPlaces(
  cluster: CassandraCluster,
  plan: Plan,
  clock: Pick<Clock, 'nowMs'>,
): CassandraSinkPlaces {
  const { readProgress, writeProgress } = cassandraStatements(plan);
  /** By partition, the write timestamp of its place: of two notes the one with the later timestamp holds, and clocks differ. */
  const writtenAt = new Map<string, number>();
  const places: CassandraSinkPlaces = {
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
    async note(noted) {
      const values = noted.map((place) => {
        const { topic, partition, nextOffset, accepted, duplicates, refused, topicId } = place;
        const micros = Math.max(clock.nowMs() * MICROS_PER_MS, (writtenAt.get(nameOf(place)) ?? 0) + 1);
        return [topic, partition, nextOffset, accepted, duplicates, refused, topicId ?? null, micros];
      });
      await cluster.runEach(writeProgress, values);
    },
    async beginAnew(topics) {
      for (;;) {
        const begun = (await places.read(topics)).filter(({ nextOffset }) => nextOffset > 0);
        if (begun.length === 0) return;
        // Not deleted: a sink whose clock is behind that of the deletion could note nothing until it has passed it.
        const beginning = { nextOffset: 0, accepted: 0, duplicates: 0, refused: 0 };
        await places.note(begun.map(({ topic, partition }) => ({ topic, partition, ...beginning })));
      }
    },
  };
  return places;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
