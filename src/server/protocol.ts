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
}

export interface ReportInfo {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly ColumnInfo[];
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
      readonly kind: 'map';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly latitude: string;
      readonly longitude: string;
    };

/** `GET /api/v1/reports` */
export interface DefinitionAnswer {
  readonly stream: {
    readonly name: string;
    readonly timeZone: string;
    readonly currency: string;
    readonly businessDate: string;
  };
  readonly reports: readonly ReportInfo[];
  readonly dashboard: { readonly title: string; readonly tiles: readonly TileInfo[] };
}

/** `GET /api/v1/reports/{name}` with `format=json` */
export interface ReportAnswer {
  readonly frame: number;
  readonly total: number;
  readonly rows: readonly JsonRow[];
}

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
  }[];
  readonly offset: number;
}

/** `GET /api/v1/quarantine` */
export interface QuarantineAnswer {
  readonly total: number;
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
  }[];
}

/** `GET /api/v1/amendments` */
export interface AmendmentsAnswer {
  readonly total: number;
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
  readonly newestDay: string | null;
}

/** Every error: RFC 9457 problem JSON with our `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}
