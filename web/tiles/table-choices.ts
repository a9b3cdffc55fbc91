import type { Choices } from '../choices.ts';

export const PAGE_SIZES = [10, 25, 50, 100] as const;

/** By which column a table is sorted. */
export interface TableSort {
  readonly column: string;
  readonly descending: boolean;
}

/** What the reader has chosen of a table. */
export interface TableChoices {
  readonly search: string;
  readonly sort: TableSort;
  /** 0-based. */
  readonly page: number;
  readonly size: number;
  /** A row a day, or one for all days of the range. */
  readonly rows: 'days' | 'totals';
}

/** The name under which the address holds a table's choice: `products-by-revenue.sort`. @param table  as `tileNames` calls it */
function choiceName(table: string, choice: keyof TableChoices): string {
  return `${table}.${choice}`;
}

/** What a table is like unless told. */
interface TableDefaults {
  /** The names of the columns that it can be sorted by, by what its rows are. */
  readonly columns: Readonly<Record<TableChoices['rows'], readonly string[]>>;
  readonly dateColumn: string;
  readonly measure: string;
}

/** A table's choices out of the address; what cannot be understood is as if it were not there. */
export function tableChoices(
  choices: Choices,
  table: string,
  { columns, dateColumn, measure }: TableDefaults,
): TableChoices {
  const chosen = (choice: keyof TableChoices): string => choices.get(choiceName(table, choice)) ?? '';
  const rows = chosen('rows') === 'totals' ? 'totals' : 'days';
  const column = chosen('sort').replace(/^-/, '');
  const sort = columns[rows].includes(column)
    ? { column, descending: chosen('sort').startsWith('-') }
    : { column: rows === 'days' ? dateColumn : measure, descending: true };
  const page = Number(chosen('page'));
  return {
    search: chosen('search'),
    sort,
    rows,
    page: Number.isSafeInteger(page) && page >= 1 ? page - 1 : 0,
    size: PAGE_SIZES.find((size) => String(size) === chosen('size')) ?? PAGE_SIZES[0],
  };
}

/** A sort as the address and the API write it. */
export function sortText({ column, descending }: TableSort): string {
  return `${descending ? '-' : ''}${column}`;
}

/** What the API is asked for: rows that are equal by the chosen column come newest day first, then the largest. */
export function sortRequest(
  { sort, rows }: Pick<TableChoices, 'sort' | 'rows'>,
  dateColumn: string,
  measure: string,
): string {
  const others = rows === 'days' ? [dateColumn, measure] : [measure];
  return [sortText(sort), ...others.filter((name) => name !== sort.column).map((name) => `-${name}`)].join(',');
}

/** Choices as the address holds them; what is as it is unless told is left out. */
export function choiceTexts(
  table: string,
  changes: Partial<TableChoices>,
): Readonly<Record<string, string | undefined>> {
  const { search, sort, page, size, rows } = changes;
  return {
    ...(search !== undefined && { [choiceName(table, 'search')]: search === '' ? undefined : search }),
    ...(sort !== undefined && { [choiceName(table, 'sort')]: sortText(sort) }),
    ...(size !== undefined && { [choiceName(table, 'size')]: size === PAGE_SIZES[0] ? undefined : String(size) }),
    ...(page !== undefined && { [choiceName(table, 'page')]: page === 0 ? undefined : String(page + 1) }),
    ...(rows !== undefined && {
      [choiceName(table, 'rows')]: rows === 'days' ? undefined : rows,
      [choiceName(table, 'sort')]: undefined,
    }),
  };
}
