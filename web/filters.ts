import { useMemo } from 'react';
import type { ColumnInfo, DefinitionAnswer, ReportInfo } from '../src/server/protocol.ts';
import { choose, useChoices } from './choices.ts';

/** In the address, `is.category=Furniture`: only what has this value. */
export const EQUALS_PREFIX = 'is.';

/** What everything is filtered by: dimensions with the value that they must have, as `keyText` spells it. */
export type Filters = Readonly<Record<string, string>>;

/** The filters that the address holds, of dimensions that there are. */
export function useFilters({ reports }: DefinitionAnswer): Filters {
  const choices = useChoices();
  return useMemo(() => {
    const dimensions = new Set(
      reports.flatMap(({ columns }) => columns.filter(({ role }) => role === 'dimension').map(({ name }) => name)),
    );
    const filters = [...choices]
      .filter(([name]) => name.startsWith(EQUALS_PREFIX))
      .map(([name, value]) => [name.slice(EQUALS_PREFIX.length), value] as const);
    return Object.fromEntries(filters.filter(([name]) => dimensions.has(name)));
  }, [choices, reports]);
}

/** Filters by some values as well; undefined takes a filter back. */
export function filterBy(values: Readonly<Record<string, string | undefined>>): void {
  choose(Object.fromEntries(Object.entries(values).map(([name, value]) => [EQUALS_PREFIX + name, value])), 'push');
}

/** Where a tile's figures come from under the filters. */
export interface Source {
  readonly report: string;
  readonly measure: string;
  readonly equals: Readonly<Record<string, readonly string[]>>;
  /** Filters that no report can give this figure by: the tile shows it without them, and says so. */
  readonly unfiltered: readonly string[];
}

/**
 * Where a measure by some dimensions can be had with the filters: its own report if that has the filters' dimensions,
 * or another one that computes the same and has them. What is counted by being different adds up only where the filters
 * leave one row a day.
 */
export function sourceOf(
  definition: DefinitionAnswer,
  wanted: { readonly report: string; readonly measure: string; readonly by: readonly string[] },
  filters: Filters,
): Source {
  const own = definition.reports.find(({ name }) => name === wanted.report);
  const names = Object.keys(filters);
  const { report, measure } = wanted;
  const equals = Object.fromEntries(names.map((name) => [name, [filters[name] ?? '']]));
  if (own === undefined || names.length === 0) return { report, measure, equals: {}, unfiltered: [] };
  if (names.every((name) => hasDimension(own, name))) return { report, measure, equals, unfiltered: [] };
  const column = own.columns.find(({ name }) => name === measure);
  const date = definition.stream.businessDate;
  for (const other of definition.reports) {
    const same = other.columns.find(({ of, role }) => role === 'measure' && of === column?.of);
    if (same === undefined || other.where !== own.where) continue;
    if (![...names, ...wanted.by].every((name) => hasDimension(other, name))) continue;
    if (!addsUp(same) && !isFixed(other, [...names, date])) continue;
    return { report: other.name, measure: same.name, equals, unfiltered: [] };
  }
  const known = names.filter((name) => hasDimension(own, name));
  return {
    report,
    measure,
    equals: Object.fromEntries(known.map((name) => [name, [filters[name] ?? '']])),
    unfiltered: names.filter((name) => !known.includes(name)),
  };
}

function hasDimension({ columns }: ReportInfo, dimension: string): boolean {
  return columns.some(({ name, role }) => name === dimension && role === 'dimension');
}

/** Whether values of several rows can be summed to one that is right. */
function addsUp({ of }: ColumnInfo): boolean {
  return of?.startsWith('sum(') === true || of === 'count()';
}

/** Whether each of the report's dimensions is one of these. */
function isFixed({ columns }: ReportInfo, names: readonly string[]): boolean {
  return columns.every(({ name, role }) => role === 'measure' || names.includes(name));
}

/** Whether a measure's values may be summed at all, be it that who came twice counts twice. */
export function canBeSummed(column: ColumnInfo): boolean {
  return addsUp(column) || column.of?.startsWith('countDistinct(') === true;
}
