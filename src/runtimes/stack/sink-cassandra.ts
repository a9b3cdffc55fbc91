import { present } from '../../base/assert.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { DATA_KEYSPACE, OWN_KEYSPACE } from '../../compile/cassandra/cql.ts';
import { quarantineTopic } from '../../compile/kafka/topics.ts';
import type { ReadPartition, TopicPartition, TopicPlace } from '../../ports/messages.ts';
import type { StoredRecord, WorkedPlace } from '../../ports/stored-records.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import type { NewMessage, TopicProducer } from '../../sources/kafka/producer.ts';
import { openTopicProducer } from '../../sources/kafka/producer.ts';
import type { CassandraCluster } from '../../stores/cassandra/cluster.ts';
import type { CassandraRecordSink } from '../../stores/cassandra/record-sink.ts';
import { cassandraRecordSink } from '../../stores/cassandra/record-sink.ts';
import type { CassandraReportSink } from '../../stores/cassandra/report-sink.ts';
import { cassandraReportSink } from '../../stores/cassandra/report-sink.ts';
import type { CassandraSinkPlaces } from '../../stores/cassandra/sink-places.ts';
import { cassandraSinkPlaces } from '../../stores/cassandra/sink-places.ts';
import type { GroupSession } from './group-sessions.ts';
import { runGroupSessions } from './group-sessions.ts';
import type { RowOfReport } from './newest-rows.ts';
import { newestRows } from './newest-rows.ts';
import type { Persistence } from './persistence.ts';
import { persistAnew } from './persistence.ts';
import { quarantineValue, refusedMessage } from './quarantine-topic.ts';
import { rowReader } from './report-row.ts';
import { sinkGroup } from './sink-group.ts';
import type { SinkProgress } from './sink-progress.ts';
import { PLACES_ADOPTED, startingPlaces } from './starting-places.ts';
import { recordReader } from './stream-record.ts';

const WAIT_MS = 250;

export interface CassandraSinkOptions extends Persistence {
  readonly plan: Plan;
  readonly connection: KafkaConnection;
  readonly cluster: CassandraCluster;
  readonly progress: SinkProgress;
}

/**
 * Carries raw records and reports from their topics into Cassandra until the signal `ended`; what is no record goes to the
 * quarantine's topic. Any number of these may run at once; each has a share of the partitions.
 * @throws DaybookError what cannot succeed later: `CASSANDRA_NOT_APPLIED`, `CASSANDRA_REFUSED`, `TOPIC_MISSING`,
 *   `SINK_OF_ANOTHER_TOPIC`, `SINK_AHEAD`
 */
export async function runCassandraSink(options: CassandraSinkOptions): Promise<void> {
  const { plan, connection } = options;
  await using producer = openTopicProducer(connection, 'daybook-sink-cassandra');
  await runGroupSessions(
    {
      ...options,
      clientId: 'daybook-sink-cassandra',
      groupId: sinkGroup('cassandra', plan),
      topics: [plan.stream.name, ...plan.reports.map(({ name }) => name)],
    },
    (session) =>
      persistAnew(
        session,
        () => openSession(options, session, producer),
        (work) => work.step(),
      ),
  );
}

/** The ways into the store, made for one session: what they know of it holds until a failure. */
interface Parts {
  readonly producer: TopicProducer;
  readonly records: CassandraRecordSink;
  readonly reports: CassandraReportSink;
  readonly places: CassandraSinkPlaces;
}

