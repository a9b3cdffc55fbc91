import { DaybookError } from '../../base/errors.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import type { Frame } from '../../ports/rows.ts';
import type { PartitionExtent, ReadPartition, TopicPlace, TopicReader } from '../../ports/messages.ts';
import type { PostgresReportReader } from '../../stores/postgres/report-reader.ts';
import type { Announcement, Sign } from './announced-frames.ts';
import { announcements, newestSign } from './announced-frames.ts';
import type { Gated } from './frame-gate.ts';
import { FrameGate } from './frame-gate.ts';
import type { RowOfReport } from './newest-rows.ts';
import { newestRows } from './newest-rows.ts';
import type { Persistence } from './persistence.ts';
import { persist } from './persistence.ts';
import { rowReader } from './report-row.ts';

const WAIT_MS = 250;
/** How often PostgreSQL is asked whether it has the frame that waits. */
const STORE_POLL_MS = 20;
/** A frame with more changed rows in a report says only that there are many; reading the report is cheaper then. */
const ROWS_MAX = 2_000;
/** More is not kept of frames that wait for PostgreSQL, nor of those that are being written. */
const WAITING_ROWS_MAX = 50_000;
/** What says that the topics are not those that were read, or are not there; and how often they are looked for then. */
const TOPICS_CHANGED: readonly string[] = ['TOPIC_MISSING', 'TOPIC_MADE_ANEW', 'TOPIC_OFFSET_GONE'];
const LOOK_MS = 1_000;

export interface LiveFramesOptions extends Persistence {
  readonly plan: Plan;
  readonly reader: TopicReader;
  readonly store: PostgresReportReader;
  readonly onFrame: (frame: Frame) => void;
  readonly onAnnouncement: (announcement: Announcement) => void;
  readonly onSign: (sign: Sign) => void;
  /** The topics cannot be followed, and why; undefined: they are followed, from now on or again. */
  readonly onTrouble: (reason: string | undefined) => void;
}

/** What is whole and not yet in PostgreSQL. */
interface Waiting {
  readonly frame: number;
  readonly rows: readonly RowOfReport[];
}

/**
 * Follows the reports' topics, and tells of each frame once it is whole in the topics and in PostgreSQL: whoever is told can
 * read it there, and what was read there is never older than what was told. Topics that were deleted are waited for; with
 * those that were made anew it begins anew, and the next frame that is told says that all reports are to be read again.
 */
export class LiveFrames {
  readonly #options: LiveFramesOptions;
  readonly #readers: ReadonlyMap<string, { readonly report: ReportPlan; readonly read: ReturnType<typeof rowReader> }>;
  #waiting: Waiting[] = [];
  /** Frames were left out of `#waiting`, so their readers must read the reports again. */
  #isTooMuch = false;
  /** The newest frame of which rows were left out before it was whole, or not read; 0: none were, or it is whole. */
  #leftOutTo = 0;
  #arrived = Promise.withResolvers<void>();

  constructor(options: LiveFramesOptions) {
    this.#options = options;
    this.#readers = new Map(options.plan.reports.map((report) => [report.name, { report, read: rowReader(report) }]));
  }

