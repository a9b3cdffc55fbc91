import { createHash, randomUUID } from 'node:crypto';
import { DaybookError } from '../../base/errors.ts';
import type { SparkSql } from '../../compile/spark/spark.ts';
import type { Plan } from '../../plan/plan.ts';
import { deduplicate, inFewerParts, observe, query, stream, table } from '../connect/relations.ts';
import type { SparkSession, StreamingQuery } from '../connect/session.ts';
import type { ReadTo } from './batch.ts';
import { OBSERVED, readToOf } from './batch.ts';

const OBSERVED_VIEW = 'observed';
const AGAIN_VIEW = 'days_again';
/** So much is taken in at once when much waits. */
const MESSAGES_A_BATCH = 250_000;
/** What its producer took back is no record. Whoever else reads the topic leaves it out by itself. */
const WHAT_WAS_COMMITTED = { 'kafka.isolation.level': 'read_committed' } as const;

/**
 * How checkpoints are kept on a disk. The usual class starts a process to look whether a file is a link, several times for each file
 * of a batch; and each file has a checksum of Hadoop's beside it, so that one of Spark's, in one more file, says nothing new.
 */
const OF_LOCAL_FILES = {
  'spark.sql.streaming.checkpointFileManagerClass':
    'org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager',
  'spark.sql.streaming.checkpoint.fileChecksum.enabled': 'false',
} as const;

export interface ReportsQueryOptions {
  readonly plan: Plan;
  readonly sql: SparkSql;
  /** Of the stream's topic. */
  readonly topicId: string;
  /** Spark's options for Kafka: brokers, security. They may hold secrets. */
  readonly kafka: Readonly<Record<string, string>>;
  /** A folder that all of Spark's processes reach, as a URI; each generation of a definition has a checkpoint of each topic in it. */
  readonly checkpoints: string;
  /** How many parts the state has. What it began with holds for ever. */
  readonly statePartitions: number;
}

/** A line of what a checkpoint says of a batch: of the batch itself, or by topic, of which there is one, `ReadTo`. */
type OffsetsOfBatch = Readonly<Record<string, unknown>> & { readonly batchTimestampMs?: number };

/** The query that keeps the reports, in one session: how it is found, started, and how days are computed again. */
export class ReportsQuery {
  readonly #options: ReportsQueryOptions;
  #generation = '';

  constructor(options: ReportsQueryOptions) {
    this.#options = options;
  }

  /** Tells which of its definition's generations it is in: what is below is asked of that one. */
  enter(generation: string): void {
    this.#generation = generation;
  }

  get name(): string {
    return `${this.#prefix}${this.#options.plan.fingerprint}-${this.#generation}`;
  }

  /**
   * Of one topic, as offsets mean nothing in another, be it one of another Kafka or one of the same name that was made anew; and of
   * one generation, as what it says was written since others have written over.
   */
  get checkpoint(): string {
    const { plan, checkpoints, topicId } = this.#options;
    const folder = checkpoints.replace(/\/$/, '');
    return `${folder}/${plan.stream.name}-${plan.fingerprint}-${topicId}-${this.#generation}`;
  }

