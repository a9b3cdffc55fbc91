import type { ReportPlan } from '../plan/plan.ts';

/**
 * A report's cell: text and dates as strings, integers and floats as numbers, decimals as bigint micro-units. A sum of
 * integers that a float may not hold exactly is in bigint micro-units, too.
 */
export type Cell = string | number | bigint | null;

/** A report's row by column name, with all columns of its plan and no other. */
export type Row = Readonly<Record<string, Cell>>;

/** Which rows of a report are wanted, in which order. Unknown names are errors, never ignored. */
export interface ReportQuery {
  /** Business dates, both included, `YYYY-MM-DD`; undefined: open. */
  readonly from?: string;
  readonly to?: string;
  /** Rows whose dimension prints as one of the values; all entries must hold. */
  readonly equals?: Readonly<Record<string, readonly string[]>>;
  /** Rows of which any text dimension contains this, upper and lower case alike. */
  readonly search?: string;
  /** First key first; rows equal in all keys come newest day first, then by their dimensions. */
  readonly sort?: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
}

export interface ReportPage {
  /** The frame that all rows are of. */
  readonly frame: number;
  /** Rows that the query matches, before limit and offset. */
  readonly total: number;
  readonly rows: readonly Row[];
}

/** What changed in the reports between two frames. */
export interface Frame {
  /** The log's next offset: all records below it are in the rows, none above. */
  readonly offset: number;
  readonly atMs: number;
  readonly reports: readonly FrameChanges[];
}

export interface FrameChanges {
  readonly report: ReportPlan;
  /** Rows with their new absolute values, one a key; undefined: too many to list, so read the report again. */
  readonly rows: readonly Row[] | undefined;
}
