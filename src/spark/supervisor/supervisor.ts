import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { SparkSession, StreamingQuery } from '../connect/session.ts';
import type { Batch } from './batch.ts';
import { readBatch } from './batch.ts';
import type { DayBehind } from './day-counts.ts';
import { DayCounts } from './day-counts.ts';
import { messagesBetween } from './messages-between.ts';
import type { ReportsQuery } from './reports-query.ts';

const POLL_MS = 100;
const STATUS_EVERY_MS = 1_000;
const TOLD_EVERY_MS = 10_000;
/** How often it says that it lives; readers take a silence of several times that for its end. */
const SIGN_EVERY_MS = 5_000;
const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 10_000;
/** Somebody must change something first. */
const HOPELESS_WAIT_MS = 300_000;
/** Spark failing so often without a batch in between is no passing trouble. */
const FAILURES_MAX = 10;
/** A topic of years is read when days are computed again. */
const AGAIN_MS_MAX = 6 * 3_600_000;
/** How much of the time may go into computing days again while the stream has not caught up. */
const AGAIN_SHARE = 10;
/** How Spark says that its offsets are not in a topic any more. Source: KafkaSourceProvider of Spark 4.2 */
const LOST_RECORDS = /data may have been (?:lost|missed)/;

export interface Announcement {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

/** What is read of an announcement of before. */
interface Announced {
  readonly frame?: number;
  readonly accepted?: number;
  readonly topicId?: string;
}

/** How the query is, as everybody is told who reads the topic of frames. */
interface Sign {
  readonly state: 'starting' | 'running' | 'trouble' | 'stopped';
  readonly reason?: string;
}

export interface SupervisorOptions {
  readonly plan: Plan;
  readonly query: ReportsQuery;
  readonly openSession: (sessionId: string) => SparkSession;
  /** The id that the stream's topic has now. */
  readonly topicId: () => Promise<string>;
  readonly topics: { readonly frames: string; readonly days: string };
  readonly reader: TopicReader;
  /** Resolves when all copies have the messages. */
  readonly send: (messages: readonly Announcement[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Asked when the supervisor is told to end: whether the query ends with it. */
  readonly isQueryToStop: () => boolean;
}

/**
 * Keeps the reports' query running, announces its frames, and has days computed again that got records when they were
 * closed. All that it must remember stands in topics, so it may end at any time and another one goes on.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #counts: DayCounts;
  /** Up to where the topic of days was read. */
  #daysRead: number | undefined;
  /** The newest frame that was announced, and how many records it has. */
  #announced = 0;
  #accepted = 0;
  /** Of which topic it is; undefined: nobody said. */
  #madeOf: string | undefined;
  /** Undefined until it is known what was announced before. */
  #sign: Sign | undefined;
  #newest: Batch | undefined;
  #failures = 0;
  #toldAtMs = 0;
  #messages = 0;
  /** Days that are computed again now. */
  #again: Promise<void> | undefined;
  /** What announces frames, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #againNotBeforeMs = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#counts = new DayCounts(options.plan.stream, options.plan.fingerprint);
  }

  /**
   * Runs until the signal. What may succeed later is tried again, with pauses that grow.
   * @throws DaybookError what cannot, and what fails again and again
   */
  async run(ended: AbortSignal): Promise<void> {
    const done = new AbortController();
    const signs = this.#giveSigns(AbortSignal.any([ended, done.signal]));
    try {
      await this.#keepRunning(ended);
    } catch (error) {
      await this.#become('stopped', error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      done.abort();
      await signs;
    }
  }

  async #keepRunning(ended: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    let waitMs = FIRST_WAIT_MS;
    while (!ended.aborted) {
      const before = this.#newest?.id;
      try {
        await this.#watch(ended);
      } catch (error) {
        if (!(error instanceof DaybookError)) throw error;
        if (this.#newest?.id !== before) [this.#failures, waitMs] = [0, FIRST_WAIT_MS];
        if (!error.retryable && !(isOfSpark(error) && ++this.#failures < FAILURES_MAX)) throw error;
        logger.warn({ code: error.code, reason: error.message, waitMs }, 'it failed; trying again');
        await this.#become('trouble', error.message);
        await clock.sleep(waitMs, ended);
        waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
      }
    }
  }

  /** Says now and then how the query is, so that who reads knows that nothing comes from its end. */
  async #giveSigns(ended: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!ended.aborted) {
      await clock.sleep(SIGN_EVERY_MS, ended);
      if (this.#sign !== undefined && !ended.aborted) await this.#tellSign();
    }
  }

  async #become(state: Sign['state'], reason?: string): Promise<void> {
    // A sign that did not tell the newest frame again would take its place.
    if (this.#sign === undefined) return;
    this.#sign = { state, ...(reason !== undefined && { reason }) };
    await this.#tellSign();
  }

  /** Tells the newest frame again, as the topic keeps a stream's newest message alone. */
  async #tellSign(): Promise<void> {
    const { logger, send } = this.#options;
    try {
      await this.#inTurn(() => send([this.#frameMessage(this.#announced, this.#accepted, undefined)]));
    } catch (error) {
      logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'a sign of life was not sent');
    }
  }