  get #prefix(): string {
    return `daybook-${this.#options.plan.stream.name}-`;
  }

  /**
   * The session of all who keep these reports, a UUID: they find each other's query in it. Topics, and folders of
   * checkpoints, have sessions of their own.
   */
  get sessionId(): string {
    const { plan, checkpoints, topicId } = this.#options;
    const hex = createHash('sha256').update(`${plan.stream.name}\n${topicId}\n${checkpoints}`).digest('hex');
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5');
  }

  /** The query if it runs in the session. One of another definition or generation is stopped: the reports are this one's. */
  async find(session: SparkSession): Promise<StreamingQuery | undefined> {
    const running = (await session.queries()).filter(({ name }) => name.startsWith(this.#prefix));
    for (const other of running) if (other.name !== this.name) await session.stop(other);
    return running.find(({ name }) => name === this.name);
  }

  /**
   * Whether the checkpoint is the one that a running query began with. When it is removed under a query, Spark writes on, and
   * only the next start would say that the beginning is missing.
   */
  async hasCheckpointOf(session: SparkSession, streaming: StreamingQuery): Promise<boolean> {
    const lines = await this.#linesOf(session, 'metadata');
    const { id } = JSON.parse(lines?.[0] ?? '{}') as { readonly id?: string };
    return id === streaming.id;
  }

  /** To be thrown when it has not. */
  checkpointIncomplete(cause?: unknown): DaybookError {
    return new DaybookError(
      'CHECKPOINT_INCOMPLETE',
      `The beginning of the checkpoint ${this.checkpoint} is gone: it was removed while Spark's query ran, which cannot ` +
        'go on from what is left. Remove all of the checkpoint while no query runs, and start this again: it computes all of it anew.',
      { cause },
    );
  }

  /**
   * Starts the query where its checkpoint stands.
   * @throws DaybookError `SPARK_QUERY_RUNS`, `CHECKPOINT_INCOMPLETE`, what the session throws
   */
  async start(session: SparkSession): Promise<StreamingQuery> {
    const { plan, sql, kafka, statePartitions } = this.#options;
    await session.configure({
      ...sql.settings,
      ...(this.checkpoint.startsWith('file:') && OF_LOCAL_FILES),
      'spark.sql.shuffle.partitions': String(statePartitions),
    });
    const source = stream('kafka', {
      ...kafka,
      ...WHAT_WAS_COMMITTED,
      subscribe: plan.stream.name,
      startingOffsets: 'earliest',
      maxOffsetsPerTrigger: String(MESSAGES_A_BATCH),
      // What waits for more to come keeps the first record waiting.
      'kafka.fetch.max.wait.ms': '10',
    });
    await session.createView(sql.messages, inFewerParts(source, statePartitions));
    await session.createView(sql.records.view, query(sql.records.sql));
    await session.createView(sql.firsts.view, deduplicate(query(`SELECT * FROM ${sql.records.view}`), sql.firsts.keys));
    await session.createView(OBSERVED_VIEW, observe(query(sql.reports), OBSERVED, sql.metrics));
    try {
      return await session.start({
        input: query(`SELECT topic, key, value FROM ${OBSERVED_VIEW}`),
        name: this.name,
        format: 'kafka',
        options: { ...kafka, checkpointLocation: this.checkpoint },
        outputMode: 'update',
      });
    } catch (error) {
      if (conditionOf(error) === 'STREAMING_CHECKPOINT_MISSING_METADATA_FILE') throw this.checkpointIncomplete(error);
      throw error;
    }
  }

  get topicId(): string {
    return this.#options.topicId;
  }

  /**
   * The frame of the newest batch that the checkpoint says is whole, and up to where it has read; undefined: none is. Only while the
   * query is at rest.
   * Source: OffsetSeqLog of Spark 4.2: a line of the batch, and one of each source, where its batch ends
   */
  async lastBatch(session: SparkSession): Promise<{ readonly frame: number; readonly readTo: ReadTo } | undefined> {
    const [last] = (await this.#linesOf(session, 'commits', 'max(CAST(_metadata.file_name AS BIGINT))')) ?? [];
    if (last === undefined) return undefined;
    const lines = (await this.#linesOf(session, `offsets/${last}`)) ?? [];
    // The first says the format's version.
    const parts = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as OffsetsOfBatch);
    const ofBatch = parts.find(({ batchTimestampMs }) => batchTimestampMs !== undefined);
    if (ofBatch?.batchTimestampMs === undefined) return undefined;
    const { name } = this.#options.plan.stream;
    const ofTopic = parts.find((part) => part !== ofBatch && Object.hasOwn(part, name));
    return { frame: ofBatch.batchTimestampMs * 1000, readTo: readToOf(ofTopic?.[name]) };
  }

  /** What files of the checkpoint say; without nulls. undefined: there are none. */
  async #linesOf(session: SparkSession, path: string, what = 'value'): Promise<readonly string[] | undefined> {
    try {
      const rows = await session.rows(
        `SELECT CAST(${what} AS STRING) AS line FROM text.\`${this.checkpoint}/${path}\``,
      );
      return rows.flatMap(({ line }) => (typeof line === 'string' ? [line] : []));
    } catch (error) {
      if (conditionOf(error) === 'PATH_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /**
   * Computes days again from the whole topic, and holds their rows ready in Spark.
   * @param session  of its own, as its views have the names of the stream's
   */
  async computeAgain(session: SparkSession, days: readonly string[], msMax: number): Promise<void> {
    const { plan, sql, kafka } = this.#options;
    await session.configure(sql.settings);
    await session.createView(
      sql.messages,
      table('kafka', { ...kafka, ...WHAT_WAS_COMMITTED, subscribe: plan.stream.name }),
    );
    await session.createView(sql.records.view, query(sql.records.sql));
    // Spark takes what it holds ready for any query that reads alike, whenever it was made: so none does.
    const rows = `SELECT * FROM (\n${sql.daysAgain(days)}\n) WHERE topic <> '${randomUUID()}'`;
    await session.rows(`CACHE TABLE ${AGAIN_VIEW} OPTIONS ('storageLevel' 'DISK_ONLY') AS ${rows}`, msMax);
  }

  /** Writes the rows that `computeAgain` holds ready. */
  async writeAgain(session: SparkSession, frame: number, msMax: number): Promise<void> {
    const { sql, kafka } = this.#options;
    await session.append(query(sql.againMessages(AGAIN_VIEW, frame)), 'kafka', kafka, msMax);
    await session.rows(`UNCACHE TABLE ${AGAIN_VIEW}`);
  }
}

function conditionOf(error: unknown): unknown {
  return error instanceof DaybookError ? error.details['condition'] : undefined;
}
