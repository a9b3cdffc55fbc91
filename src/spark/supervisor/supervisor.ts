import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { SparkSession, StreamingQuery } from '../connect/session.ts';
import type { Announcement } from './announcer.ts';
import { Announcer } from './announcer.ts';
import type { Batch } from './batch.ts';
import { readBatch } from './batch.ts';
import { DaysAgain } from './days-again.ts';
import type { ReportsQuery } from './reports-query.ts';

/** How often Spark is asked how far it is, be there news or not; each answer costs it some milliseconds. */
const POLL_MS = 250;
/** How often at least when a batch is about to be whole; and as a part of the time that this takes. */
const SOON_MS_MIN = 10;
const SOON_SHARE = 0.25;
const STATUS_EVERY_MS = 1_000;
/** How often it is looked whether the reports' topics are those that have their rows. */
const TOPICS_EVERY_MS = 5_000;
const TOLD_EVERY_MS = 10_000;
/** How often it says that it lives; readers take a silence of several times that for its end. */
const SIGN_EVERY_MS = 5_000;
const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 10_000;
/** Spark failing so often without a batch in between is no passing trouble. */
const FAILURES_MAX = 10;
/** How Spark says that its offsets are not in a topic any more. Source: KafkaSourceProvider of Spark 4.2 */
const LOST_RECORDS = /data may have been (?:lost|missed)/;

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
  readonly #announcer: Announcer;
  readonly #daysAgain: DaysAgain;
  #newest: Batch | undefined;
  #failures = 0;
  #toldAtMs = 0;
  #messages = 0;

  constructor(options: SupervisorOptions) {
    const { plan, query } = options;
    this.#options = options;
    this.#announcer = new Announcer({ ...options, topicId: query.topicId });
    this.#daysAgain = new DaysAgain({ ...options, topic: plan.stream.name, announcer: this.#announcer });
  }

  /**
   * Runs until the signal. What may succeed later is tried again, with pauses that grow.
   * @throws DaybookError what cannot, and what fails again and again
   */
  async run(ended: AbortSignal): Promise<void> {
    const done = new AbortController();
    const until = AbortSignal.any([ended, done.signal]);
    const signs = this.#giveSigns(until);
    try {
      await this.#keepRunning(until);
    } catch (error) {
      await this.#announcer.become('stopped', error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      done.abort();
      await signs;
      // Whoever goes on in its place may write newer rows of these days.
      await this.#daysAgain.rest();
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
        await this.#announcer.become('trouble', error.message);
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
      if (!ended.aborted) await this.#announcer.tellSign();
    }
  }

  async #watch(ended: AbortSignal): Promise<void> {
    const { query, openSession, isQueryToStop, logger, topicId } = this.#options;
    const session = openSession(query.sessionId);
    try {
      await this.#announcer.readAnnounced();
      this.#announcer.requireTopic(query.topicId, await topicId());
      query.enter(this.#announcer.generation);
      if (this.#announcer.state !== 'trouble') await this.#announcer.become('starting');
      const streaming = await this.#findOrStart(session, ended);
      if (streaming !== undefined) {
        await this.#announcer.become('running');
        await this.#follow(session, streaming, ended);
      }
      await this.#daysAgain.rest();
      if (!isQueryToStop()) return;
      if (streaming !== undefined) await session.stop(streaming);
      await this.#announcer.become('stopped');
      logger.info({ query: query.name }, 'the query is stopped');
    } finally {
      session.close();
    }
  }

  /** @returns undefined: it was told to end before the query could be started */
  async #findOrStart(session: SparkSession, ended: AbortSignal): Promise<StreamingQuery | undefined> {
    const { query, logger } = this.#options;
    const found = await query.find(session);
    if (found !== undefined) {
      logger.info({ query: found.name, run: found.runId }, 'the query runs already');
      if (!(await query.hasCheckpointOf(session, found))) {
        await session.stop(found);
        throw query.checkpointIncomplete();
      }
      return found;
    }
    // Its last batch may have been whole without anybody being told.
    const last = await query.lastBatch(session);
    if (last === undefined) this.#announcer.beginAnew();
    else await this.#announcer.announce(last.frame, undefined, last.readTo);
    await this.#awaitClock(session, ended);
    if (ended.aborted) return undefined;
    await this.#putRight();
    await this.#announcer.takeOver();
    const started = await query.start(session);
    logger.info({ query: started.name, run: started.runId, checkpoint: query.checkpoint }, 'the query is started');
    return started;
  }

  /** Frames are times of Spark's clock, and no later one may be below one that is there, from another machine perhaps. */
  async #awaitClock(session: SparkSession, ended: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const [row] = await session.rows('SELECT unix_micros(current_timestamp()) AS now');
    const behindMs = Math.ceil((this.#announcer.newestFrame - Number(row?.['now'])) / 1000);
    if (behindMs < 0) return;
    logger.warn({ behindMs }, 'the clock of Spark is behind the newest frame, and is waited for');
    await clock.sleep(behindMs + 1, ended);
  }

  /** Has rows written again that lost to older ones, as Spark's clock went back between their batches. */
  async #putRight(): Promise<void> {
    const { overtaken } = this.#announcer;
    if (overtaken === undefined) return;
    await this.#announcer.writeOvertaken(overtaken);
    const { logger } = this.#options;
    logger.info(
      { days: overtaken.days.length, frame: this.#announcer.frame },
      'rows that lost to older ones are written again',
    );
  }

  /** Ends a run whose clock went back, so that the next one puts it right. @throws DaybookError `SPARK_CLOCK_WENT_BACK` */
  async #requireClock(session: SparkSession, streaming: StreamingQuery, nextId: number): Promise<void> {
    const { overtaken } = this.#announcer;
    // A batch that is ended before it is whole comes again, with its old frame.
    if (overtaken === undefined || nextId < 0 || this.#newest?.frame === overtaken.by) return;
    await session.stop(streaming);
    throw new DaybookError(
      'SPARK_CLOCK_WENT_BACK',
      `Spark's clock went back by ${Math.ceil((overtaken.by - overtaken.from) / 1000)} ms or more under the query, so that rows of ` +
        'sales lost to older ones. The query is stopped until the clock has passed the newest frame; then these rows are ' +
        'written again. Have the clock of that machine set without steps (chrony or ntpd slew it).',
      { retryable: true, details: { ...overtaken } },
    );
  }

  async #follow(session: SparkSession, streaming: StreamingQuery, ended: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let statusAtMs = 0;
    let topicsAtMs = clock.nowMs();
    let countsAtMs = Infinity;
    let nextId = -1;
    while (!ended.aborted) {
      nextId = await this.#takeBatches(session, streaming, nextId);
      await this.#requireClock(session, streaming, nextId);
      if (clock.nowMs() - statusAtMs >= STATUS_EVERY_MS) {
        statusAtMs = clock.nowMs();
        const { isActive } = await session.status(streaming);
        if (!isActive) throw this.#endOf(streaming, await session.failure(streaming));
      }
      if (clock.nowMs() - topicsAtMs >= TOPICS_EVERY_MS) {
        topicsAtMs = clock.nowMs();
        await this.#announcer.requireReportTopics();
      }
      this.#daysAgain.tend((this.#newest?.lag ?? 0) === 0, ended);
      // The last that a batch does is to write its rows, and its counts among them.
      countsAtMs = (await this.#announcer.untilCounts(POLL_MS)) ? Math.min(countsAtMs, clock.nowMs()) : Infinity;
      const soonMs = Math.max(SOON_MS_MIN, SOON_SHARE * (clock.nowMs() - countsAtMs));
      if (countsAtMs < Infinity) await clock.sleep(Math.min(soonMs, POLL_MS), ended);
    }
  }

  /**
   * Takes in what the query says of its newest batch; and of those before it, where some ended since it was asked last: their
   * frame may be one that no later batch announces, as what has nothing but repeats has none.
   * @param nextId  of the batch that is expected; -1: of this run none was seen yet
   * @returns that of the batch that is expected then
   */
  async #takeBatches(session: SparkSession, streaming: StreamingQuery, nextId: number): Promise<number> {
    const json = await session.lastProgress(streaming);
    if (json === undefined) return nextId;
    const last = readBatch(json);
    const batches = last.id > nextId ? (await session.recentProgress(streaming)).map(readBatch) : [last];
    let next = nextId;
    for (const batch of batches) {
      if (batch.id < nextId) continue;
      await this.#batchDone(batch);
      // While nothing comes, Spark speaks of the batch that is to come as of one that is whole.
      next = batch.messages > 0 ? batch.id + 1 : batch.id;
    }
    return next;
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
    if (batch.frame === undefined && batch.readTo !== undefined) this.#announcer.noteRead(batch.readTo);
    if (batch.id <= (this.#newest?.id ?? -1) && batch.frame === this.#newest?.frame) return;
    this.#newest = batch;
    this.#messages += batch.messages;
    if (batch.frame !== undefined) await this.#announcer.announce(batch.frame, batch);
    this.#tell(batch);
  }

  #tell(batch: Batch): void {
    const { clock, logger } = this.#options;
    const now = clock.nowMs();
    if (now - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = now;
    const { id, accepted, messagesPerSecond, tookMs, lag, watermark, stateRows } = batch;
    const { late } = this.#announcer;
    const messages = this.#messages;
    logger.info(
      { batch: id, messages, accepted, messagesPerSecond, tookMs, lag, watermark, late, stateRows },
      'progress',
    );
  }
}

/** What Spark failed with may be over when it is asked again: a server that was killed answers with all kinds of errors. */
function isOfSpark({ code }: DaybookError): boolean {
  return code === 'SPARK_FAILED' || code === 'SPARK_QUERY_FAILED' || code === 'SPARK_QUERY_RUNS';
}

function stopped({ name }: StreamingQuery): DaybookError {
  return new DaybookError('SPARK_QUERY_STOPPED', `Somebody stopped the query '${name}' in Spark.`, { retryable: true });
}
