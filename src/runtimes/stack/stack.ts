import type { Logger } from 'pino';
import { present } from '../../base/assert.ts';
import { FIRST_DAY, LAST_DAY, parseDay } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import { keyText } from '../../base/key-text.ts';
import { dayParameter } from '../../base/query-values.ts';
import { dayOf, RowSearch } from '../../engine/explain.ts';
import { EngineState } from '../../engine/state.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { reportNamed } from '../../plan/query-names.ts';
import { kafkaTopics } from '../../compile/kafka/topics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DuplicatePage, ExplainQuery, Explanation } from '../../ports/explanation.ts';
import type { ConsumerPlace, PipelineDetails } from '../../ports/pipeline.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { Frame, Reading, Readings, ReportPage, ReportQuery, Row } from '../../ports/rows.ts';
import type { AmendmentPage, QuarantinePage, QuarantineQuery, Runtime, RuntimeStatus } from '../../ports/runtime.ts';
import type { RecordDetails } from '../../ports/topics.ts';
import { Scanner } from '../../record/scanner.ts';
import { rowPrinter } from '../../server/row-text.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import type { GroupsReader } from '../../sources/kafka/groups.ts';
import { openGroupsReader } from '../../sources/kafka/groups.ts';
import { openTopicReader } from '../../sources/kafka/topic-reader.ts';
import type { CassandraCluster } from '../../stores/cassandra/cluster.ts';
import type { ReadRecord } from '../../stores/cassandra/record-reader.ts';
import { cassandraRecordReader } from '../../stores/cassandra/record-reader.ts';
import type { CassandraSinkPlaces } from '../../stores/cassandra/sink-places.ts';
import { cassandraSinkPlaces } from '../../stores/cassandra/sink-places.ts';
import type { PostgresDatabase } from '../../stores/postgres/database.ts';
import type { StoredAmendment } from '../../stores/postgres/own-reader.ts';
import { postgresOwnReader } from '../../stores/postgres/own-reader.ts';
import { postgresReportReader } from '../../stores/postgres/report-reader.ts';
import type { KafkaIntake } from '../kafka-intake.ts';
import { openKafkaIntake } from '../kafka-intake.ts';
import { LateDays } from './late-days.ts';
import { LiveFrames } from './live-frames.ts';
import { RecordCounts } from './record-counts.ts';
import { storedRow } from './report-row.ts';
import { stackParts } from './stack-parts.ts';
import { StackWatch } from './stack-watch.ts';
import { TopicBrowser } from './topic-browser.ts';
import type { UntilStoredOptions } from './until-stored.ts';
import { untilStored } from './until-stored.ts';

/** How long a reader waits for the tables to be whole, and how often it looks. */
const WHOLE_WAIT_MS = 3_000;
const WHOLE_POLL_MS = 20;
const FACTS_MS = 1_000;
/** How long Cassandra's sink is waited for: by who reads all records, and by who looks at a row. */
const STORED_WAIT_MS = 60_000;
const EXPLAINED_WAIT_MS = 10_000;
/** An explanation has so many of a row's amendments, the newest. */
const AMENDMENTS_OF_ROW_MAX = 1_000;
const LINE_FEED = '\n';

export interface StackOptions {
  readonly plan: Plan;
  readonly connection: KafkaConnection;
  readonly database: PostgresDatabase;
  readonly cluster: CassandraCluster;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Daybook on Kafka, PostgreSQL and Cassandra: records go into the stream's topic, reports are read from PostgreSQL, raw
 * records from Cassandra, and frames are told once they are whole in both the topics and PostgreSQL. A frame is the
 * microseconds of the batch that made it. Methods also throw `POSTGRES_UNREACHABLE`, `CASSANDRA_UNREACHABLE` (only where
 * raw records are read), `KAFKA_UNREACHABLE` (all retryable), and `NOT_WHOLE` (retryable) while a sink catches up; `records`
 * and `explain` throw `SINK_BEHIND` (retryable) when Cassandra has not all that was in the topic when it was called, or in the row;
 * `explain` throws `FRAME_NOT_READ` (retryable) when the row's frame was not read from Kafka in time.
 */
export function openStackRuntime(options: StackOptions): Runtime {
  return new StackRuntime(options);
}

/** What is counted of all records. */
interface Facts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly amendments: number;
}

