import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { SparkSession } from '../connect/session.ts';
import type { Announcer } from './announcer.ts';
import type { DayBehind } from './day-counts.ts';
import type { ReportsQuery } from './reports-query.ts';

/** A topic of years is read when days are computed again. */
const AGAIN_MS_MAX = 6 * 3_600_000;
/** How much of the time may go into it while the stream has not caught up. */
const AGAIN_SHARE = 10;
const WAIT_MS = 10_000;
/** In the settings of the query's session: the id of the one in which days are, or were last, computed again. */
const SESSION_SETTING = 'spark.daybook.daysAgainSession';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Somebody must change something first. */
const HOPELESS_WAIT_MS = 300_000;

interface DaysAgainOptions {
  /** The name of the stream's topic. */
  readonly topic: string;
  readonly query: ReportsQuery;
  readonly openSession: (sessionId: string) => SparkSession;
  readonly announcer: Announcer;
  readonly reader: TopicReader;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Has days computed again, beside the stream, that got records when they were closed. */
export class DaysAgain {
  readonly #options: DaysAgainOptions;
  /** Days that are computed again now. */
  #running: Promise<void> | undefined;
  #notBeforeMs = 0;

  constructor(options: DaysAgainOptions) {
    this.#options = options;
  }

  /** Begins with the days that wait, if there are any. While the stream has not caught up, most of the time is left to it. */
  tend(hasCaughtUp: boolean, ended: AbortSignal): void {
    const { announcer, clock } = this.#options;
    if (this.#running !== undefined) return;
    const days = announcer.daysBehind();
    const now = clock.nowMs();
    if (days.length === 0 || (now < this.#notBeforeMs && !hasCaughtUp)) return;
    this.#running = this.#tryAgain(days, ended).finally(() => {
      this.#running = undefined;
      this.#notBeforeMs = clock.nowMs() + AGAIN_SHARE * (clock.nowMs() - now);
    });
  }

  /** Resolves when nothing is computed again any more. */
  async rest(): Promise<void> {
    await this.#running;
  }

  async #tryAgain(days: readonly DayBehind[], ended: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      await this.#compute(days, ended);
    } catch (error) {
      if (!(error instanceof DaybookError)) throw error;
      // What is ended fails.
      if (ended.aborted) return;
      logger.warn({ code: error.code, reason: error.message }, 'days could not be computed again; trying again');
      await clock.sleep(error.retryable ? WAIT_MS : HOPELESS_WAIT_MS, ended);
    }
  }

  async #compute(days: readonly DayBehind[], ended: AbortSignal): Promise<void> {
    const { query, announcer, logger } = this.#options;
    const missing = days.reduce((sum, day) => sum + day.missing, 0);
    const told = { days: days.length, from: days[0]?.day, to: days.at(-1)?.day, records: missing };
    logger.info(told, 'records came for closed days, which are computed again');
    await this.#requireWholeTopic();
    if (ended.aborted) return;
    const session = await this.#beginSession();
    let released: Promise<void> | undefined;
    const release = (): void => {
      released ??= this.#release(session);
    };
    // Nobody waits for an hour's work of Spark to end; what is written ends soon.
    ended.addEventListener('abort', release, { once: true });
    try {
      if (ended.aborted) return;
      const names = days.map(({ day }) => day);
      await query.computeAgain(session, names, AGAIN_MS_MAX);
      ended.removeEventListener('abort', release);
      if (ended.aborted) return;
      await announcer.announceAgain(days, (frame) => query.writeAgain(session, frame, AGAIN_MS_MAX));
      logger.info({ ...told, frame: announcer.frame }, 'closed days have their late records');
    } finally {
      ended.removeEventListener('abort', release);
      release();
      await released;
    }
  }

  /**
   * A session of its own, as its views have the names of the query's. That of a supervisor that was killed is ended, which would
   * compute on, and hold its table until Spark ends.
   */
  async #beginSession(): Promise<SparkSession> {
    const { query, openSession } = this.#options;
    const sessionId = randomUUID();
    using ofQuery = openSession(query.sessionId);
    const [left] = await ofQuery.rows(`SET ${SESSION_SETTING}`);
    await ofQuery.configure({ [SESSION_SETTING]: sessionId });
    const leftId = String(left?.['value']);
    if (UUID.test(leftId)) await this.#release(openSession(leftId));
    return openSession(sessionId);
  }

  async #release(session: SparkSession): Promise<void> {
    const { logger } = this.#options;
    try {
      await session.release();
    } catch (error) {
      logger.warn({ reason: String(error) }, 'a session was not released');
    } finally {
      // What a Spark that does not answer was asked ends here all the same.
      session.close();
    }
  }

  /** @throws DaybookError `TOPIC_INCOMPLETE`: days would lose what is gone from the topic */
  async #requireWholeTopic(): Promise<void> {
    const { reader, topic } = this.#options;
    const cut = (await reader.extents([topic])).find(({ firstOffset }) => firstOffset > 0);
    if (cut === undefined) return;
    throw new DaybookError(
      'TOPIC_INCOMPLETE',
      `Closed days cannot be computed again, as the topic ${cut.topic} has lost what stood before offset ${cut.firstOffset} ` +
        `of partition ${cut.partition}. Set its retention.ms to -1 (daybook apply --target kafka), and send what is missing again.`,
      { details: { topic: cut.topic, partition: cut.partition, firstOffset: cut.firstOffset } },
    );
  }
}
