import { present } from '../../base/assert.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { quarantineTopic } from '../../compile/kafka/topics.ts';
import type { ReadPartition, TopicPlace } from '../../ports/messages.ts';
import type { RecordsProgress, StoredRecord } from '../../ports/stored-records.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import type { NewMessage, TopicProducer } from '../../sources/kafka/producer.ts';
import { openTopicProducer } from '../../sources/kafka/producer.ts';
import type { CassandraCluster } from '../../stores/cassandra/cluster.ts';
import type { CassandraRecordSink } from '../../stores/cassandra/record-sink.ts';
import { cassandraRecordSink } from '../../stores/cassandra/record-sink.ts';
import type { CassandraReportSink } from '../../stores/cassandra/report-sink.ts';
import { cassandraReportSink } from '../../stores/cassandra/report-sink.ts';
import type { GroupSession } from './group-sessions.ts';
import { runGroupSessions } from './group-sessions.ts';
import type { RowOfReport } from './newest-rows.ts';
import { newestRows } from './newest-rows.ts';
import type { Persistence } from './persistence.ts';
import { persist } from './persistence.ts';
import { quarantineValue, refusedMessage } from './quarantine-topic.ts';
import { rowReader } from './report-row.ts';
import { sinkGroup } from './sink-group.ts';
import type { SinkProgress } from './sink-progress.ts';
import { startingPlaces } from './starting-places.ts';
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
 * @throws DaybookError what cannot succeed later: `CASSANDRA_NOT_APPLIED`, `CASSANDRA_REFUSED`, `TOPIC_MISSING`, `SINK_AHEAD`
 */
export async function runCassandraSink(options: CassandraSinkOptions): Promise<void> {
  const { plan, cluster, connection } = options;
  await using producer = openTopicProducer(connection, 'daybook-sink-cassandra');
  const parts = {
    producer,
    records: cassandraRecordSink(cluster, plan),
    reports: cassandraReportSink(cluster, plan),
  };
  await runGroupSessions(
    {
      ...options,
      clientId: 'daybook-sink-cassandra',
      groupId: sinkGroup('cassandra', plan),
      topics: [plan.stream.name, ...plan.reports.map(({ name }) => name)],
    },
    async (session) => {
      const work = await openSession(options, session, parts);
      if (work === undefined) return;
      while (!session.ended.aborted) await work.step();
    },
  );
}

interface Parts {
  readonly producer: TopicProducer;
  readonly records: CassandraRecordSink;
  readonly reports: CassandraReportSink;
}

async function openSession(
  { plan, progress }: CassandraSinkOptions,
  session: GroupSession,
  parts: Parts,
): Promise<Session | undefined> {
  const { reader, partitions } = session;
  const ofStream = partitions.filter(({ topic }) => topic === plan.stream.name);
  const counted = await persist('read progress', session, () => parts.records.progress());
  const ofReports = await persist('read progress', session, () =>
    parts.reports.places(partitions.filter(({ topic }) => topic !== plan.stream.name)),
  );
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const extents = await persist('look at topics', session, () => reader.extents(topics));
  if (counted === undefined || ofReports === undefined || extents === undefined) return undefined;
  const begun = ofStream.map(
    ({ partition }): RecordsProgress =>
      counted.find((each) => each.partition === partition) ?? {
        partition,
        nextOffset: 0,
        accepted: 0,
        duplicates: 0,
        refused: 0,
      },
  );
  const streamPlaces = begun.map(({ partition, nextOffset }) => ({ topic: plan.stream.name, partition, nextOffset }));
  const places = startingPlaces([...streamPlaces, ...ofReports], extents);
  return new Session(plan, session, parts, progress, places, begun);
}

/** The work on one assignment's partitions. */
class Session {
  readonly #plan: Plan;
  readonly #session: GroupSession;
  readonly #parts: Parts;
  readonly #progress: SinkProgress;
  readonly #readRecord: ReturnType<typeof recordReader>;
  readonly #readers: ReadonlyMap<string, { readonly report: ReportPlan; readonly read: ReturnType<typeof rowReader> }>;
  #places: readonly TopicPlace[];
  readonly #counted: Map<number, RecordsProgress>;