class StackRuntime implements Runtime {
  readonly plan: Plan;
  readonly frames = 'moments';
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #intake: KafkaIntake;
  readonly #groups: GroupsReader;
  readonly #connection: KafkaConnection;
  readonly #reports: ReturnType<typeof postgresReportReader>;
  readonly #own: ReturnType<typeof postgresOwnReader>;
  readonly #records: ReturnType<typeof cassandraRecordReader>;
  readonly #places: CassandraSinkPlaces;
  readonly #recordCounts: RecordCounts;
  readonly #browser: TopicBrowser;
  readonly #watch: StackWatch;
  readonly #topicReader: TopicReader;
  readonly #lateDays: LateDays;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(frame: Frame) => void>();
  readonly #following: Promise<void>;
  #known: { readonly atMs: number; readonly facts: Promise<Facts> } | undefined;
  /** Why frames are no longer followed. */
  #trouble: string | undefined;

  constructor(options: StackOptions) {
    const { plan, connection, database, cluster, clock, logger } = options;
    this.plan = plan;
    this.#clock = clock;
    this.#logger = logger;
    this.#connection = connection;
    this.#intake = openKafkaIntake({ plan, connection, clock });
    this.#groups = openGroupsReader(connection);
    this.#reports = postgresReportReader(database, plan);
    this.#own = postgresOwnReader(database, plan);
    this.#records = cassandraRecordReader(cluster, plan);
    this.#places = cassandraSinkPlaces(cluster, plan, clock);
    this.#recordCounts = new RecordCounts({ read: () => this.#places.read([plan.stream.name]), clock, logger });
    const openReader = () => openTopicReader(connection, 'daybook-browser');
    this.#browser = new TopicBrowser({ plan, clock, openReader });
    this.#watch = new StackWatch(clock);
    this.#topicReader = openTopicReader(connection, 'daybook-days');
    this.#lateDays = new LateDays(plan, this.#topicReader);
    this.#following = this.#follow();
  }

  accept(...[intake]: Parameters<Runtime['accept']>): ReturnType<Runtime['accept']> {
    return this.#intake.accept(intake);
  }

  async query(report: string, query: ReportQuery): Promise<ReportPage> {
    const { answers } = await this.read([{ kind: 'rows', report, query }]);
    return present(answers[0], 'each question is answered');
  }

  async read(readings: readonly Reading[]): Promise<Readings> {
    const untilMs = this.#clock.nowMs() + WHOLE_WAIT_MS;
    for (;;) {
      const found = await this.#reports.read(readings);
      if (found !== undefined) return found;
      if (this.#clock.nowMs() >= untilMs) {
        const message =
          'The reports are being filled and are between two frames. Try again in a moment; if it stays so, see that daybook sink ' +
          'postgres runs.';
        throw new DaybookError('NOT_WHOLE', message, { retryable: true });
      }
      await this.#clock.sleep(WHOLE_POLL_MS, this.#closing.signal);
    }
  }

