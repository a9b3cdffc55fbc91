import type { Amendment, Origin } from './runtime.ts';
import type { Row } from './rows.ts';
import type { TopicRecord } from './topics.ts';

/** Which row of a report is to be explained. */
export interface ExplainQuery {
  readonly report: string;
  /** Each dimension's value as `keyText` spells it; empty is null where null may be. */
  readonly key: Readonly<Record<string, string>>;
  /** Which of its records are listed; the sums are of all of them. */
  readonly limit: number;
  readonly offset: number;
}

/** Why a row is as it is. */
export interface Explanation {
  readonly frame: number;
  /** The row as the report has it; null when there is none. */
  readonly row: Row | null;
  /** The same row, computed of its records alone; equal, or something is wrong, unless late ones wait. */
  readonly computed: Row | null;
  /**
   * Where the two differ: how many records of the row's day came when it was closed and are in none of its rows yet, as it waits to
   * be computed again; 0 where nobody knows of any.
   */
  readonly waiting: number;
  /** How many records it is made of, and some of them, in the order of their offsets. */
  readonly total: number;
  readonly records: readonly TopicRecord[];
  /** Repeats of its records that were left out, newest first, as far as they are kept. */
  readonly duplicates: readonly Duplicate[];
  /** What changed in it after its day was closed, newest first, as far as it is kept. */
  readonly amendments: readonly Amendment[];
  /** How many records had to be looked at. */
  readonly looked: number;
}

/** A record that was left out, as its primary key was there already. */
export interface Duplicate {
  /** 1-based position among all duplicates. */
  readonly id: number;
  readonly atMs: number;
  readonly origin: Origin;
  readonly line: number;
  /** The log's next offset when it came: the record that it repeats is below it. */
  readonly offset: number;
  readonly key: string;
  readonly record: string;
}

export interface DuplicatePage {
  /** How many there have been. */
  readonly total: number;
  /** How many of the newest are still listed. */
  readonly kept: number;
  readonly entries: readonly Duplicate[];
}