  /** Runs until `ended`. */
  async run(): Promise<void> {
    await Promise.all([this.#follow(), this.#tell()]);
  }

  async #follow(): Promise<void> {
    const { clock, logger, ended, onTrouble } = this.#options;
    while (!ended.aborted) {
      try {
        await this.#followTopics();
      } catch (error) {
        if (!(error instanceof DaybookError) || !TOPICS_CHANGED.includes(error.code)) throw error;
        logger.warn({ code: error.code, reason: error.message }, 'the topics are looked for again');
        onTrouble(error.message);
        // What was told, and what waits to be, may be of other topics than those that come.
        this.#isTooMuch = true;
        this.#waiting = [];
        this.#leftOutTo = 0;
        await clock.sleep(LOOK_MS, ended);
      }
    }
  }

  /** Follows the topics that are there, for as long as they are. @throws DaybookError one of `TOPICS_CHANGED`, what fails for good */
  async #followTopics(): Promise<void> {
    const { plan, reader, ended, onTrouble } = this.#options;
    const frames = framesTopic(plan);
    const topics = [...this.#readers.keys()];
    const extents = await this.#persist('look at topics', () => reader.extents([...topics, frames]));
    if (extents === undefined) return;
    // What is in the topics already is in PostgreSQL, or comes there; only the newest message of each partition is looked at.
    const begin = extents.map(({ topic, topicId, partition, firstOffset, endOffset }) => ({
      topic,
      topicId,
      partition,
      nextOffset: Math.max(firstOffset, endOffset - 1),
    }));
    const gate = new FrameGate<RowOfReport>(begin.filter(({ topic }) => topic !== frames));
    let places: readonly TopicPlace[] = begin;
    while (!ended.aborted) {
      const from = places;
      const read = await this.#persist('read topics', () => reader.read(from, WAIT_MS));
      if (read === undefined) return;
      onTrouble(undefined);
      places = from.map((place) => read.find((each) => isSame(each, place)) ?? place);
      places = [...places, ...(await this.#take(gate, read, { stood: extents, places }))];
    }
  }

  /**
   * @param stood  what was in the topics when they were first looked at
   * @param places  of all partitions that are read
   * @returns those of partitions that are to be read as well, as they were added meanwhile
   */
  async #take(
    gate: FrameGate<RowOfReport>,
    read: readonly ReadPartition[],
    { stood, places }: { readonly stood: readonly PartitionExtent[]; readonly places: readonly TopicPlace[] },
  ): Promise<readonly TopicPlace[]> {
    const { plan, reader, onAnnouncement, onSign } = this.#options;
    let newest: Announcement | undefined;
    for (const partition of read) {
      if (partition.topic !== framesTopic(plan)) {
        const rows = this.#rowsOf(partition);
        const [first] = rows;
        const end = stood.find((each) => isSame(each, partition))?.endOffset ?? 0;
        // Before one that stood there others of its frame may have, which are not read.
        if (first !== undefined && first.offset < end) this.#leftOutTo = Math.max(this.#leftOutTo, first.frame);
        gate.take(partition, rows);
        this.#leaveOut(gate);
        continue;
      }
      const sign = newestSign(partition.messages);
      if (sign !== undefined) onSign(sign);
      for (const announcement of announcements(partition.messages)) {
        onAnnouncement(announcement);
        if (announcement.frame >= (newest?.frame ?? 0)) newest = announcement;
      }
    }
    let added: readonly TopicPlace[] = [];
    if (newest !== undefined) {
      const extents = await this.#persist('look at topics', () => reader.extents([...this.#readers.keys()]));
      added = this.#addedOf(extents ?? [], places);
      gate.follow(added);
      if (extents !== undefined) gate.announce(newest, extents);
    }
    const released = gate.release();
    if (released?.frame === undefined) return added;
    this.#wait({ frame: released.frame.frame, rows: released.messages.map(({ what }) => what) });
    return added;
  }

  /** The partitions that are not read yet: nobody has seen anything of them, so they are read from their beginning. */
  #addedOf(extents: readonly PartitionExtent[], places: readonly TopicPlace[]): readonly TopicPlace[] {
    const added = extents.filter((extent) => !places.some((place) => isSame(place, extent)));
    if (added.length > 0) {
      const partitions = added.map(({ topic, partition }) => `${topic}/${partition}`);
      this.#options.logger.info({ partitions }, 'topics have more partitions now, which are read as well');
    }
    return added.map(({ topic, topicId, partition, firstOffset: nextOffset }) => {
      return { topic, topicId, partition, nextOffset };
    });
  }

  /** A frame of so many rows says no more than that there are many, so they are not held until it is whole. */
  #leaveOut(gate: FrameGate<RowOfReport>): void {
    if (gate.heldCount <= WAITING_ROWS_MAX) return;
    for (const { frame } of gate.releaseAll().messages) this.#leftOutTo = Math.max(this.#leftOutTo, frame);
  }

  #rowsOf({ topic, partition, messages }: ReadPartition): readonly Gated<RowOfReport>[] {
    const known = this.#readers.get(topic);
    if (known === undefined) return [];
    return messages.flatMap((message) => {
      const row = message.value === null ? undefined : known.read(message);
      if (row === undefined || 'reason' in row) return [];
      return [{ topic, partition, offset: message.offset, frame: row.frame, what: { report: known.report, row } }];
    });
  }

  #wait(waiting: Waiting): void {
    const count = this.#waiting.reduce((sum, { rows }) => sum + rows.length, waiting.rows.length);
    if (count > WAITING_ROWS_MAX || this.#leftOutTo > 0) {
      if (this.#leftOutTo <= waiting.frame) this.#leftOutTo = 0;
      this.#isTooMuch = true;
      this.#waiting = [{ frame: waiting.frame, rows: [] }];
    } else this.#waiting.push(waiting);
    this.#arrived.resolve();
  }

  async #tell(): Promise<void> {
    const { clock, ended, store, onFrame } = this.#options;
    const stop = (): void => this.#arrived.resolve();
    ended.addEventListener('abort', stop, { once: true });
    while (!ended.aborted) {
      if (this.#waiting.length === 0) {
        await this.#arrived.promise;
        if (!ended.aborted) this.#arrived = Promise.withResolvers<void>();
        continue;
      }
      const whole = await this.#persist('look at PostgreSQL', () => store.wholeFrame());
      const ready = this.#waiting.filter(({ frame }) => frame <= (whole ?? -1));
      if (ready.length === 0) {
        await clock.sleep(STORE_POLL_MS, ended);
        continue;
      }
      this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
      onFrame(this.#frameOf(ready));
    }
    ended.removeEventListener('abort', stop);
  }

  #frameOf(ready: readonly Waiting[]): Frame {
    const { clock, plan } = this.#options;
    const atMs = clock.nowMs();
    // Not that of PostgreSQL, which may have one already of which nothing was read here.
    const frame = Math.max(...ready.map((each) => each.frame));
    if (this.#isTooMuch) {
      this.#isTooMuch = false;
      return { offset: frame, atMs, reports: plan.reports.map((report) => ({ report, rows: undefined })) };
    }
    const reports = newestRows(ready.flatMap(({ rows }) => rows)).map(({ report, rows }) => ({
      report,
      rows: rows.length > ROWS_MAX ? undefined : rows.map(({ row }) => row),
    }));
    return { offset: frame, atMs, reports };
  }

  #persist<R>(what: string, work: () => Promise<R>): Promise<R | undefined> {
    // A place in a topic that is gone is read in vain, however often.
    return persist(what, this.#options, work, (error) => !error.retryable || TOPICS_CHANGED.includes(error.code));
  }
}

function isSame(a: Pick<TopicPlace, 'topic' | 'partition'>, b: Pick<TopicPlace, 'topic' | 'partition'>): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