  async explain(query: ExplainQuery, signal: AbortSignal): Promise<Explanation> {
    const report = reportNamed(this.plan, query.report);
    const day = dayOf(report, query.key);
    const dayText = query.key[report.dimensions[0]?.name ?? ''] ?? '';
    const equals = Object.fromEntries(report.dimensions.map(({ name }) => [name, [query.key[name] ?? '']]));
    const page = await this.query(report.name, { from: dayText, to: dayText, equals });
    const isOfRow = await this.#recordsOf(page.frame, day, signal);
    const search = new RowSearch(this.plan, report, query, new Set());
    const records: Explanation['records'][number][] = [];
    let looked = 0;
    for await (const read of this.#records.records({ first: day, last: day })) {
      if (signal.aborted) break;
      const chunk = read.filter(isOfRow);
      search.look(linesOf(chunk), looked, day);
      for (const { offset, ...record } of search.records.slice(records.length)) {
        const place = present(chunk[offset - looked], 'a record that is listed is one of the chunk');
        records.push({ ...record, partition: place.partition, offset: place.offset });
      }
      looked += chunk.length;
    }
    const [row, computed] = [page.rows[0] ?? null, search.row()];
    const print = rowPrinter(report);
    const isSame = row === computed || (row !== null && computed !== null && print(row) === print(computed));
    return {
      frame: page.frame,
      row,
      computed,
      waiting: isSame ? 0 : await this.#waitingOf(dayText),
      total: search.total,
      records,
      duplicates: [],
      amendments: await this.#amendmentsOf(report, page.rows[0]),
      looked: search.looked,
    };
  }

