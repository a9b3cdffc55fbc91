import { present } from '../../base/assert.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { framesTopic, quarantineTopic } from '../../compile/kafka/topics.ts';
import type { Move } from '../../ports/report-rows.ts';
import type { QuarantineEntry } from '../../ports/runtime.ts';
import type { PartitionExtent, ReadPartition, TopicPlace } from '../../ports/messages.ts';
import { messageNotGiven } from '../../ports/messages-between.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import type { PostgresDatabase } from '../../stores/postgres/database.ts';
import type { PostgresReportSink } from '../../stores/postgres/report-sink.ts';
import { overtaken, postgresReportSink } from '../../stores/postgres/report-sink.ts';
import type { Announcement } from './announced-frames.ts';
import { newestFrame } from './announced-frames.ts';
import type { Gated, Released } from './frame-gate.ts';
import { FrameGate } from './frame-gate.ts';
import type { GroupSession } from './group-sessions.ts';
import { runGroupSessions } from './group-sessions.ts';
import { newestRows } from './newest-rows.ts';
import type { RowOfReport } from './newest-rows.ts';
import type { Persistence } from './persistence.ts';
import { persistAnew } from './persistence.ts';
import { quarantineEntry, refusedMessage } from './quarantine-topic.ts';
import { rowReader } from './report-row.ts';
import { isOfAnother, PLACES_ADOPTED, startingPlaces } from './starting-places.ts';
import { sinkGroup } from './sink-group.ts';
import type { SinkProgress } from './sink-progress.ts';

const WAIT_MS = 250;
/** A message that stood in a topic is waited for so long: a broker that becomes the leader may have lost it for good. */
const GIVEN_WAIT_MS = 10_000;
/** How often it is looked whether the store stands where it is believed to, while nothing comes. */
const CHECK_EVERY_MS = 1_000;
/** More rows are not held back for the sake of whole frames: it is a sink that catches up, or a very large frame. */
const HELD_MAX = 50_000;
const HELD_AT_ALL_MAX = 500_000;

export interface PostgresSinkOptions extends Persistence {
  readonly plan: Plan;
  readonly connection: KafkaConnection;
  readonly database: PostgresDatabase;
  readonly progress: SinkProgress;
}

/**
 * Carries reports and refused records from their topics into PostgreSQL until the signal `ended`. Any number of these may
 * run at once; each has a share of the partitions.
 * @throws DaybookError what cannot succeed later: `POSTGRES_NOT_APPLIED`, `POSTGRES_REFUSED`, `TOPIC_MISSING`, `SINK_OF_ANOTHER_TOPIC`,
 *   `SINK_AHEAD`
 */
export function runPostgresSink(options: PostgresSinkOptions): Promise<void> {
  const { plan, database } = options;
  const sink = postgresReportSink(database, plan);
  return runGroupSessions(
    {
      ...options,
      clientId: 'daybook-sink-postgres',
      groupId: sinkGroup('postgres', plan),
      topics: [...plan.reports.map(({ name }) => name), quarantineTopic(plan)],
    },
    (session) =>
      persistAnew(
        session,
        () => openPostgresSession(options, session, sink),
        (work) => work.step(),
      ),
  );
}

/** Begins the work on an assignment's partitions where the store stands. */
export async function openPostgresSession(
  { plan, progress }: Pick<PostgresSinkOptions, 'plan' | 'progress'>,
  session: GroupSession,
  sink: PostgresReportSink,
): Promise<Session> {
  const { reader, partitions } = session;
  const topics = [...plan.reports.map(({ name }) => name), quarantineTopic(plan)];
  const extents = await reader.extents([...topics, framesTopic(plan)]);
  const own = extents.filter((extent) => partitions.some((each) => nameOf(each) === nameOf(extent)));
  await sink.note(extents.filter(({ topic }) => topics.includes(topic)));
  const stored = await storedPlaces(plan, session, sink, own);
  // One that was taken away since it was noted is to be noted again, or nobody would read that partition.
  if (stored.length < own.length) throw overtaken();
  const from = startingPlaces(stored, {
    extents,
    store: 'PostgreSQL',
    fillAgain: (names) => fillAgain(names, quarantineTopic(plan)),
    logger: session.logger,
  });
  if (stored.some(({ topicId }) => topicId === undefined)) {
    session.logger.info({ topics }, PLACES_ADOPTED);
    await sink.adopt(own);
  }
  const work = new Session(plan, session, sink, progress, { stored, from, frames: newestFrames(plan, extents) });
  await work.begin(new Map(extents.map((extent) => [nameOf(extent), extent.endOffset])));
  return work;
}

