import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import { recordsFacts, rowsFingerprint } from '../../plan/fingerprints.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicMessage, TopicPlace, TopicReader } from '../../ports/messages.ts';
import { messageNotGiven, messagesBetween } from '../../ports/messages-between.ts';
import type { Batch, ReadTo } from './batch.ts';
import { furtherOf, readToOf } from './batch.ts';
import type { DayBehind, Overtaken } from './day-counts.ts';
import { DayCounts } from './day-counts.ts';
import { objectOf } from './message-object.ts';
import { overtakenRows } from './overtaken-rows.ts';

/** So long what is known to be there is waited for. */
const READ_WAIT_MS = 1_000;
const SILENT_READS_MAX = 10;

export interface Announcement {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

interface AnnouncerOptions {
  readonly plan: Plan;
  /** Of the stream's topic that the query reads. */
  readonly topicId: string;
  readonly topics: { readonly frames: string; readonly days: string };
  readonly reader: TopicReader;
  /** Resolves when all copies have the messages. */
  readonly send: (messages: readonly Announcement[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Whose rows the reports are. */
interface Owner {
  /** The definition's fingerprint. */
  readonly query: string;
  /** Another one each time that a definition takes the reports over from another. */
  readonly generation: string;
}

/** What is read of an announcement of before. */
interface Announced {
  /** Undefined: nobody said. */
  readonly owner: Owner | undefined;
  readonly frame: number;
  readonly accepted: number;
  readonly since: number;
  readonly anew: number;
  readonly readTo: ReadTo;
  readonly topicId: string | undefined;
  /** By report: which rows it has, as `rowsFingerprint` says it. */
  readonly reports: Readonly<Record<string, string>>;
  /** By report: the id of the topic that has all of its rows. */
  readonly reportTopics: Readonly<Record<string, string>>;
  /** Of the definition that announced it, as `recordsFacts` says them; empty where one of before did. */
  readonly records: Readonly<Record<string, string>>;
}

/** How the query is, as everybody is told who reads the topic of frames. */
interface Sign {
  readonly state: 'starting' | 'running' | 'trouble' | 'stopped';
  readonly reason?: string;
}

/**
 * Tells in the topic of frames which frame is whole, that is, that all rows of it and of those before it are in their topics; and how
 * the query is. The frames of a stream only grow, whoever announces them.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #counts: DayCounts;
  /** Up to where the topic of days was read; undefined: it is to be looked at first. */
  #days: TopicPlace | undefined;
  /** The newest frame that was announced, and how many records it has. */
  #announced = 0;
  #accepted = 0;
  /** How many records the reports had when the query began anew, until it has written anew what was there; 0: it has. */
  #anew = 0;
  /** Up to which frame it did. */
  #since = 0;
  /** The days that were behind when it had as many records again; undefined: it has not. */
  #lastBehind: readonly DayBehind[] | undefined;
  /** Up to where the query has read the stream's topic: the newest frame has all of it. */
  #readTo: ReadTo = {};
  /** Of which topic it is; undefined: nobody said. */
  #madeOf: string | undefined;
  #owner: Owner | undefined;
  #generation = '';
  /** The fingerprints of the reports that are in their topics, those among them that are in no definition any more. */
  #reports: Readonly<Record<string, string>> = {};
  /** The ids of the topics that have all rows of the reports. */
  #reportTopics: Readonly<Record<string, string>> = {};
  /** The facts of the records that they were computed from last. */
  #records: Readonly<Record<string, string>> = {};
  /** Undefined until it is known what was announced before. */
  #sign: Sign | undefined;
  #isWritingAgain = false;
  /** What announces, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#counts = new DayCounts(options.plan.stream, options.plan.fingerprint);
  }

  /** The newest frame that was announced, by whomever. */
  get frame(): number {
    return this.#announced;
  }

  /** The newest that is known, be it whole or not, and whoever wrote it. */
  get newestFrame(): number {
    return Math.max(this.#announced, this.#counts.newestOfAny);
  }

  /**
   * The generation that the definition is in. One that comes back is in a new one, and so is one of whose reports a topic was made
   * anew: what its checkpoint of before takes for written was written over, or is gone, and a query that went on there would write only
   * what new records change.
   */
  get generation(): string {
    return this.#generation;
  }

  /** What is to be written again, as Spark's clock went back; undefined: it did not. */
  get overtaken(): Overtaken | undefined {
    return this.#counts.overtaken;
  }

  get state(): Sign['state'] | undefined {
    return this.#sign?.state;
  }

  /** How many records came when their day was closed. */
  get late(): number {
    return this.#counts.late;
  }

  /** The days that must be computed again, oldest first. */
  daysBehind(): readonly DayBehind[] {
    return this.#counts.behind();
  }

  /**
   * Reads what was announced before.
   * @throws DaybookError `REPORTS_OF_ANOTHER_TOPIC`, `REPORTS_OF_ANOTHER_DEFINITION`
   */
  async readAnnounced(): Promise<void> {
    const { reader, topics, topicId } = this.#options;
    for (const extent of await reader.extents([topics.frames])) {
      for await (const messages of messagesBetween(reader, extent, extent.firstOffset, extent.endOffset)) {
        for (const message of messages) {
          const told = readAnnounced(message);
          this.#owner = told.owner ?? this.#owner;
          if (told.frame >= this.#announced) {
            [this.#announced, this.#accepted, this.#readTo] = [told.frame, told.accepted, told.readTo];
            [this.#since, this.#anew] = [told.since, told.anew];
          }
          this.#madeOf = told.topicId ?? this.#madeOf;
          this.#reports = { ...this.#reports, ...told.reports };
          this.#reportTopics = { ...this.#reportTopics, ...told.reportTopics };
          if (Object.keys(told.records).length > 0) this.#records = told.records;
        }
      }
    }
    this.#sign ??= { state: 'starting' };
    this.requireTopic(this.#madeOf ?? topicId, topicId);
    await this.#requireRows();
    await this.#findGeneration();
    await this.#readAllDays();
    this.#counts.advance(this.#announced);
  }

  async #findGeneration(): Promise<void> {
    const now = await this.#reportTopicsNow();
    const isOwn = this.#owner?.query === this.#options.plan.fingerprint && this.#madeAnew(now).length === 0;
    this.#generation = isOwn ? (this.#owner?.generation ?? '') : randomUUID();
    // What is another one's is told when that is taken over.
    this.#reportTopics = { ...now, ...this.#reportTopics };
  }

  async #reportTopicsNow(): Promise<Readonly<Record<string, string>>> {
    const { plan, reader } = this.#options;
    const extents = await reader.extents(plan.reports.map(({ name }) => name));
    return Object.fromEntries(extents.map(({ topic, topicId }) => [topic, topicId]));
  }

  /** The reports whose topics are others than those that have all of their rows. */
  #madeAnew(now: Readonly<Record<string, string>>): readonly string[] {
    return Object.keys(now).filter((name) => (this.#reportTopics[name] ?? now[name]) !== now[name]);
  }

  /**
   * A report's topic that was made anew has but the rows that have changed since, and would have no others.
   * @throws DaybookError `REPORT_TOPIC_MADE_ANEW` (retryable: in another generation all rows are computed anew)
   */
  async requireReportTopics(): Promise<void> {
    let now: Readonly<Record<string, string>>;
    try {
      now = await this.#reportTopicsNow();
    } catch (error) {
      // While Kafka is away, or a topic is not there yet, nothing is known.
      if (error instanceof DaybookError) return;
      throw error;
    }
    const anew = this.#madeAnew(now);
    if (anew.length === 0) return;
    throw new DaybookError(
      'REPORT_TOPIC_MADE_ANEW',
      `Topics of reports were made anew: ${anew.join(', ')}. All reports are computed again from the first record on, as their rows are gone.`,
      { retryable: true, details: { topics: anew } },
    );
  }

  /**
   * Rows of a topic that is gone would stand for ever among those of the one that is there.
   * @param madeOf  the id of the topic that the reports are made of
   * @param topicId  that of the one that is there
   * @throws DaybookError `REPORTS_OF_ANOTHER_TOPIC`
   */
  requireTopic(madeOf: string, topicId: string): void {
    const { plan, topics } = this.#options;
    if (madeOf === topicId) return;
    const { name } = plan.stream;
    const old = [...plan.reports.map((report) => report.name), topics.frames, topics.days].join(', ');
    throw new DaybookError(
      'REPORTS_OF_ANOTHER_TOPIC',
      `The topic ${name} was made anew: its id is ${topicId}, but the reports in this Kafka were computed from the one ` +
        `with id ${madeOf}, and their rows would stay. To begin anew, delete the topics ${old}, make them with daybook apply ` +
        '--target kafka, and give the sinks empty stores; then start this again.',
      { details: { topic: name, topicId, madeOf } },
    );
  }

  /**
   * What another definition has no row of stands in its topic for ever, and among the new rows in each frame. A report with other
   * measures, or a new one, writes over all that is there.
   * @throws DaybookError `REPORTS_OF_ANOTHER_DEFINITION`
   */
  async #requireRows(): Promise<void> {
    const { plan, reader } = this.#options;
    const now = Object.fromEntries(plan.reports.map((report) => [report.name, rowsFingerprint(plan.stream, report)]));
    const isChanged = ({ name }: ReportPlan): boolean => (this.#reports[name] ?? now[name]) !== now[name];
    const changed = plan.reports.filter(isChanged).map(({ name }) => name);
    const extents = changed.length > 0 ? await reader.extents(changed) : [];
    const filled = extents.filter(({ endOffset }) => endOffset > 0);
    const old = changed.filter((name) => filled.some(({ topic }) => topic === name));
    if (old.length > 0) {
      const drop = old.map((name) => ` --drop ${name}`).join('');
      throw new DaybookError(
        'REPORTS_OF_ANOTHER_DEFINITION',
        `In this Kafka are rows of ${old.join(', ')} by another definition (what differs: ${this.#differing()}), and some of ` +
          `them may stay for ever. Use the definition of before; or delete the topics ${old.join(', ')}, make them with ` +
          `daybook apply --target kafka, and their tables with daybook apply --target postgres${drop}, and --target cassandra ` +
          'alike. Then start this again: it computes all of it anew.',
        { details: { reports: old } },
      );
    }
    this.#reports = { ...this.#reports, ...now };
    // Of other records there may be fewer for good, and all reports are new then.
    if (this.#changedFacts().length > 0) [this.#accepted, this.#anew] = [0, 0];
    this.#records = recordsFacts(plan.stream);
  }

  /** What makes the rows of before others, as far as it is known. */
  #differing(): string {
    if (Object.keys(this.#records).length === 0) return 'their records, dimensions or conditions';
    const names = this.#changedFacts();
    return names.length === 0 ? "their dimensions or 'where'" : names.join(', ');
  }

  /** What is another fact of the records now; none where those of before are not known. */
  #changedFacts(): readonly string[] {
    const [before, now] = [this.#records, recordsFacts(this.#options.plan.stream)];
    if (Object.keys(before).length === 0) return [];
    return Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]);
  }

  /**
   * Says that the reports are this definition's from now on, if they were another's; before its query writes any row.
   * @throws what `send` throws; then they are not its own
   */
  async takeOver(): Promise<void> {
    const { plan, topics, send } = this.#options;
    if (this.#owner?.generation === this.#generation) return;
    const owner = { query: plan.fingerprint, generation: this.#generation };
    const reportTopics = { ...this.#reportTopics, ...(await this.#reportTopicsNow()) };
    await this.#inTurn(async () => {
      // A query of before that was stopped just now may have counted until then.
      await this.#readAllDays();
      const frame = this.newestFrame;
      const before = frame === 0 ? [] : [{ topic: topics.days, ...this.#counts.before(frame) }];
      const taken = { ...owner, reportTopics };
      await send([...before, this.#frameMessage(this.#announced, this.#accepted, undefined, taken)]);
      this.#owner = owner;
      this.#reportTopics = reportTopics;
    });
  }

  /** Says how the query is, once it is known what was announced before. */
  async become(state: Sign['state'], reason?: string): Promise<void> {
    // A sign that did not tell the newest frame again would take its place.
    if (this.#sign === undefined) return;
    this.#sign = { state, ...(reason !== undefined && { reason }) };
    await this.tellSign();
  }

  /** Tells the newest frame again, as the topic keeps a stream's newest message alone. */
  async tellSign(): Promise<void> {
    if (this.#sign === undefined) return;
    const { logger, send } = this.#options;
    try {
      await this.#inTurn(() => send([this.#frameMessage(this.#announced, this.#accepted, undefined)]));
    } catch (error) {
      logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'a sign of life was not sent');
    }
  }

  /**
   * Waits until the query writes what it counted in a batch, which it does at the batch's end; or until the time is over.
   * @returns whether there are counts of a frame that is not announced
   */
  async untilCounts(waitMs: number): Promise<boolean> {
    // That may take as long as a topic of years, and the query is to be looked after meanwhile.
    if (this.#isWritingAgain) await this.#options.clock.sleep(waitMs);
    else if (!this.#hasCounts()) await this.#inTurn(() => this.#readDays(waitMs));
    return this.#hasCounts();
  }

  #hasCounts(): boolean {
    return this.#counts.newest > this.#announced;
  }

  /** Notes that the query has read nothing yet: all rows that are there are to be written anew. */
  beginAnew(): void {
    this.#anew = Math.max(this.#anew, this.#accepted);
    this.#readTo = {};
  }

  /**
   * Notes up to where the query has read what has brought the newest frame nothing; it is told with the next sign of life. Batches of
   * before that frame, which are looked through once more by whoever finds the query running, say less.
   */
  noteRead(readTo: ReadTo): void {
    this.#readTo = furtherOf(this.#readTo, readTo);
  }

  /**
   * Says that a frame is whole.
   * @param batch  that wrote it, if that is known
   * @param readTo  up to where the query had read then, if that is known
   */
  announce(frame: number, batch: Batch | undefined, readTo = batch?.readTo): Promise<void> {
    return this.#inTurn(async () => {
      if (frame <= this.#announced) return;
      await this.#readAllDays();
      this.#counts.advance(frame);
      const accepted = batch?.accepted ?? this.#counts.accepted;
      this.#noteProgress(frame, accepted);
      this.#readTo = readTo ?? this.#readTo;
      await this.#options.send([this.#frameMessage(frame, accepted, batch)]);
      [this.#announced, this.#accepted] = [frame, accepted];
    });
  }

  /**
   * Has the rows of days written that were computed again, and announces them. No frame is announced meanwhile, so these rows are
   * older than all that were not announced yet.
   * @param write  gets the frame of the rows
   */
  announceAgain(days: readonly DayBehind[], write: (frame: number) => Promise<void>): Promise<void> {
    // From now on, and not from its turn on: who waits for counts would wait behind it.
    this.#isWritingAgain = true;
    const done = this.#inTurn(async () => {
      const { topics, send } = this.#options;
      const frame = this.#announced + 1;
      await write(frame);
      const { accepted } = this.#counts;
      const answers = days.map((day) => ({ topic: topics.days, ...this.#counts.answer(day, frame) }));
      await send([...answers, this.#frameMessage(frame, accepted, undefined)]);
      [this.#announced, this.#accepted] = [frame, accepted];
      await this.#readAllDays();
      this.#counts.advance(frame);
      this.#noteProgress(frame, accepted);
    });
    return done.finally(() => (this.#isWritingAgain = false));
  }

  /**
   * Writes the rows again that were written behind newer ones, under a frame above both, and announces it. Only while no query
   * writes: what it wrote meanwhile would stand before older rows in the topic.
   */
  writeOvertaken(overtaken: Overtaken): Promise<void> {
    return this.#inTurn(async () => {
      const { plan, reader, topics, send } = this.#options;
      // Not above a frame that was not whole when the query was stopped: that is written again.
      const frame = Math.max(this.#announced, overtaken.by) + 1;
      const names = plan.reports.map(({ name }) => name);
      await send(await overtakenRows(reader, names, overtaken, frame));
      this.#counts.advance(frame);
      const { accepted } = this.#counts;
      const answers = overtaken.days.map((day) => ({ topic: topics.days, ...this.#counts.answerSame(day, frame) }));
      await send([...answers, this.#frameMessage(frame, accepted, undefined)]);
      [this.#announced, this.#accepted] = [frame, accepted];
      await this.#readAllDays();
      this.#counts.advance(frame);
    });
  }

  /**
   * Notes how far a query is that began anew. Until it has as many records as the reports had, and has the days computed again that
   * were behind then, it writes what was there.
   */
  #noteProgress(frame: number, accepted: number): void {
    if (this.#anew === 0) return;
    this.#since = frame;
    if (accepted < this.#anew) return;
    this.#lastBehind ??= this.#counts.behind();
    if (!this.#lastBehind.every((day) => this.#counts.has(day))) return;
    this.#anew = 0;
    this.#lastBehind = undefined;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    // Who waits for the work gets its error; the next one begins all the same.
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** @param taken  what is told of a generation that begins */
  #frameMessage(frame: number, accepted: number, batch: Batch | undefined, taken: object = {}): Announcement {
    const { plan, topicId, topics } = this.#options;
    const stream = plan.stream.name;
    const value = {
      stream,
      // Before the first frame there is but the sign.
      ...(frame > 0 && { frame, accepted }),
      readTo: this.#readTo,
      ...(batch !== undefined && { rows: batch.rows, batch: batch.id }),
      ...(this.#anew > 0 && { anew: this.#anew }),
      ...(this.#since > 0 && { since: this.#since }),
      late: this.#counts.late,
      topicId: this.#madeOf ?? topicId,
      ...this.#owner,
      reports: this.#reports,
      reportTopics: this.#reportTopics,
      records: this.#records,
      ...this.#sign,
      ...taken,
    };
    return { topic: topics.frames, key: stream, value: JSON.stringify(value) };
  }

  /**
   * Reads the topic of days to where its leader says that it ends. What a read takes for the end may lie before it, when another
   * broker has just become the leader.
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable) when nothing of it comes for ten seconds
   */
  async #readAllDays(): Promise<void> {
    const { reader, topics } = this.#options;
    const [extent] = await reader.extents([topics.days]);
    if (extent === undefined) return;
    let silent = 0;
    while (this.#days === undefined || this.#days.nextOffset < extent.endOffset) {
      const before = this.#days?.nextOffset;
      await this.#readDays(READ_WAIT_MS);
      if (this.#days === undefined) return;
      silent = this.#days.nextOffset === before ? silent + 1 : 0;
      if (silent === SILENT_READS_MAX) throw messageNotGiven(this.#days);
    }
  }

  /** Reads what the topic of days has. @param waitMs  for so long the first message is waited for, if there is none */
  async #readDays(waitMs: number): Promise<void> {
    try {
      this.#days ??= await this.#daysFromBeginning();
      while (this.#days !== undefined) {
        const [read] = await this.#options.reader.read([this.#days], waitMs);
        if (read === undefined) return;
        this.#counts.take(read.messages);
        this.#days = { ...this.#days, nextOffset: read.nextOffset };
        if (read.nextOffset >= read.endOffset) return;
      }
    } catch (error) {
      const code = error instanceof DaybookError ? error.code : undefined;
      // The topic that is there may be another one.
      if (code !== 'KAFKA_UNREACHABLE') this.#days = undefined;
      if (code !== 'TOPIC_OFFSET_GONE') throw error;
      // A broker has lost its newest messages; what is left is read once more.
      await this.#readDays(waitMs);
    }
  }

  async #daysFromBeginning(): Promise<TopicPlace | undefined> {
    const { reader, topics } = this.#options;
    const [extent] = await reader.extents([topics.days]);
    this.#counts.rewind();
    return extent && { ...extent, nextOffset: extent.firstOffset };
  }
}

function readAnnounced(message: TopicMessage): Announced {
  const members = objectOf(message);
  const { query, generation, frame, accepted, since, anew, readTo, topicId, reports, reportTopics, records } = members;
  return {
    owner: typeof query === 'string' && typeof generation === 'string' ? { query, generation } : undefined,
    frame: wholeOf(frame),
    accepted: wholeOf(accepted),
    since: wholeOf(since),
    anew: wholeOf(anew),
    readTo: readToOf(readTo),
    topicId: typeof topicId === 'string' ? topicId : undefined,
    reports: textsOf(reports),
    reportTopics: textsOf(reportTopics),
    records: textsOf(records),
  };
}

function wholeOf(value: unknown): number {
  return Number.isSafeInteger(value) ? Number(value) : 0;
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.map(([name, each]) => [name, String(each)]));
}
