import type { Plan } from '../plan/plan.ts';
import type { DuplicatePage, ExplainQuery, Explanation } from './explanation.ts';
import type { EngineStatus, PipelineDetails } from './pipeline.ts';
import type { Frame, Reading, Readings, ReportPage, ReportQuery, Row } from './rows.ts';
import type { Topics } from './topics.ts';

/** Where a batch of records came from: `http`, `generator`, a file's name. Kept with what is quarantined. */
export type Origin = string;

/** Why a record cannot be accepted. */
export interface Refusal {
  readonly code:
    | 'NOT_JSON'
    | 'NOT_AN_OBJECT'
    | 'NOT_UNICODE'
    | 'MISSING_FIELD'
    | 'WRONG_TYPE'
    | 'NOT_A_UUID'
    | 'IMPOSSIBLE_DATE'
    | 'DATE_APART_FROM_TIME'
    | 'DATE_IN_THE_FUTURE'
    | 'NUMBER_OUT_OF_RANGE'
    | 'TOO_LONG'
    | 'CANNOT_BE_CONVERTED';
  /** The field at fault, where it is one. */
  readonly field?: string;
  /** A sentence for people: what, where, what would be right. */
  readonly reason: string;
}

/**
 * What a source could not make a record of (a CSV line, say), or one that is known to be refused; it goes to the quarantine as
 * it was.
 */
export interface Unreadable extends Refusal {
  /** 1-based, in the batch or file that it came from. */
  readonly line: number;
  /** Its text, or its bytes, which need not be UTF-8. */
  readonly record: string | Uint8Array;
  /** The record that was made of it, in JSON, where it is that one that is refused. */
  readonly converted?: string;
}

/** Records handed to the engine together; durable together. */
export interface Intake {
  readonly origin: Origin;
  /** NDJSON in UTF-8: records separated by line feeds; a blank line is no record. The engine's own until it answers. */
  readonly lines: Uint8Array;
  /**
   * The number that the first line of `lines` is given in answers and in the quarantine; 1 unless told. It is only asked
   * for when it is needed, as it may have to be counted.
   */
  readonly firstLine?: number;
  /** Told how many lines there are, once somebody knows. */
  readonly linesCounted?: (lines: number) => void;
  /** What the source itself could not read; quarantined with the batch. */
  readonly unreadable?: readonly Unreadable[];
  /**
   * What a line was made of by its source, such as a row of a table: asked for by the line's number, once it is refused, and
   * kept in the quarantine with it. Not there: lines are what they were.
   */
  readonly originalOf?: (line: number) => string | Uint8Array;
  /**
   * What is refused of the batch is answered and not kept: who hands it over has what it was made of, and hands that over
   * next, as `unreadable`.
   */
  readonly originalsFollow?: boolean;
  /**
   * The quarantine's entry, by its id, that the batch's one record puts right; a runtime that keeps no marks makes none. A
   * record that is refused again is answered like any other, and not kept: the entry is. Of all that correct an entry one
   * is accepted.
   */
  readonly corrects?: number;
  /** Up to where the source has been read, this batch included: kept with the batch, so that both are durable or none. */
  readonly place?: SourcePlace;
}

/** Up to where a source that can be read again has been taken in. */
export interface SourcePlace {
  /** The source, such as a topic by its id: another one that has the same name is another source. */
  readonly source: string;
  readonly partition: number;
  /** The first that was not read yet. */
  readonly nextOffset: number;
}

/** What became of a batch. All of it is durable once this is given, but for what is refused and not kept. */
export interface Acceptance {
  readonly accepted: number;
  readonly duplicates: number;
  /** Each with the id of its entry in the quarantine; without, where it is not kept, and where ids are not known yet. */
  readonly quarantined: readonly (Refusal & { readonly line: number; readonly id?: number })[];
  /** The log's next offset after the batch, whose accepted records are the ones right before it. */
  readonly offset: number;
}

/** A record in the quarantine. */
export interface QuarantineEntry extends Refusal {
  /** 1-based position in the quarantine. */
  readonly id: number;
  readonly atMs: number;
  readonly origin: Origin;
  readonly line: number;
  /** The record as it came; `base64` when it was not UTF-8, or very long. */
  readonly record: string;
  readonly encoding: 'utf8' | 'base64';
  /** Not all of a long entry is given, as the page has several: `record` is the start of one of so many bytes. */
  readonly cutFrom?: number;
  /**
   * The record that its source had made of it, in JSON, which was refused: what people put right. Not there for one above
   * 1 MiB, nor where the entry is cut.
   */
  readonly converted?: string;
  /** What became of it when it was put right and sent again; undefined: nobody has, or no marks are kept. */
  readonly putBack?: PutBack | undefined;
}

/** An entry of the quarantine was put right. */
export interface PutBack {
  readonly atMs: number;
  /** `duplicate`: it was accepted before. */
  readonly outcome: 'accepted' | 'duplicate';
  /** Of the record that was accepted. */
  readonly offset?: number;
}

/** A page of the quarantine. */
export interface QuarantinePageQuery {
  readonly limit: number;
  readonly offset: number;
  /** Only entries that nobody has put right. */
  readonly open?: boolean;
}

/** One entry of the quarantine, of whatever page; there may be none. */
export interface QuarantineEntryQuery {
  readonly id: number;
}

export type QuarantineQuery = QuarantinePageQuery | QuarantineEntryQuery;

export interface QuarantinePage {
  readonly total: number;
  /** How many nobody has put right; undefined where no marks are kept. */
  readonly open?: number;
  readonly entries: readonly QuarantineEntry[];
}