  async #watch(ended: AbortSignal): Promise<void> {
    const { query, openSession, isQueryToStop, logger, topicId } = this.#options;
    const session = openSession(query.sessionId);
    try {
      await this.#readAnnounced();
      this.#requireSameTopic(query.topicId, await topicId());
      if (this.#sign?.state !== 'trouble') await this.#become('starting');
      const streaming = await this.#findOrStart(session);
      await this.#become('running');
      await this.#follow(session, streaming, ended);
      await this.#again;
      if (!isQueryToStop()) return;
      await session.stop(streaming);
      await this.#become('stopped');
      logger.info({ query: streaming.name }, 'the query is stopped');
    } finally {
      session.close();
    }
  }

  async #findOrStart(session: SparkSession): Promise<StreamingQuery> {
    const { query, logger } = this.#options;
    const found = await query.find(session);
    if (found !== undefined) {
      logger.info({ query: found.name, run: found.runId }, 'the query runs already');
      if (!(await query.hasCheckpointOf(session, found))) {
        await session.stop(found);
        throw query.checkpointIncomplete();
      }
      for (const json of await session.recentProgress(found)) await this.#batchDone(readBatch(json));
      return found;
    }
    // Its last batch may have been whole without anybody being told.
    const frame = await query.lastFrame(session);
    if (frame !== undefined) await this.#announce(frame, undefined);
    await this.#awaitClock(session);
    const started = await query.start(session);
    logger.info({ query: started.name, run: started.runId, checkpoint: query.checkpoint }, 'the query is started');
    return started;
  }

  /** Frames are times of Spark's clock, and no later one may be below one that was announced, from another machine perhaps. */
  async #awaitClock(session: SparkSession): Promise<void> {
    const { clock, logger } = this.#options;
    const [row] = await session.rows('SELECT unix_micros(current_timestamp()) AS now');
    const behindMs = Math.ceil((this.#announced - Number(row?.['now'])) / 1000);
    if (behindMs < 0) return;
    logger.warn({ behindMs }, 'the clock of Spark is behind the newest frame, and is waited for');
    await clock.sleep(behindMs + 1);
  }

  async #follow(session: SparkSession, streaming: StreamingQuery, ended: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let statusAtMs = 0;
    while (!ended.aborted) {
      const json = await session.lastProgress(streaming);
      if (json !== undefined) await this.#batchDone(readBatch(json));
      if (clock.nowMs() - statusAtMs >= STATUS_EVERY_MS) {
        statusAtMs = clock.nowMs();
        const { isActive } = await session.status(streaming);
        if (!isActive) throw this.#endOf(streaming, await session.failure(streaming));
      }
      this.#tendDays(ended);
      await clock.sleep(POLL_MS, ended);
    }
  }