async function openSession(
  { plan, progress, cluster, clock }: CassandraSinkOptions,
  session: GroupSession,
  producer: TopicProducer,
): Promise<Session> {
  const parts = {
    producer,
    records: cassandraRecordSink(cluster, plan),
    reports: cassandraReportSink(cluster, plan),
    places: cassandraSinkPlaces(cluster, plan, clock),
  };
  const topics = topicsOf(session.partitions);
  const stored = await parts.places.read(topics);
  const extents = await session.reader.extents(topics);
  const places = startingPlaces(
    session.partitions.map(
      (each): WorkedPlace =>
        stored.find((place) => isSame(place, each)) ?? {
          ...each,
          nextOffset: 0,
          accepted: 0,
          duplicates: 0,
          refused: 0,
        },
    ),
    { extents, store: 'Cassandra', fillAgain: (names) => fillAgain(names, plan), logger: session.logger },
  );
  // Where Kafka has not kept what is next, the store stands behind the place that is read from.
  const worked = places.map((place) => ({
    ...place,
    nextOffset: stored.find((each) => isSame(each, place))?.nextOffset ?? 0,
  }));
  const unnamed = worked.filter(
    (place) => place.nextOffset > 0 && stored.some((each) => isSame(each, place) && each.topicId === undefined),
  );
  if (unnamed.length > 0) {
    session.logger.info({ topics: topicsOf(unnamed) }, PLACES_ADOPTED);
    await parts.places.note(unnamed);
  }
  return new Session(plan, session, parts, progress, places, worked);
}

function fillAgain(topics: readonly string[], { stream }: Plan): string {
  const how = topics.includes(stream.name)
    ? `drop its keyspaces ${DATA_KEYSPACE} and ${OWN_KEYSPACE} with all that they hold and run daybook apply --target cassandra`
    : `run daybook apply --target cassandra${topics.map((topic) => ` --drop ${topic}`).join('')}`;
  return `To have Cassandra filled from what is there now instead, ${how}, and start this again.`;
}

/** The work on one assignment's partitions, for as long as all goes well. */
class Session {
  readonly #plan: Plan;
  readonly #session: GroupSession;
  readonly #parts: Parts;
  readonly #progress: SinkProgress;
  readonly #readRecord: ReturnType<typeof recordReader>;
  readonly #readers: ReadonlyMap<string, { readonly report: ReportPlan; readonly read: ReturnType<typeof rowReader> }>;
  /** Where partitions are read from. */
  #places: readonly TopicPlace[];
  /** What the store says of them, as far as it is known here. */
  #worked: readonly WorkedPlace[];

  constructor(
    plan: Plan,
    session: GroupSession,
    parts: Parts,
    progress: SinkProgress,
    places: readonly TopicPlace[],
    worked: readonly WorkedPlace[],
  ) {
    this.#plan = plan;
    this.#session = session;
    this.#parts = parts;
    this.#progress = progress;
    this.#readRecord = recordReader(plan.stream);
    this.#readers = new Map(plan.reports.map((report) => [report.name, { report, read: rowReader(report) }]));
    this.#places = places;
    this.#worked = worked;
  }

  /** @throws DaybookError of which any says that this session knows nothing for sure any more */
  async step(): Promise<void> {
    const read = await this.#session.reader.read(this.#places, WAIT_MS);
    this.#progress.lag = read.reduce((sum, { endOffset, nextOffset }) => sum + endOffset - nextOffset, 0);
    const isOfStream = ({ topic }: ReadPartition): boolean => topic === this.#plan.stream.name;
    const moved = read.filter((each) => this.#places.some((place) => isSame(place, each) && isBehind(place, each)));
    await this.#checkStore();
    // Those who come next read it again.
    if (this.#session.ended.aborted) return;
    const written = await Promise.allSettled([
      this.#writeRows(moved.filter((each) => !isOfStream(each))),
      this.#writeRecords(moved.filter(isOfStream)),
    ]);
    for (const each of written) if (each.status === 'rejected') throw each.reason;
    this.#places = this.#places.map((place) => moved.find((each) => isSame(place, each)) ?? place);
    if (moved.length > 0) this.#session.tell(this.#places);
  }

  /**
   * Sees to it that the store stands where it is believed to, also when nothing came: it may have lost what it had
   * acknowledged, and be back before anybody noticed that it was away.
   */
  async #checkStore(): Promise<void> {
    const stored = await this.#parts.places.read(topicsOf(this.#worked));
    const moved = this.#worked.find(
      (each) => each.nextOffset !== (stored.find((place) => isSame(place, each))?.nextOffset ?? 0),
    );
    if (moved === undefined) return;
    throw new DaybookError(
      'SINK_OVERTAKEN',
      `Topic ${moved.topic}, partition ${moved.partition}, was worked off up to ${moved.nextOffset}, and Cassandra says ` +
        'otherwise: another sink has it now, it is to be filled again, or Cassandra lost what it had acknowledged.',
      { retryable: true, details: { ...moved } },
    );
  }