/** A change to a row of a closed day. */
export interface Amendment {
  /** 1-based position among all amendments. */
  readonly id: number;
  /** The change is due to records with offsets from `firstOffset` on, below `frame`. */
  readonly frame: number;
  readonly firstOffset: number;
  readonly report: string;
  /** The row before; null when there was none. */
  readonly before: Row | null;
  readonly after: Row;
}

export interface AmendmentPage {
  /** How many there have been. */
  readonly total: number;
  /** How many of the newest can be listed. */
  readonly kept: number;
  readonly entries: readonly Amendment[];
}

/** How far a source of a running Daybook has been read. */
export interface SourceStatus {
  /** What it is, for people: `kafka daily_records`. */
  readonly name: string;
  /** Offsets of the source that are taken in and durable, and of all that it has. */
  readonly partitions: readonly {
    readonly partition: number;
    readonly nextOffset: number;
    readonly endOffset: number;
  }[];
  /** Records that are in the source and not taken in yet; null until the source has said what it has. */
  readonly lag: number | null;
  /** Why it is not read at present; undefined when all is well. */
  readonly trouble: string | undefined;
}

/** What the parts are doing. */
export interface RuntimeStatus {
  readonly offset: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Records accepted in each of the last 60 seconds, oldest first. */
  readonly perSecond: readonly number[];
  /** Bytes handed over and not yet durable. */
  readonly pendingBytes: number;
  readonly log: { readonly segments: number; readonly bytes: number };
  readonly checkpoint: { readonly offset: number; readonly atMs: number } | undefined;
  /** Why batches are refused at present (the disk is full, say); undefined when all is well. */
  readonly trouble: string | undefined;
  /** Of an engine that is a process of its own and tells how it is; the reports stand still when it does not run. */
  readonly engine?: EngineStatus | undefined;
  readonly newestDay: string | undefined;
  /** How many changes to closed days there have been. */
  readonly amendments: number;
  /** Those that are read all the time. */
  readonly sources: readonly SourceStatus[];
}

/** Takes in a source that can be read again, and remembers up to where. */
export interface SourceDoor extends Pick<Runtime, 'accept'> {
  /** By partition, the first offset that was not taken in yet, as of what is durable; a new partition is not there. */
  placesOf(source: string): ReadonlyMap<number, number>;
}

/**
 * A running Daybook, whichever parts it is made of: what the API, the pages, the sources and the commands work with.
 */
export interface Runtime extends Topics {
  readonly plan: Plan;
  /** What the number of a frame is: the log's next offset unless told, or the microseconds at which the engine began it. */
  readonly frames?: 'offsets' | 'moments';

  /**
   * Accepts a batch: checks, drops repeats of known primary keys, writes to the log, and answers once all is durable.
   * Calls may overlap; their order is the order of the calls, but corrections of one entry wait for each other. A batch handed over twice is counted once.
   * @throws DaybookError `INTAKE_FULL` (retryable): more is waiting than may be, nothing of the batch was taken
   * @throws DaybookError `DISK_FULL` (retryable), `LOG_FAILED`: nothing of the batch was taken, but for lines that may be
   *   in the quarantine already, where they will not be twice
   * @throws DaybookError `BAD_QUERY`: it corrects an entry that the quarantine does not have
   * @throws DaybookError `ALREADY_CORRECTED`: a record that corrects this entry was accepted, and this one has another key
   * @throws DaybookError `KEY_COUNTED`: it corrects an entry, and another record that has its key is counted; this one is a repeat
   * @throws DaybookError `BATCH_TOO_LARGE`: it has 64 MiB of records, or a line of 40 MiB; nothing of it was taken
   */
  accept(intake: Intake): Promise<Acceptance>;

  /**
   * Rows of a report, all of one frame.
   * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` (message names the parameter and what it may be)
   */
  query(report: string, query: ReportQuery): Promise<ReportPage>;

  /**
   * Answers several questions as of one frame. Called by a listener of `subscribe` while it is told of a frame, it is
   * as of that frame wherever the runtime can.
   * @throws DaybookError as `query`
   */
  read(readings: readonly Reading[]): Promise<Readings>;

  /**
   * The records that a row is made of, and what was left out of it or changed it late.
   * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` when the key is not all of the report's dimensions
   */
  explain(query: ExplainQuery, signal: AbortSignal): Promise<Explanation>;

  /** Records that were left out as repeats, newest first, as far as they are kept. */
  duplicates(page: { readonly limit: number; readonly offset: number }): Promise<DuplicatePage>;

  /** Accepted records whose business date lies in the range (both included), in log order, as NDJSON chunks of whole lines. */
  records(range: { readonly from?: string; readonly to?: string }): AsyncIterable<Uint8Array>;

  /**
   * What was refused, newest first. One entry, and that of a page with a `limit` of 1, is there whole; of others that are
   * longer than `LISTED_BYTES_MAX` a page has the start.
   * @throws DaybookError `BAD_QUERY` when only open entries are wanted of a runtime that keeps no marks
   */
  quarantine(query: QuarantineQuery): Promise<QuarantinePage>;

  /** What changed in closed days (further behind the newest business day than the stream's lateness), newest first. */
  amendments(page: { readonly limit: number; readonly offset: number }): Promise<AmendmentPage>;

  status(): Promise<RuntimeStatus>;

  /** How the parts have been doing lately. */
  pipeline(): Promise<PipelineDetails>;

  /** Calls the listener with each frame from now on, at most about 20 a second. @returns a function that ends it */
  subscribe(listener: (frame: Frame) => void): () => void;

  /** Finishes what was accepted, writes a checkpoint and lets go of the folder. Idempotent. */
  close(): Promise<void>;
}