/** Where the store stands. A quarantine that was made anew is begun anew: of an entry that comes again one is kept. */
async function storedPlaces(
  plan: Plan,
  { logger }: GroupSession,
  sink: PostgresReportSink,
  own: readonly PartitionExtent[],
): Promise<readonly TopicPlace[]> {
  const stored = await sink.places(own);
  const anew = own.filter(({ topic }) => topic === quarantineTopic(plan));
  if (!stored.some((place) => place.topic === quarantineTopic(plan) && isOfAnother(place, own))) return stored;
  logger.warn({ topic: quarantineTopic(plan) }, 'the topic was made anew; it is read from its beginning');
  await sink.beginAnew(anew);
  return sink.places(own);
}

function fillAgain(topics: readonly string[], quarantine: string): string {
  const flags = topics.filter((topic) => topic !== quarantine).map((topic) => ` --drop ${topic}`);
  const steps = [
    ...(flags.length === 0 ? [] : [`run daybook apply --target postgres${flags.join('')}`]),
    ...(topics.includes(quarantine) ? [`run DELETE FROM daybook.offsets WHERE topic = '${quarantine}' in psql`] : []),
  ];
  return `To have PostgreSQL filled from what is there now instead, ${steps.join(', ')}, and start this again.`;
}

/** Where the newest message of the topic of frames is. */
function newestFrames(plan: Plan, extents: readonly PartitionExtent[]): readonly TopicPlace[] {
  return extents
    .filter(({ topic }) => topic === framesTopic(plan))
    .map(({ topic, topicId, partition, firstOffset, endOffset }) => {
      return { topic, topicId, partition, nextOffset: Math.max(firstOffset, endOffset - 1) };
    });
}

interface SessionPlaces {
  /** Where the store says that partitions are worked off up to. */
  readonly stored: readonly TopicPlace[];
  /** Where they are read from, which is later when Kafka has not kept what is between. */
  readonly from: readonly TopicPlace[];
  /** Where the topic of frames is read from. */
  readonly frames: readonly TopicPlace[];
}

/** The work on one assignment's partitions, for as long as all goes well. */
class Session {
  readonly #plan: Plan;
  readonly #session: GroupSession;
  readonly #sink: PostgresReportSink;
  readonly #progress: SinkProgress;
  readonly #readers: ReadonlyMap<string, { readonly report: ReportPlan; readonly read: ReturnType<typeof rowReader> }>;
  readonly #gate: FrameGate<RowOfReport>;
  /** Where each partition is read from next, that of frames among them. */
  readonly #reading = new Map<string, TopicPlace>();
  /** Where each partition is worked off up to in the store. */
  readonly #worked = new Map<string, TopicPlace>();
  /** Of the newest frame that was announced. */
  #since = 0;
  /** Topics of which it was told that they hold rows of another definition. */
  readonly #othersTold = new Set<string>();
  #quarantine: Omit<QuarantineEntry, 'id'>[] = [];
  #quarantinePlaces: readonly TopicPlace[];
  #checkedAtMs: number;

  constructor(
    plan: Plan,
    session: GroupSession,
    sink: PostgresReportSink,
    progress: SinkProgress,
    { stored, from, frames }: SessionPlaces,
  ) {
    this.#plan = plan;
    this.#session = session;
    this.#sink = sink;
    this.#progress = progress;
    this.#readers = new Map(plan.reports.map((report) => [report.name, { report, read: rowReader(report) }]));
    const isQuarantine = ({ topic }: TopicPlace): boolean => topic === quarantineTopic(plan);
    this.#quarantinePlaces = from.filter(isQuarantine);
    this.#gate = new FrameGate(from.filter((place) => !isQuarantine(place)));
    for (const place of [...from, ...frames]) this.#reading.set(nameOf(place), place);
    for (const place of stored) this.#worked.set(nameOf(place), place);
    this.#checkedAtMs = session.clock.nowMs();
  }

