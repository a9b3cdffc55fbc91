import type { Refusal } from '../ports/runtime.ts';

/** How many 32-bit words a primary key has: a UUID's 128 bits, or a text key's id and three zeros. */
export const KEY_WORDS = 4;

/** Records as columns, in the order of their lines. Row `i` of each array is record `i`. */
export interface RecordColumns {
  count: number;
  /** The lines that the records were read from, and behind them bytes that mean nothing. */
  readonly bytes: Uint8Array;
  /** The same records as the log keeps them; undefined where nobody wants that, or they could not be packed. */
  readonly packed?: PackedRecords | undefined;
  /** Where each record's line begins and ends in `bytes`, without its line feed. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Behind each record's end stands a line feed, and before it no carriage return. */
  readonly isPlain: boolean;
  /** The number of each record's line. */
  readonly lines: Int32Array;
  /** `KEY_WORDS` words a record. */
  readonly keys: Int32Array;
  /** The `keyHash` of each record's key. */
  readonly hashes: Int32Array;
  /** Business days, days since 1970-01-01. */
  readonly days: Int32Array;
  /** By field index: dictionary ids (0 is null); undefined where the field is not interned. */
  readonly ids: readonly (Int32Array | undefined)[];
  /** By field index: numbers (decimals in micro-units, dates as days, null as NaN); undefined where none is needed. */
  readonly values: readonly (Float64Array | undefined)[];
}

/** Records as the log keeps them (`ports/packed-records.ts`), in the order of their lines. */
export interface PackedRecords {
  /** One behind the other. */
  readonly records: Uint8Array;
  /** Where each of them ends. */
  readonly ends: Int32Array;
  /** What they are unpacked with. */
  readonly forms: Uint8Array;
  readonly templates: Uint8Array;
  /** Drops the others. @param isKept  by record, 0 for those that go */
  keep(isKept: Uint8Array): void;
}

/** A line that is no acceptable record. */
export interface RefusedLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly refusal: Refusal;
}

export interface ScannedLines<Columns extends RecordColumns = RecordColumns> {
  readonly columns: Columns;
  readonly refused: readonly RefusedLine[];
  /** How many lines there were, blank ones too. */
  readonly lineCount: number;
}
