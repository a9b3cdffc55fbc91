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
}

/** The name under which the address holds a table's choice: `products-by-revenue.sort`. */
export function choiceName(title: string, choice: keyof TableChoices): string {
  const slug = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return `${slug}.${choice}`;
}

/**
 * A table's choices out of the address; what cannot be understood is as if it were not there.
 * @param columns the names of all columns
 * @param dateColumn what a table is sorted by unless told: newest first
 */
export function tableChoices(
  choices: Choices,
  title: string,
  columns: readonly string[],
  dateColumn: string,
): TableChoices {
  const chosen = (choice: keyof TableChoices): string => choices.get(choiceName(title, choice)) ?? '';
  const column = chosen('sort').replace(/^-/, '');
  const sort = columns.includes(column)
    ? { column, descending: chosen('sort').startsWith('-') }
    : { column: dateColumn, descending: true };
  const page = Number(chosen('page'));
  return {
    search: chosen('search'),
    sort,
    page: Number.isSafeInteger(page) && page >= 1 ? page - 1 : 0,
    size: PAGE_SIZES.find((size) => String(size) === chosen('size')) ?? PAGE_SIZES[0],
  };
}

/** A sort as the address and the API write it. */
export function sortText({ column, descending }: TableSort): string {
  return `${descending ? '-' : ''}${column}`;
}

/** What the API is asked for: rows that are equal by the chosen column come newest day first, then the largest. */
export function sortRequest(sort: TableSort, dateColumn: string, measure: string): string {
  const rest = [dateColumn, measure].filter((name) => name !== sort.column).map((name) => `-${name}`);
  return [sortText(sort), ...rest].join(',');
}

/** Choices as the address holds them; what is as it is unless told is left out. */
export function choiceTexts(
  title: string,
  changes: Partial<TableChoices>,
): Readonly<Record<string, string | undefined>> {
  const { search, sort, page, size } = changes;
  return {
    ...(search !== undefined && { [choiceName(title, 'search')]: search }),
    ...(sort !== undefined && { [choiceName(title, 'sort')]: sortText(sort) }),
    ...(size !== undefined && { [choiceName(title, 'size')]: size === PAGE_SIZES[0] ? undefined : String(size) }),
    ...(page !== undefined && { [choiceName(title, 'page')]: page === 0 ? undefined : String(page + 1) }),
  };
}
