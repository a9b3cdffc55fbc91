import type { ReportPlan } from '../plan/plan.ts';
import type { Row } from './rows.ts';
import type { TopicPartition } from './messages.ts';

/** A report's row as a topic carries it. */
export interface VersionedRow {
  readonly row: Row;
  /** The dimensions' values as JSON: the same for the same row, however a producer writes it. */
  readonly key: string;
  /** The frame that the row is as of: its version. */
  readonly frame: number;
}

/** Rows of one report, no two of one key. */
export interface RowsOfReport {
  readonly report: ReportPlan;
  readonly rows: readonly VersionedRow[];
}

/** How far a partition is worked off by what is written. */
export interface Move extends TopicPartition {
  readonly fromOffset: number;
  readonly nextOffset: number;
}

/** A frame of which all rows are in the topics, as a stream's topic of frames announces it. */
export interface AnnouncedFrame {
  readonly frame: number;
  /** Records accepted so far. */
  readonly accepted: number;
}
