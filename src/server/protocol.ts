/**
 * What the API's answers hold, as their JSON reads: all that the pages share with the server.
 * Decimals are JSON numbers with at most 6 decimals, exact as text.
 */

/** A report's cell in JSON. */
export type JsonCell = string | number | null;
export type JsonRow = Readonly<Record<string, JsonCell>>;

export interface ColumnInfo {
  readonly name: string;
  readonly kind: 'date' | 'text' | 'integer' | 'decimal' | 'number';
  readonly role: 'dimension' | 'measure';
  readonly nullable: boolean;
  /** Of a measure: how it is computed, as `sum(revenue)`; null of a dimension. */
  readonly of: string | null;
}

export interface ReportInfo {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly ColumnInfo[];
  /** What a record must satisfy to count in it, for people and to compare: texts in quotes; empty: every record counts. */
  readonly where: string;
}

export type TileInfo =
  | {
      readonly kind: 'number' | 'table';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: 'count' | 'money';
    }
  | {
      readonly kind: 'line' | 'bar';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: 'count' | 'money';
      /** What lies along the axis. */
      readonly x: string;
      /** What each line, or part of a bar, stands for; null: there is one. */
      readonly series: string | null;
    }
  | {
      readonly kind: 'map';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly latitude: string;
      readonly longitude: string;
    };

export interface StreamInfo {
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly businessDayEndsAtHour: number;
  readonly latenessDays: number;
  readonly primaryKey: string;
  readonly eventTime: string;
  /** The names of a record's fields. */
  readonly fields: readonly string[];
  /** What each field takes, for who is about to send records. */
  readonly schema: readonly FieldInfo[];
}

export interface FieldInfo {
  readonly name: string;
  readonly kind: 'uuid' | 'text' | 'timestamp' | 'date' | 'integer' | 'decimal' | 'number';
  readonly nullable: boolean;
  /** A number may stand in quotes. */
  readonly quoted: boolean;
  /** In the field's own unit; null: the kind's own bounds. */
  readonly min: number | null;
  readonly max: number | null;
  readonly maxLength: number;
}

/** `GET /api/v1/reports` */
export interface DefinitionAnswer {
  readonly stream: StreamInfo;
  /** What the number of a frame is: the log's next offset, or the microseconds at which the engine began it. */
  readonly frames: 'offsets' | 'moments';
  readonly reports: readonly ReportInfo[];
  readonly dashboard: { readonly title: string; readonly tiles: readonly TileInfo[] };
}

/** `GET /api/v1/reports/{name}` with `format=json` */
export interface ReportAnswer {
  readonly frame: number;
  readonly total: number;
  readonly rows: readonly JsonRow[];
  /** Of the measure that `extent` named. */
  readonly extent?: ExtentInfo | null;
}

export interface ExtentInfo {
  readonly min: number;
  readonly max: number;
}

/** `GET /api/v1/reports/{name}/totals` */
export interface TotalsAnswer extends ReportAnswer {
  /** Row by row: the values by day from `days.from` on; empty unless asked for. */
  readonly trends: readonly (readonly number[])[];
  readonly days: { readonly from: string; readonly to: string } | null;
  /** False in a `views` event that has only the rows that changed. */
  readonly isWhole: boolean;
}

/** A question that `GET /api/v1/frames?views=[…]` answers anew whenever its answer may have changed. */
export interface ViewRequest {
  /** What the answers are called. */
  readonly id: string;
  readonly kind: 'rows' | 'totals';
  readonly report: string;
  readonly from?: string;
  readonly to?: string;
  readonly search?: string;
  readonly equals?: Readonly<Record<string, readonly string[]>>;
  /** `-ts_date,daily_rev`: columns, each descending with a minus before it. */
  readonly sort?: string;
  readonly limit?: number;
  readonly offset?: number;
  /** Of rows: the measure whose extent is wanted. */
  readonly extent?: string;
  /** Of totals. */
  readonly by?: readonly string[];
  readonly measure?: string;
  readonly trend?: boolean;
  /** The frame of which the page has all rows of these totals, in this run of the server: it gets what changed since. */
  readonly since?: number;
}

/** The data of each `views` event of `GET /api/v1/frames?views=[…]`: answers that changed, all as of one frame. */
export interface ViewsEvent {
  /** Which run of the server it is; `since` means something within one alone. */
  readonly run: string;
  readonly frame: number;
  readonly atMs: number;
  readonly newestDay: string | null;
  readonly amendments: number;
  readonly views: Readonly<Record<string, ReportAnswer | TotalsAnswer>>;
}

/**
 * Between its other events `GET /api/v1/frames` sends one named `alive` without data every ten seconds: what is silent for longer is lost.
 */
/** The data of each `frame` event of `GET /api/v1/frames`; the event's id is the frame's offset. */
export interface FrameEvent {
  readonly frame: number;
  readonly atMs: number;
  /** `rows: null`: too many changed to list, so read the report again. */
  readonly reports: readonly { readonly name: string; readonly rows: readonly JsonRow[] | null }[];
}

/** `POST /api/v1/records` */
export interface AcceptanceAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: readonly {
    readonly line: number;
    readonly code: string;
    readonly field?: string;
    readonly reason: string;
    /** Of its entry in the quarantine, where that is known. */
    readonly id?: number;
  }[];
  readonly offset: number;
}

