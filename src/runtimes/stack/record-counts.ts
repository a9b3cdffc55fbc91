import type { Logger } from 'pino';
import type { Clock } from '../../ports/clock.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';

/** So long is waited for Cassandra, which takes some seconds to say that it is away, or never says so. */
const WAIT_MS = 500;

export interface RecordCountsOptions {
  /** Where the sink of the stream's topic stands. @throws DaybookError */
  readonly read: () => Promise<readonly WorkedPlace[]>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

type Counts = Pick<WorkedPlace, 'duplicates' | 'refused'>;

/** What the sink of raw records has counted; it stands in Cassandra alone. */
export class RecordCounts {
  readonly #options: RecordCountsOptions;
  #known: Counts = { duplicates: 0, refused: 0 };
  #isAway = false;
  /** Resolves when Cassandra has answered, or has been waited for; undefined: it is not asked. */
  #waiting: Promise<void> | undefined;

  constructor(options: RecordCountsOptions) {
    this.#options = options;
  }

  /** @throws DaybookError what Cassandra does */
  async now(): Promise<Counts> {
    const places = await this.#options.read();
    const sum = (name: keyof Counts): number => places.reduce((total, each) => total + each[name], 0);
    return (this.#known = { duplicates: sum('duplicates'), refused: sum('refused') });
  }

  /** For those who can do without Cassandra: while it is away, what was known last; nothing is known at first. */
  async lately(): Promise<Counts> {
    if (this.#waiting === undefined) {
      const answered = new AbortController();
      void this.#ask(answered);
      this.#waiting = this.#options.clock.sleep(WAIT_MS, answered.signal);
    }
    await this.#waiting;
    return this.#known;
  }

  /** Until it has answered, whoever comes does not wait for Cassandra once more. */
  async #ask(answered: AbortController): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.now();
      if (this.#isAway) logger.info('Cassandra answers again');
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway)
        logger.warn({ err: error }, 'Cassandra does not answer: repeats stay as they were counted last');
      this.#isAway = true;
    }
    this.#waiting = undefined;
    answered.abort();
  }
}