  constructor(
    plan: Plan,
    session: GroupSession,
    parts: Parts,
    progress: SinkProgress,
    places: readonly TopicPlace[],
    counted: readonly RecordsProgress[],
  ) {
    this.#plan = plan;
    this.#session = session;
    this.#parts = parts;
    this.#progress = progress;
    this.#readRecord = recordReader(plan.stream);
    this.#readers = new Map(plan.reports.map((report) => [report.name, { report, read: rowReader(report) }]));
    this.#places = places;
    this.#counted = new Map(counted.map((each) => [each.partition, each]));
  }

  async step(): Promise<void> {
    const read = await this.#persist('read topics', () => this.#session.reader.read(this.#places, WAIT_MS));
    if (read === undefined) return;
    this.#progress.lag = read.reduce((sum, { endOffset, nextOffset }) => sum + endOffset - nextOffset, 0);
    const isOfStream = ({ topic }: ReadPartition): boolean => topic === this.#plan.stream.name;
    const moved = read.filter((each) => this.#places.some((place) => isSame(place, each) && isBehind(place, each)));
    const written = await Promise.all([
      this.#writeRows(moved.filter((each) => !isOfStream(each))),
      ...moved.filter(isOfStream).map((each) => this.#writeRecords(each)),
    ]);
    // Ended before all was written: the next session reads it again.
    if (written.includes(false)) return;
    this.#places = this.#places.map((place) => moved.find((each) => isSame(place, each)) ?? place);
    if (moved.length > 0) this.#session.tell(this.#places);
  }

  /** @returns false when it was ended before all was written */
  async #writeRecords(read: ReadPartition): Promise<boolean> {
    const { partition, nextOffset } = read;
    const records: StoredRecord[] = [];
    const refused: NewMessage[] = [];
    for (const message of read.messages) {
      const record = this.#readRecord(message);
      if ('reason' in record) {
        const value = Buffer.from(quarantineValue(refusedMessage(read, message, record)));
        refused.push({ topic: quarantineTopic(this.#plan), key: null, value });
      } else records.push(record);
    }
    const { clock } = this.#session;
    const { producer, records: sink } = this.#parts;
    const beganMs = clock.nowMs();
    const before = present(this.#counted.get(partition), 'a partition that is read was counted');
    const sent = await this.#persist('write to the quarantine', () => producer.send(refused));
    const duplicates = await this.#persist('write records to Cassandra', () => sink.write(partition, records));
    if (sent === undefined || duplicates === undefined) return false;
    const after: RecordsProgress = {
      partition,
      nextOffset,
      accepted: before.accepted + records.length - duplicates,
      duplicates: before.duplicates + duplicates,
      refused: before.refused + refused.length,
    };
    if ((await this.#persist('note progress', async () => (await sink.note(after), true))) === undefined) return false;
    this.#counted.set(partition, after);
    this.#progress.wrote({
      rows: records.length - duplicates,
      duplicates,
      quarantined: refused.length,
      tookMs: clock.nowMs() - beganMs,
    });
    return true;
  }

  async #writeRows(read: readonly ReadPartition[]): Promise<boolean> {
    if (read.length === 0) return true;
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
    const { reports: sink } = this.#parts;
    const beganMs = clock.nowMs();
    const newest = newestRows(rows);
    const written = await this.#persist('write rows to Cassandra', async () => {
      await sink.write(newest);
      await sink.note(read);
      return true;
    });
    if (written === undefined) return false;
    const count = newest.reduce((sum, each) => sum + each.rows.length, 0);
    this.#progress.wrote({ rows: count, tookMs: clock.nowMs() - beganMs });
    return true;
  }

  #persist<R>(what: string, work: () => Promise<R>): Promise<R | undefined> {
    return persist(what, this.#session, work);
  }
}

function isSame(a: Pick<TopicPlace, 'topic' | 'partition'>, b: Pick<TopicPlace, 'topic' | 'partition'>): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

function isBehind(place: TopicPlace, read: TopicPlace): boolean {
  return place.nextOffset < read.nextOffset;
}
