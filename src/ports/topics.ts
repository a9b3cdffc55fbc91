import type { Row } from './rows.ts';

/** What a topic is and how far it goes: the log, or a topic of Kafka. */
export interface TopicInfo {
  readonly name: string;
  /** `records`: sales as they came; `updates`: a report's rows. */
  readonly holds: 'records' | 'updates';
  /** How many records are kept, as far as offsets tell. */
  readonly records: number;
  /** Undefined where it is not known. */
  readonly bytes: number | undefined;
  readonly partitions: readonly PartitionInfo[];
}

export interface PartitionInfo {
  readonly partition: number;
  /** The oldest offset that is kept, and the next one to come. */
  readonly firstOffset: number;
  readonly nextOffset: number;
  /** The files that it is made of, oldest first; none where they are not known. */
  readonly segments: readonly TopicSegment[];
}

export interface TopicSegment {
  readonly name: string;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly bytes: number;
}

/** A record as a topic holds it. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** When the topic took it, where it notes that. */
  readonly atMs: number | undefined;
  /** The value, whole; mostly JSON. */
  readonly value: string;
}

/**
 * What a record's field must be like. Numbers are compared as numbers, exactly, and with `above` and `below` texts that are
 * numbers, too; all else as texts. `is` has its value as `keyText` spells it; null passes no other test.
 */
export interface TopicFilter {
  readonly field: string;
  readonly test: 'is' | 'contains' | 'above' | 'below';
  readonly value: string;
}

export interface TopicReading {
  /** All partitions unless told. */
  readonly partition?: number;
  /**
   * Where to begin; `time` is the first record with an event time not before it, `YYYY-MM-DD HH:MM:SS` in the store's zone.
   * `offset` is one for all partitions, `offsets` has one for each that is read. `before` gives the newest first, below an offset
   * for each partition that is read; undefined: from the end on.
   */
  readonly from:
    | { readonly offset: number }
    | { readonly offsets: readonly number[] }
    | { readonly time: string }
    | { readonly before: readonly number[] | undefined };
  /** Ends after so many records. */
  readonly limit: number;
  readonly filter?: TopicFilter;
}

/** A part of what a reading gives, so that a long one shows its progress. */
export interface TopicChunk {
  readonly records: readonly TopicRecord[];
  /** How many were looked at so far, and of how many. */
  readonly scanned: number;
  readonly of: number;
  /**
   * Where the next page begins, if there may be one: the least of the partitions that are read, where `nextOffsets` has no record given
   * twice. Of a reading from the newest on `nextBefore` says it.
   */
  readonly nextOffset: number | undefined;
  /** What `offsets` is to be for the next page, of several partitions. */
  readonly nextOffsets?: readonly number[] | undefined;
  /** What `before` is to be for the next page: no record is left out or given twice, whatever has come since. */
  readonly nextBefore?: readonly number[] | undefined;
}

/** What came into a topic since the last chunk: the newest of it, and how much more there was. */
export interface TailChunk {
  readonly records: readonly TopicRecord[];
  readonly skipped: number;
  readonly nextOffset: number;
}

/** A record with the rows that it is in, as they are now. */
export interface RecordDetails {
  readonly record: TopicRecord;
  readonly rows: readonly { readonly report: string; readonly row: Row }[];
}

/** The topics of a runtime, to be looked into. */
export interface Topics {
  topics(): Promise<readonly TopicInfo[]>;

  /**
   * Records in the order of their offsets, or the newest first: of each partition the highest offset, among partitions what
   * came later, as far as one chunk tells. Ends at what was there when it began.
   * @param signal ends it early
   * @throws DaybookError `UNKNOWN_TOPIC`, `BAD_QUERY`
   */
  readTopic(topic: string, reading: TopicReading, signal: AbortSignal): AsyncIterable<TopicChunk>;

  /** What comes from now on, at most a few chunks a second, until the signal. @throws DaybookError `UNKNOWN_TOPIC` */
  followTopic(topic: string, signal: AbortSignal): AsyncIterable<TailChunk>;

  /** @throws DaybookError `UNKNOWN_TOPIC`, `NO_RECORD` when it is not there */
  topicRecord(topic: string, partition: number, offset: number): Promise<RecordDetails>;
}
