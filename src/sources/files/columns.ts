import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Refusal } from '../../ports/runtime.ts';
import { recordConverter, recordColumns } from './record-columns.ts';
import type { FindPlace } from './superstore-columns.ts';
import { SUPERSTORE_COLUMNS, superstoreConverter, superstoreSuits } from './superstore-columns.ts';
import { otherColumns, wrongHeader } from './wrong-header.ts';

/** A row's cells in the order of its file's columns; null where the file itself knows null. */
export type Cells = readonly (string | null)[];

/** Makes a row a record: JSON without a line feed, or why it cannot be one. */
export type Converter = (cells: Cells) => string | Refusal;

/** How many records have a place that is not known, by city and state. */
export interface PlaceNotFound {
  readonly city: string;
  readonly state: string;
  readonly count: number;
}

/** What a reader needs to know of a table's file, whichever of the two column sets it has. */
export interface ColumnSet {
  readonly name: 'record' | 'superstore';
  /** Where the columns stand that records are made of. */
  readonly used: readonly number[];
  /** To be awaited for rows before they are converted. */
  prepare(rows: readonly Cells[]): Promise<void>;
  readonly convert: Converter;
  /** So far; most records first. */
  placesNotFound(): readonly PlaceNotFound[];
}

export interface ColumnOptions {
  /** Whether it is a text, whose columns its first line names, and in which an empty cell means null for want of another way. */
  readonly isText: boolean;
  readonly findPlace: FindPlace;
}

/**
 * Finds out which column set a table has: the record's own, or the superstore's. Order is free, further columns are
 * left out, and `Order ID` is taken for `order_id`.
 * @throws DaybookError `IMPORT_COLUMNS`: names what is missing and what was found; what else `wrongHeader` gives
 */
export function columnSetOf(header: readonly string[], plan: Plan, options: ColumnOptions): ColumnSet {
  const own = recordColumns(plan.stream);
  const ownMissing = missing(own.required, positions(header, asItIs));
  if (ownMissing.length === 0) {
    const at = positions(header, asItIs);
    refuseRepeated(own.all, header, asItIs);
    return {
      name: 'record',
      used: placesOf(own.all, at),
      prepare: () => Promise.resolve(),
      convert: recordConverter(plan.stream, at, { emptyIsNull: options.isText }),
      placesNotFound: () => [],
    };
  }
  const suits = superstoreSuits(plan.stream);
  const superstoreMissing = missing(SUPERSTORE_COLUMNS, positions(header, asName));
  if (suits && superstoreMissing.length === 0) {
    const at = positions(header, asName);
    refuseRepeated(SUPERSTORE_COLUMNS, header, asName);
    const used = placesOf(SUPERSTORE_COLUMNS, at);
    return { name: 'superstore', used, ...superstoreConverter(plan.stream, at, options.findPlace) };
  }
  const wrong = options.isText ? wrongHeader : otherColumns;
  throw wrong(header, [
    { name: 'the columns of a record', required: own.required, missing: ownMissing },
    ...(suits
      ? [{ name: 'the columns of order lines (superstore)', required: SUPERSTORE_COLUMNS, missing: superstoreMissing }]
      : []),
  ]);
}

function asItIs(column: string): string {
  return column;
}

/** `Sub-Category` -> `sub_category` */
function asName(column: string): string {
  return column.trim().toLowerCase().replace(/[ -]+/g, '_');
}

function positions(header: readonly string[], name: (column: string) => string): ReadonlyMap<string, number> {
  // From the end, so that the first of two columns of a name is the one that is kept.
  return new Map(header.map((column, index): [string, number] => [name(column), index]).toReversed());
}

function placesOf(wanted: readonly string[], at: ReadonlyMap<string, number>): readonly number[] {
  return wanted.flatMap((column) => at.get(column) ?? []);
}

function missing(wanted: readonly string[], at: ReadonlyMap<string, number>): readonly string[] {
  return wanted.filter((column) => !at.has(column));
}

function refuseRepeated(wanted: readonly string[], header: readonly string[], name: (column: string) => string): void {
  const repeated = wanted.find((column) => header.filter((cell) => name(cell) === column).length > 1);
  if (repeated === undefined) return;
  throw new DaybookError(
    'IMPORT_COLUMNS',
    `The header has the column '${repeated}' more than once. Keep the one that is meant and rename the others.`,
    { details: { repeated, found: header } },
  );
}