  /** Why a query ended, which nobody asked to. */
  #endOf(streaming: StreamingQuery, failure: DaybookError | undefined): DaybookError {
    if (failure === undefined) return stopped(streaming);
    const text = String(failure.details['message']);
    if (!LOST_RECORDS.test(text)) return failure;
    const { plan, query } = this.#options;
    const reason = /Reason: (.*)/.exec(text)?.[1];
    return new DaybookError(
      'TOPIC_INCOMPLETE',
      `Records of ${plan.stream.name} are gone from Kafka that Spark had not read yet${reason === undefined ? '' : ` (${reason})`}, ` +
        'so they are in no report. Set the retention.ms of the topic to -1 (daybook apply --target kafka), send what is ' +
        `missing again, remove the checkpoint ${query.checkpoint}, and start this again: it computes all of it anew.`,
      { cause: failure },
    );
  }

  async #batchDone(batch: Batch): Promise<void> {
    if (batch.id <= (this.#newest?.id ?? -1) && batch.frame === this.#newest?.frame) return;
    this.#newest = batch;
    this.#messages += batch.messages;
    if (batch.frame !== undefined) await this.#announce(batch.frame, batch);
    this.#tell(batch);
  }

  /** Says that all rows of a frame, and of those before it, are in their topics. */
  #announce(frame: number, batch: Batch | undefined): Promise<void> {
    return this.#inTurn(async () => {
      if (frame <= this.#announced) return;
      await this.#readDays();
      this.#counts.advance(frame);
      const accepted = batch?.accepted ?? this.#counts.accepted;
      await this.#options.send([this.#frameMessage(frame, accepted, batch)]);
      [this.#announced, this.#accepted] = [frame, accepted];
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    // Who waits for the work gets its error; the next one begins all the same.
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #frameMessage(frame: number, accepted: number, batch: Batch | undefined): Announcement {
    const { plan, query, topics } = this.#options;
    const stream = plan.stream.name;
    const value = {
      stream,
      // Before the first frame there is but the sign.
      ...(frame > 0 && { frame, accepted }),
      ...(batch !== undefined && { rows: batch.rows, batch: batch.id, lag: batch.lag }),
      late: this.#counts.late,
      topicId: this.#madeOf ?? query.topicId,
      ...this.#sign,
    };
    return { topic: topics.frames, key: stream, value: JSON.stringify(value) };
  }

  #tell(batch: Batch): void {
    const { clock, logger } = this.#options;
    const now = clock.nowMs();
    if (now - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = now;
    const { id, accepted, messagesPerSecond, tookMs, lag, watermark, stateRows } = batch;
    const { late } = this.#counts;
    const messages = this.#messages;
    logger.info(
      { batch: id, messages, accepted, messagesPerSecond, tookMs, lag, watermark, late, stateRows },
      'progress',
    );
  }

  /** Has days computed again, beside the stream. While it has not caught up, most of the time is left to it. */
  #tendDays(ended: AbortSignal): void {
    const days = this.#counts.behind();
    const { clock, logger } = this.#options;
    if (days.length === 0 || this.#again !== undefined) return;
    const hasCaughtUp = (this.#newest?.lag ?? 0) === 0;
    const now = clock.nowMs();
    if (now < this.#againNotBeforeMs && !hasCaughtUp) return;
    this.#again = this.#computeAgain(days, ended)
      .catch((error: unknown) => {
        if (!(error instanceof DaybookError)) throw error;
        logger.warn({ code: error.code, reason: error.message }, 'days could not be computed again; trying again');
        return clock.sleep(error.retryable ? WAIT_MS_MAX : HOPELESS_WAIT_MS, ended);
      })
      .finally(() => {
        this.#again = undefined;
        this.#againNotBeforeMs = clock.nowMs() + AGAIN_SHARE * (clock.nowMs() - now);
      });
  }

  async #computeAgain(days: readonly DayBehind[], ended: AbortSignal): Promise<void> {
    const { query, openSession, logger } = this.#options;
    const missing = days.reduce((sum, day) => sum + day.missing, 0);
    const told = { days: days.length, from: days[0]?.day, to: days.at(-1)?.day, records: missing };
    logger.info(told, 'records came for closed days, which are computed again');
    await this.#requireWholeTopic();
    const session = openSession(randomUUID());
    const release = (): Promise<void> =>
      session.release().catch((error: unknown) => logger.warn({ reason: String(error) }, 'a session was not released'));
    const onEnd = (): void => void release();
    ended.addEventListener('abort', onEnd, { once: true });
    try {
      const names = days.map(({ day }) => day);
      await query.computeAgain(session, names, AGAIN_MS_MAX);
      ended.removeEventListener('abort', onEnd);
      if (ended.aborted) return;
      await this.#inTurn(() => this.#writeAgain(session, days));
      logger.info({ ...told, frame: this.#announced }, 'closed days have their late records');
    } finally {
      ended.removeEventListener('abort', onEnd);
      if (!ended.aborted) await release();
      session.close();
    }
  }

  /** @throws DaybookError `TOPIC_INCOMPLETE`: days would lose what is gone from the topic */
  async #requireWholeTopic(): Promise<void> {
    const { reader, plan } = this.#options;
    const cut = (await reader.extents([plan.stream.name])).find(({ firstOffset }) => firstOffset > 0);
    if (cut === undefined) return;
    throw new DaybookError(
      'TOPIC_INCOMPLETE',
      `Closed days cannot be computed again, as the topic ${cut.topic} has lost what stood before offset ${cut.firstOffset} ` +
        `of partition ${cut.partition}. Set its retention.ms to -1 (daybook apply --target kafka), and send what is missing again.`,
      { details: { topic: cut.topic, partition: cut.partition, firstOffset: cut.firstOffset } },
    );
  }

  /** No frame is announced meanwhile, so the rows are older than all that were not announced yet. */
  async #writeAgain(session: SparkSession, days: readonly DayBehind[]): Promise<void> {
    const { query, topics, send } = this.#options;
    const frame = this.#announced + 1;
    await query.writeAgain(session, frame, AGAIN_MS_MAX);
    const { accepted } = this.#counts;
    const answers = days.map((day) => ({ topic: topics.days, ...this.#counts.answer(day, frame) }));
    await send([...answers, this.#frameMessage(frame, accepted, undefined)]);
    [this.#announced, this.#accepted] = [frame, accepted];
    await this.#readDays();
    this.#counts.advance(frame);
  }

  /** What another supervisor announced before. @throws DaybookError `REPORTS_OF_ANOTHER_TOPIC` */
  async #readAnnounced(): Promise<void> {
    const { query, reader, topics } = this.#options;
    for (const extent of await reader.extents([topics.frames])) {
      for await (const messages of messagesBetween(reader, extent, extent.firstOffset, extent.endOffset)) {
        for (const { value } of messages) {
          const { frame = 0, accepted = 0, topicId } = JSON.parse(Buffer.from(value ?? '{}').toString()) as Announced;
          if (frame >= this.#announced) [this.#announced, this.#accepted] = [frame, accepted];
          this.#madeOf = topicId ?? this.#madeOf;
        }
      }
    }
    this.#sign ??= { state: 'starting' };
    this.#requireSameTopic(this.#madeOf, query.topicId);
    await this.#readDays();
    this.#counts.advance(this.#announced);
  }

  /** Rows of a topic that is gone would stand for ever among those of the one that is there. */
  #requireSameTopic(madeOf: string | undefined, topicId: string): void {
    const { plan, topics } = this.#options;
    if (madeOf === undefined || madeOf === topicId) return;
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

  /** Reads the topic of days to its end. */
  async #readDays(): Promise<void> {
    const { reader, topics } = this.#options;
    const [extent] = await reader.extents([topics.days]);
    if (extent === undefined) return;
    const firstOffset = this.#daysRead ?? extent.firstOffset;
    for await (const messages of messagesBetween(reader, extent, firstOffset, extent.endOffset)) {
      this.#counts.take(messages);
    }
    this.#daysRead = extent.endOffset;
  }
}

/** What Spark failed with may be over when it is asked again: a server that was killed answers with all kinds of errors. */
function isOfSpark({ code }: DaybookError): boolean {
  return code === 'SPARK_FAILED' || code === 'SPARK_QUERY_FAILED' || code === 'SPARK_QUERY_RUNS';
}

function stopped({ name }: StreamingQuery): DaybookError {
  return new DaybookError('SPARK_QUERY_STOPPED', `Somebody stopped the query '${name}' in Spark.`, { retryable: true });
}