  /** How many late records of a day wait until it is computed again; 0 also where nobody says, as while Kafka is away. */
  async #waitingOf(day: string): Promise<number> {
    try {
      const days = await this.#lateDays.asOf(this.#watch.newest?.frame ?? 0);
      return days.find((each) => each.day === day)?.waiting ?? 0;
    } catch (error) {
      if (error instanceof DaybookError) return 0;
      throw error;
    }
  }

  /**
   * Which records of a day its rows are made of as of a frame, once Cassandra has them; other ones may be there before Spark has read
   * them. A closed day is computed by itself, from records that may be behind those of its frame.
   */
  async #recordsOf(frame: number, day: number, signal: AbortSignal): Promise<(record: ReadRecord) => boolean> {
    const untilMs = this.#clock.nowMs() + EXPLAINED_WAIT_MS;
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    // PostgreSQL may have a frame before its announcement is read here.
    while ((this.#watch.newest?.frame ?? 0) < frame && this.#clock.nowMs() < untilMs && !ended.aborted) {
      await this.#clock.sleep(WHOLE_POLL_MS, ended);
    }
    const announced = this.#watch.newest?.frame ?? 0;
    // Where no frame is announced, all records are those of the row.
    if (announced > 0 && announced < frame) {
      const message =
        'What the newest frame in PostgreSQL was made of has not been read from Kafka yet. Try again in a moment; if it stays so, the ' +
        'pipeline page says what is wrong.';
      throw new DaybookError('FRAME_NOT_READ', message, { retryable: true });
    }
    const readTo = this.#watch.readToOf(frame);
    if (readTo === undefined) return () => true;
    const { name: topic, latenessDays } = this.plan.stream;
    const extents = Object.entries(readTo).map(([partition, endOffset]) => {
      return { topic, partition: Number(partition), firstOffset: 0, endOffset };
    });
    await this.#untilStored(extents, EXPLAINED_WAIT_MS, ended);
    const newest = parseDay((await this.#own.newestDay()) ?? '') ?? day;
    if (day < newest - latenessDays) return () => true;
    return ({ partition, offset }) => offset < (readTo[partition] ?? 0);
  }

  #untilStored(extents: UntilStoredOptions['extents'], waitMs: number, ended: AbortSignal): Promise<void> {
    const places = () => this.#places.read([this.plan.stream.name]);
    return untilStored({ extents, places, clock: this.#clock, waitMs, ended });
  }

  /** The first of each key is in Cassandra; the others are counted, and stand in the stream's topic. */
  async duplicates(): Promise<DuplicatePage> {
    return { total: (await this.#recordCounts.now()).duplicates, kept: 0, entries: [] };
  }

  async *records({ from, to }: { readonly from?: string; readonly to?: string }): AsyncGenerator<Uint8Array> {
    const range = { first: dayParameter('from', from) ?? FIRST_DAY, last: dayParameter('to', to) ?? LAST_DAY };
    const extents = await this.#topicReader.extents([this.plan.stream.name]);
    await this.#untilStored(extents, STORED_WAIT_MS, this.#closing.signal);
    for await (const chunk of this.#records.records(range)) {
      if (chunk.length > 0) yield linesOf(chunk);
    }
  }

  async quarantine(query: QuarantineQuery): Promise<QuarantinePage> {
    if ('open' in query && query.open) {
      throw new DaybookError(
        'BAD_QUERY',
        'The stack keeps no marks of what was put right, so all that was refused is open.',
      );
    }
    return this.#own.quarantine(query);
  }

  async amendments(page: { readonly limit: number; readonly offset: number }): Promise<AmendmentPage> {
    const { total, entries } = await this.#own.amendments(page);
    return { total, kept: total, entries: this.#asListed(entries) };
  }

  async status(): Promise<RuntimeStatus> {
    const frame = await this.#reports.wholeFrame();
    const { accepted, quarantined, amendments, duplicates } = await this.#facts();
    return {
      offset: frame ?? this.#watch.newest?.frame ?? 0,
      accepted,
      duplicates,
      quarantined,
      perSecond: this.#watch.perSecond(),
      pendingBytes: 0,
      log: { segments: 0, bytes: 0 },
      checkpoint: undefined,
      trouble: this.#trouble,
      engine: this.#watch.engine(),
      newestDay: await this.#own.newestDay(),
      amendments,
      sources: [],
    };
  }

  async pipeline(): Promise<PipelineDetails> {
    const [status, consumers, { refused, duplicates }, lateDays] = await Promise.all([
      this.status(),
      this.#consumers(),
      this.#recordCounts.lately(),
      this.#lateDays.asOf(this.#watch.newest?.frame ?? 0),
    ]);
    const topics = await this.#browser.topics();
    const stream = topics.find(({ name }) => name === this.plan.stream.name);
    // What Spark has not read, and what PostgreSQL does not have of what it has.
    const notStored = Math.max(0, (this.#watch.newest?.accepted ?? 0) - status.accepted);
    const lagRecords = this.#watch.toCome(stream?.partitions ?? []) + notStored;
    this.#watch.lags(lagRecords);
    // Ends of transactions, and what was taken back, have offsets too, and are no records.
    const handed = status.accepted + duplicates + refused + lagRecords;
    return {
      moments: this.#watch.moments(),
      parts: stackParts({ plan: this.plan, status, consumers, handed, lagRecords }),
      checkpoints: [],
      dayFiles: [],
      consumers,
      batches: this.#watch.batches(),
      lateDays,
    };
  }

  subscribe(listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async topics(): ReturnType<Runtime['topics']> {
    const topics = await this.#browser.topics();
    const partitions = new Map(
      topics.map(({ name, partitions: own }) => [name, own.map(({ partition }) => partition)]),
    );
    const sizes = await this.#groups.sizes(partitions).catch((error: unknown) => {
      // Whoever may not ask for sizes sees the topics without them.
      if (error instanceof DaybookError && error.code === 'KAFKA_REFUSED') return new Map<string, number>();
      throw error;
    });
    return topics.map((topic) => ({ ...topic, bytes: sizes.get(topic.name) }));
  }

  readTopic(...[topic, reading, signal]: Parameters<Runtime['readTopic']>): ReturnType<Runtime['readTopic']> {
    return this.#browser.read(topic, reading, signal);
  }

  followTopic(...[topic, signal]: Parameters<Runtime['followTopic']>): ReturnType<Runtime['followTopic']> {
    return this.#browser.follow(topic, signal);
  }

  async topicRecord(topic: string, partition: number, offset: number): Promise<RecordDetails> {
    const record = await this.#browser.record(topic, partition, offset);
    const isRecord = topic === this.plan.stream.name;
    return { record, rows: isRecord ? await this.#rowsOf(record.value) : [] };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.#intake.close();
    await this.#groups[Symbol.asyncDispose]();
    await this.#topicReader[Symbol.asyncDispose]();
  }

  async #follow(): Promise<void> {
    await using reader = openTopicReader(this.#connection, 'daybook-serve');
    const frames = new LiveFrames({
      plan: this.plan,
      reader,
      store: this.#reports,
      clock: this.#clock,
      logger: this.#logger,
      ended: this.#closing.signal,
      onAnnouncement: (announcement) => this.#watch.note(announcement),
      onSign: (sign) => this.#watch.heard(sign),
      onTrouble: (reason) => {
        this.#trouble = reason;
        // What was announced may be of topics that are gone.
        if (reason !== undefined) this.#watch.forget();
      },
      onFrame: (frame) => {
        this.#watch.told(frame.offset);
        for (const listener of this.#listeners) listener(frame);
      },
    });
    try {
      await frames.run();
    } catch (error) {
      // It serves on without live frames; whoever watches is told.
      this.#trouble =
        error instanceof DaybookError ? error.message : 'Frames are no longer followed; the log says why.';
      this.#logger.error({ err: error }, 'frames are no longer followed');
    }
  }

  /** Counts that whole tables are looked through for; known to a second. */
  async #facts(): Promise<Facts> {
    const nowMs = this.#clock.nowMs();
    if (this.#known === undefined || nowMs - this.#known.atMs >= FACTS_MS) {
      this.#known = { atMs: nowMs, facts: this.#countFacts() };
      // A failure is not kept.
      this.#known.facts.catch(() => (this.#known = undefined));
    }
    return this.#known.facts;
  }

  async #countFacts(): Promise<Facts> {
    const [counts, { duplicates }] = await Promise.all([this.#own.counts(), this.#recordCounts.lately()]);
    return { ...counts, duplicates };
  }

  #asListed(entries: readonly StoredAmendment[]): AmendmentPage['entries'] {
    return entries.flatMap(({ before, after, ...entry }) => {
      const report = this.plan.reports.find(({ name }) => name === entry.report);
      if (report === undefined) return [];
      const rows = { before: before === null ? null : storedRow(report, before), after: storedRow(report, after) };
      return [{ ...entry, firstOffset: entry.frame, ...rows }];
    });
  }

  async #amendmentsOf(report: ReportPlan, row: Row | undefined): Promise<Explanation['amendments']> {
    if (row === undefined) return [];
    const key = rowPrinter({ columns: report.dimensions })(row);
    const page = { limit: AMENDMENTS_OF_ROW_MAX, offset: 0, of: { report: report.name, key } };
    return this.#asListed((await this.#own.amendments(page)).entries);
  }

  /** The rows that a record is in, as they are now. */
  async #rowsOf(text: string): Promise<RecordDetails['rows']> {
    const state = new EngineState(this.plan);
    const { columns } = new Scanner(this.plan, state.dictionaries).scan(linesOf([{ text }]), 1);
    state.apply(
      columns,
      Int32Array.from({ length: columns.count }, (_, record) => record),
    );
    const readings = this.plan.reports.flatMap((report): readonly Reading[] => {
      const [changed] = state.takeChanges(report, 1) ?? [];
      if (changed === undefined) return [];
      const equals = Object.fromEntries(report.dimensions.map(({ name }) => [name, [keyText(changed[name] ?? null)]]));
      return [{ kind: 'rows', report: report.name, query: { equals } }];
    });
    const { answers } = await this.read(readings);
    return answers.flatMap(({ rows: [row] }, index) => {
      const reading = readings[index];
      return row === undefined || reading === undefined ? [] : [{ report: reading.report, row }];
    });
  }

  async #consumers(): Promise<readonly ConsumerPlace[]> {
    const topics = await this.#browser.topics();
    const places = await this.#groups.places(new Set(kafkaTopics(this.plan).map(({ name }) => name)));
    return places.map((place) => {
      const topic = topics.find(({ name }) => name === place.topic);
      const next = topic?.partitions.find(({ partition }) => partition === place.partition)?.nextOffset ?? 0;
      return { ...place, next };
    });
  }
}

/** A line each. Records of Kafka may have line feeds between their members; lines may not. */
function linesOf(records: readonly { readonly text: string }[]): Buffer {
  return Buffer.from(records.map(({ text }) => `${text.replaceAll(/[\r\n]/g, ' ')}${LINE_FEED}`).join(''));
}
