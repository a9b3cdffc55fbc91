import type { TopicPlace } from './messages.ts';

/** An accepted record on its way into a store of raw records. */
export interface StoredRecord {
  readonly offset: number;
  /** The primary key as text; UUIDs in lower case. */
  readonly key: string;
  /** Days since 1970-01-01. */
  readonly businessDay: number;
  /** Unix ms, by the names of the fields that are moments. */
  readonly momentsMs: ReadonlyMap<string, number>;
  /** By field index: texts, numbers, decimals in micro-units, dates in days since 1970-01-01; moments count for nothing here. */
  readonly values: readonly (string | number | null)[];
  /** As it came. */
  readonly text: string;
}

/** How far a partition is worked off, and what was found up to there; of reports nothing is counted. */
export interface WorkedPlace extends TopicPlace {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
}