  async #writeRecords(read: readonly ReadPartition[]): Promise<void> {
    if (read.length === 0) return;
    const refused: NewMessage[] = [];
    const parts = read.map((each) => {
      const records: StoredRecord[] = [];
      for (const message of each.messages) {
        const record = this.#readRecord(message);
        if ('reason' in record) {
          const value = Buffer.from(quarantineValue(refusedMessage(each, message, record)));
          refused.push({ topic: quarantineTopic(this.#plan), key: null, value });
        } else records.push(record);
      }
      return { partition: each.partition, records, refused: each.messages.length - records.length };
    });
    const { clock } = this.#session;
    const { producer, records: sink } = this.#parts;
    const beganMs = clock.nowMs();
    await producer.send(refused);
    const repeats = await sink.write(parts);
    const found = parts.map((part, index): Found => {
      const duplicates = repeats[index] ?? 0;
      return { accepted: part.records.length - duplicates, duplicates, refused: part.refused };
    });
    await this.#note(read, found);
    this.#progress.wrote({
      rows: found.reduce((sum, { accepted }) => sum + accepted, 0),
      duplicates: found.reduce((sum, { duplicates }) => sum + duplicates, 0),
      quarantined: refused.length,
      tookMs: clock.nowMs() - beganMs,
    });
  }

  async #writeRows(read: readonly ReadPartition[]): Promise<void> {
    if (read.length === 0) return;
    const rows: RowOfReport[] = [];
    for (const { topic, messages } of read) {
      const { report, read: readRow } = present(this.#readers.get(topic), 'only topics of reports are read');
      for (const message of messages) {
        // What is no row is put into the quarantine by the sink of reports, PostgreSQL's.
        const row = message.value === null ? undefined : readRow(message);
        if (row !== undefined && !('reason' in row)) rows.push({ report, row });
      }
    }
    const { clock } = this.#session;
    const beganMs = clock.nowMs();
    const newest = newestRows(rows);
    await this.#parts.reports.write(newest);
    await this.#note(read);
    const count = newest.reduce((sum, each) => sum + each.rows.length, 0);
    this.#progress.wrote({ rows: count, tookMs: clock.nowMs() - beganMs });
  }

  /** Has the store note how far partitions are worked off, and what was found on the way in each. */
  async #note(read: readonly ReadPartition[], found: readonly Found[] = []): Promise<void> {
    const places = read.map((at, index): WorkedPlace => {
      const before = present(
        this.#worked.find((each) => isSame(each, at)),
        'what is read is worked on',
      );
      const { accepted, duplicates, refused } = found[index] ?? { accepted: 0, duplicates: 0, refused: 0 };
      return {
        ...before,
        nextOffset: at.nextOffset,
        accepted: before.accepted + accepted,
        duplicates: before.duplicates + duplicates,
        refused: before.refused + refused,
      };
    });
    await this.#parts.places.note(places);
    this.#worked = this.#worked.map((each) => places.find((place) => isSame(place, each)) ?? each);
  }
}

type Found = Pick<WorkedPlace, 'accepted' | 'duplicates' | 'refused'>;

function topicsOf(partitions: readonly TopicPartition[]): readonly string[] {
  return [...new Set(partitions.map(({ topic }) => topic))];
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

function isBehind(place: TopicPlace, read: TopicPlace): boolean {
  return place.nextOffset < read.nextOffset;
}