  /** Looks at the newest message of the topic of frames, so that it is known what was whole when the sink came. @param ends  of partitions */
  async begin(ends: ReadonlyMap<string, number>): Promise<void> {
    const { reader, ended, clock } = this.#session;
    const frames = [...this.#reading.values()].filter(({ topic }) => topic === framesTopic(this.#plan));
    const isBehind = (place: TopicPlace): boolean => place.nextOffset < (ends.get(nameOf(place)) ?? 0);
    let read = await reader.read(frames, WAIT_MS);
    const untilMs = clock.nowMs() + GIVEN_WAIT_MS;
    // A broker that has just become the leader may not give it yet.
    for (let behind = read.find(isBehind); behind !== undefined && !ended.aborted; behind = read.find(isBehind)) {
      if (clock.nowMs() >= untilMs) throw messageNotGiven(behind);
      read = await reader.read(frames, WAIT_MS);
    }
    for (const partition of read) this.#reading.set(nameOf(partition), partition);
    if (ended.aborted) return;
    const newest = newestFrame(read.flatMap(({ messages }) => messages));
    await this.#sink.begin(newest ?? { frame: 0, accepted: 0 });
    if (newest !== undefined) await this.#announce(newest);
  }

  async step(): Promise<void> {
    const { reader } = this.#session;
    const read = await reader.read([...this.#reading.values()], WAIT_MS);
    let announced: Announcement | undefined;
    for (const partition of read) {
      this.#reading.set(nameOf(partition), partition);
      if (partition.topic === framesTopic(this.#plan)) announced = newestFrame(partition.messages) ?? announced;
      else if (partition.topic === quarantineTopic(this.#plan)) this.#takeQuarantine(partition);
      else this.#takeRows(partition);
    }
    this.#progress.lag = read.reduce((sum, { endOffset, nextOffset }) => sum + endOffset - nextOffset, 0);
    if (announced !== undefined) await this.#announce(announced);
    // Those who come next read it again.
    if (this.#session.ended.aborted) return;
    await this.#write(this.#release());
  }

  /** The ends are looked up now that it is announced: all of its rows are before them. */
  async #announce(frame: Announcement): Promise<void> {
    this.#since = frame.since;
    this.#gate.announce(frame, await this.#session.reader.extents([...this.#readers.keys()]));
  }

  #release(): Released<RowOfReport> {
    const whole = this.#gate.release();
    if (whole !== undefined) return whole;
    if (this.#gate.heldCount > HELD_AT_ALL_MAX) return this.#gate.releaseAll();
    return this.#gate.heldCount > HELD_MAX ? this.#gate.releaseAnnounced() : { messages: [], frame: undefined };
  }

  #takeRows(partition: ReadPartition): void {
    const { topic } = partition;
    const { report, read } = present(this.#readers.get(topic), 'only topics of reports are read');
    const rows: Gated<RowOfReport>[] = [];
    for (const message of partition.messages) {
      // An empty message says that a key is gone; a report's rows never go.
      if (message.value === null) continue;
      const row = read(message);
      if (row === undefined) this.#tellOthers(topic);
      else if ('reason' in row) this.#quarantine.push(refusedMessage(partition, message, row));
      else {
        const what = { report, row };
        rows.push({ topic, partition: partition.partition, offset: message.offset, frame: row.frame, what });
      }
    }
    this.#gate.take(partition, rows);
  }

  #tellOthers(topic: string): void {
    if (this.#othersTold.has(topic)) return;
    this.#othersTold.add(topic);
    this.#session.logger.info({ topic }, 'rows of another definition are left out; Spark writes them anew');
  }

  #takeQuarantine(partition: ReadPartition): void {
    for (const message of partition.messages) {
      if (message.value !== null) this.#quarantine.push(quarantineEntry(partition, message));
    }
    const name = nameOf(partition);
    this.#quarantinePlaces = this.#quarantinePlaces.map((place) => (nameOf(place) === name ? partition : place));
  }

  async #write({ messages, frame }: Released<RowOfReport>): Promise<void> {
    const { clock } = this.#session;
    const places = [...this.#gate.places(), ...this.#quarantinePlaces];
    // Each partition is told what it is whole as of; between two frames, each is told that as well.
    const isAll = frame !== undefined || messages.length > 0;
    const moves = places.flatMap(({ topic, partition, nextOffset }): readonly Move[] => {
      const fromOffset = this.#worked.get(nameOf({ topic, partition }))?.nextOffset ?? 0;
      return fromOffset === nextOffset && !isAll ? [] : [{ topic, partition, fromOffset, nextOffset }];
    });
    if (moves.length === 0 && frame === undefined) return this.#checkStore();
    const batch = {
      reports: newestRows(messages.map(({ what }) => what)),
      quarantine: this.#quarantine,
      moves,
      frame,
      since: this.#since,
    };
    const beganMs = clock.nowMs();
    const written = await this.#sink.write(batch);
    this.#quarantine = [];
    this.#checkedAtMs = clock.nowMs();
    for (const place of places) this.#worked.set(nameOf(place), place);
    this.#session.tell(places);
    this.#progress.wrote({
      rows: written.rows,
      amendments: written.amendments,
      quarantined: batch.quarantine.length,
      frame: frame?.frame,
      tookMs: clock.nowMs() - beganMs,
    });
  }

  /**
   * What is written says whether the store stands where it is believed to. While nothing comes it is asked: a report may be to be
   * filled again, and a server that was put back, or another that took over, may lack what it had acknowledged.
   */
  async #checkStore(): Promise<void> {
    const { clock, partitions } = this.#session;
    if (clock.nowMs() - this.#checkedAtMs < CHECK_EVERY_MS) return;
    this.#checkedAtMs = clock.nowMs();
    const stored = new Map((await this.#sink.places(partitions)).map((place) => [nameOf(place), place.nextOffset]));
    if ([...this.#worked].some(([name, { nextOffset }]) => stored.get(name) !== nextOffset)) throw overtaken();
  }
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}