/** `GET /api/v1/quarantine` */
export interface QuarantineAnswer {
  readonly total: number;
  /** How many nobody has put right; not there where no marks are kept. */
  readonly open?: number;
  readonly entries: readonly {
    readonly id: number;
    readonly atMs: number;
    readonly origin: string;
    readonly line: number;
    readonly code: string;
    readonly field?: string;
    readonly reason: string;
    readonly record: string;
    readonly encoding: 'utf8' | 'base64';
    /** The record is the start of one of so many bytes; asked for by its id, the entry is whole. */
    readonly cutFrom?: number;
    /** The record that was made of it, such as of a row of a table: what people put right. */
    readonly converted?: string;
    readonly putBack?:
      | { readonly atMs: number; readonly outcome: 'accepted' | 'duplicate'; readonly offset?: number }
      | undefined;
  }[];
}

/** `GET /api/v1/amendments` */
export interface AmendmentsAnswer {
  readonly total: number;
  /** How many of the newest can be listed. */
  readonly kept: number;
  readonly entries: readonly {
    readonly id: number;
    readonly frame: number;
    readonly firstOffset: number;
    readonly report: string;
    readonly before: JsonRow | null;
    readonly after: JsonRow;
  }[];
}

/** `GET /api/v1/pipeline` */
export interface PipelineAnswer {
  readonly offset: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly perSecond: readonly number[];
  readonly pendingBytes: number;
  readonly log: { readonly segments: number; readonly bytes: number };
  readonly checkpoint: { readonly offset: number; readonly atMs: number } | null;
  readonly trouble: string | null;
  /** Of an engine that is a process of its own, as Spark is; null for the embedded one, and one that says nothing of itself. */
  readonly engine: {
    readonly state: 'starting' | 'running' | 'trouble' | 'stopped' | 'silent';
    readonly heardAtMs: number | null;
    readonly reason: string | null;
  } | null;
  readonly newestDay: string | null;
  readonly amendments: number;
  /** What is read all the time, such as a topic. */
  readonly sources: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly nextOffset: number;
      readonly endOffset: number;
    }[];
    readonly lag: number | null;
    readonly trouble: string | null;
  }[];
}

/** `GET /api/v1/pipeline/details` */
export interface PipelineDetailsAnswer {
  readonly moments: readonly {
    readonly atMs: number;
    readonly perSecond: number;
    readonly lagRecords: number;
    readonly lagMs: number;
    readonly freshnessP50Ms?: number;
    readonly freshnessP99Ms?: number;
  }[];
  readonly parts: readonly {
    readonly name: string;
    readonly state: 'idle' | 'working' | 'trouble';
    readonly doing: string;
  }[];
  readonly checkpoints: readonly { readonly offset: number; readonly atMs?: number; readonly bytes?: number }[];
  readonly dayFiles: readonly { readonly name: string; readonly bytes?: number }[];
  readonly consumers: readonly {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly committed: number;
    readonly next: number;
  }[];
  readonly batches: readonly {
    readonly id: number;
    readonly atMs: number;
    readonly durationMs: number;
    readonly inputRows: number;
    readonly outputRows: number;
    readonly lateRows: number;
  }[];
  readonly lateDays: readonly {
    readonly day: string;
    readonly records: number;
    readonly late: number;
    readonly waiting: number;
  }[];
}

export interface TopicRecordInfo {
  readonly partition: number;
  readonly offset: number;
  readonly atMs?: number;
  readonly value: string;
}

/** `GET /api/v1/topics` */
export interface TopicsAnswer {
  readonly topics: readonly {
    readonly name: string;
    readonly holds: 'records' | 'updates';
    readonly records: number;
    readonly bytes?: number;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstOffset: number;
      readonly nextOffset: number;
      readonly segments: readonly {
        readonly name: string;
        readonly firstOffset: number;
        readonly nextOffset: number;
        readonly bytes: number;
      }[];
    }[];
  }[];
}

/** `GET /api/v1/topics/{t}/records`, and with `stream=true` the data of each `chunk` event. */
export interface TopicRecordsAnswer {
  readonly records: readonly TopicRecordInfo[];
  readonly scanned: number;
  readonly of: number;
  /** Null: there is nothing behind, or the newest come first. Of several partitions the least. */
  readonly nextOffset: number | null;
  /** Of several partitions: what `offset` is for the next page, if there may be one; no record is given twice then. */
  readonly nextOffsets?: string;
  /** Where the newest come first: what `before` is for the page of older ones, if there may be one. */
  readonly nextBefore?: string;
}

/** The data of each `tail` event of `GET /api/v1/topics/{t}/records?follow=true`. */
export interface TailEvent {
  readonly records: readonly TopicRecordInfo[];
  readonly skipped: number;
  readonly nextOffset: number;
}

/** `GET /api/v1/topics/{t}/records/{offset}` */
export interface RecordAnswer {
  readonly record: TopicRecordInfo;
  readonly rows: readonly { readonly report: string; readonly row: JsonRow }[];
}

export interface DuplicateInfo {
  readonly id: number;
  readonly atMs: number;
  readonly origin: string;
  readonly line: number;
  readonly offset: number;
  readonly key: string;
  readonly record: string;
}

/** `GET /api/v1/duplicates` */
export interface DuplicatesAnswer {
  readonly total: number;
  /** How many of the newest can be listed. */
  readonly kept: number;
  readonly entries: readonly DuplicateInfo[];
}

/** `GET /api/v1/reports/{name}/records?<dimension>=value…` */
export interface ExplanationAnswer {
  readonly frame: number;
  readonly row: JsonRow | null;
  readonly computed: JsonRow | null;
  readonly waiting: number;
  readonly total: number;
  readonly records: readonly TopicRecordInfo[];
  readonly duplicates: readonly DuplicateInfo[];
  readonly amendments: AmendmentsAnswer['entries'];
  readonly looked: number;
}

/** Every error: RFC 9457 problem JSON with our `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}
