import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Refusal } from '../../ports/runtime.ts';
import { recordConverter, recordColumns } from './record-columns.ts';
import type { FindPlace } from './superstore-columns.ts';
import { SUPERSTORE_COLUMNS, superstoreConverter, superstoreSuits } from './superstore-columns.ts';
import { otherColumns, wrongHeader } from './wrong-header.ts';

/** A row's cells in the order of its file's columns; null where the file itself knows null. */
export type Cells = readonly (string | null)[];

/**
 * Makes a row a record: JSON without a line feed, or why it cannot be one.
 * @param quotedEmpty  where in it cells are that are empty and in quotes, should there be any
 */
export type Converter = (cells: Cells, quotedEmpty?: ReadonlySet<number>) => string | Refusal;

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
  /** Whether it is a text, whose columns its first line names, and in which an empty cell means null, but for a text in quotes. */
  readonly isText: boolean;
  readonly findPlace: FindPlace;
}

/**
 * Finds out which column set a table has: the record's own, or the superstore's. Order is free, further columns are
 * left out, and `Order ID` is taken for `order_id` where none is of that very name.
 * @throws DaybookError `IMPORT_COLUMNS`: names what is missing and what was found; what else `wrongHeader` gives
 */
export function columnSetOf(header: readonly string[], plan: Plan, options: ColumnOptions): ColumnSet {
  const own = recordColumns(plan.stream);
  const ownPlaces = placesOf(own.all, header);
  const ownMissing = missing(own.required, ownPlaces);
  if (ownMissing.length === 0) {
    const at = onePlaceEach(ownPlaces, header);
    return {
      name: 'record',
      used: [...at.values()],
      prepare: () => Promise.resolve(),
      convert: recordConverter(plan.stream, at, { emptyIsNull: options.isText }),
      placesNotFound: () => [],
    };
  }
  const suits = superstoreSuits(plan.stream);
  const superstorePlaces = placesOf(SUPERSTORE_COLUMNS, header);
  const superstoreMissing = missing(SUPERSTORE_COLUMNS, superstorePlaces);
  if (suits && superstoreMissing.length === 0) {
    const at = onePlaceEach(superstorePlaces, header);
    return { name: 'superstore', used: [...at.values()], ...superstoreConverter(plan.stream, at, options.findPlace) };
  }
  const wrong = options.isText ? wrongHeader : otherColumns;
  throw wrong(header, [
    { name: 'the columns of a record', required: own.required, missing: ownMissing },
    ...(suits
      ? [{ name: 'the columns of order lines (superstore)', required: SUPERSTORE_COLUMNS, missing: superstoreMissing }]
      : []),
  ]);
}

/** Where in a header the wanted columns may be. */
type Places = ReadonlyMap<string, readonly number[]>;

/** A column is where its very name is, else where one is that differs in case, spaces or hyphens, unless two are wanted that do. */
function placesOf(wanted: readonly string[], header: readonly string[]): Places {
  const names = header.map(asName);
  const wantedNames = wanted.map(asName);
  return new Map(
    wanted.map((column) => {
      const name = asName(column);
      const exact = indexesOf(header, column);
      const isOne = indexesOf(wantedNames, name).length === 1;
      return [column, exact.length === 0 && isOne ? indexesOf(names, name) : exact];
    }),
  );
}

/** `Sub-Category` -> `sub_category` */
function asName(column: string): string {
  return column.trim().toLowerCase().replace(/[ -]+/g, '_');
}

function indexesOf(list: readonly string[], wanted: string): readonly number[] {
  return list.flatMap((each, index) => (each === wanted ? index : []));
}

function missing(wanted: readonly string[], places: Places): readonly string[] {
  return wanted.filter((column) => places.get(column)?.length === 0);
}

/** @throws DaybookError `IMPORT_COLUMNS` when a column may be at several places */
function onePlaceEach(places: Places, header: readonly string[]): ReadonlyMap<string, number> {
  for (const [column, indexes] of places) {
    if (indexes.length < 2) continue;
    const names = indexes.map((index) => header[index]).join(', ');
    throw new DaybookError(
      'IMPORT_COLUMNS',
      `The header has the column '${column}' more than once (${names}). Keep the one that is meant and rename the others.`,
      { details: { repeated: column, found: header } },
    );
  }
  return new Map([...places].flatMap(([column, [index]]) => (index === undefined ? [] : [[column, index]])));
}
