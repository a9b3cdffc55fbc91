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
  /** Rows whose dimension is one of the values, as `keyText` spells them; all entries must hold. */
  readonly equals?: Readonly<Record<string, readonly string[]>>;
  /** Rows of which any text dimension contains this, upper and lower case alike. */
  readonly search?: string;
  /** First key first; rows equal in all keys come newest day first, then by their dimensions. */
  readonly sort?: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
  /** A measure of which the page says the least and the greatest value of all rows that match. */
  readonly extentOf?: string;
}

export interface ReportPage {
  /** The frame that all rows are of. */
  readonly frame: number;
  /** Rows that the query matches, before limit and offset. */
  readonly total: number;
  readonly rows: readonly Row[];
  /** Of the measure that `extentOf` named; undefined when none did, or no row matches. */
  readonly extent?: Extent | undefined;
}

/** The least and the greatest value of a measure, as floats: what bars are scaled to. */
export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Rows of a report summed up: one for each combination of some of its dimensions. */
export interface TotalsQuery extends Omit<ReportQuery, 'extentOf'> {
  /** Some of the report's dimensions. A row of the answer has these and the measure; it is sorted by these alone or by the measure. */
  readonly by: readonly string[];
  /** A sum or a count; of a `countDistinct` the values of the rows are summed, so who came on two days counts twice. */
  readonly measure: string;
  /** Whether each row comes with its values by day. */
  readonly trend?: boolean;
  /** Only rows that changed since this frame, if the runtime knows: who has the others needs no more. */
  readonly since?: number;
}

export interface TotalsPage extends ReportPage {
  /** Of the totals of all groups that match. */
  readonly extent: Extent | undefined;
  /** Row by row: the value on each of `days`, none as 0; empty unless asked for. */
  readonly trends: readonly (readonly Cell[])[];
  /** The first and the last day with rows in the range; the last 400 days of it where there are more. */
  readonly days: { readonly from: string; readonly to: string } | undefined;
  /** False: only rows that changed since the frame that was asked for, in no order; `limit` and `offset` are left out. */
  readonly isWhole: boolean;
}

/** A question about a report, to be answered together with others. */
export type Reading =
  | { readonly kind: 'rows'; readonly report: string; readonly query: ReportQuery }
  | { readonly kind: 'totals'; readonly report: string; readonly query: TotalsQuery };

/** Answers in the order of the questions, all of one frame. */
export interface Readings {
  readonly frame: number;
  readonly answers: readonly (ReportPage | TotalsPage)[];
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
