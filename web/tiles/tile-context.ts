import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import type { Filters, Source } from '../filters.ts';
import { heading } from '../format.ts';
import { placeNames } from './labels.ts';

const LIST = new Intl.ListFormat('en');

/** What all tiles of a page share. */
export interface TileContext {
  readonly definition: DefinitionAnswer;
  readonly range: DayRange;
  readonly filters: Filters;
  /** The store's business day. */
  readonly today: string;
}

/** What a question takes of a range. */
export function rangeOf({ from, to }: DayRange): { readonly from?: string; readonly to?: string } {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** What a question takes of a tile's source. */
export function selectionOf({ report, equals }: Source): {
  readonly report: string;
  readonly equals?: Source['equals'];
} {
  return { report, ...(Object.keys(equals).length > 0 && { equals }) };
}

/** Says which filters a tile cannot take, as their chips call them; undefined: it takes all. */
export function unfilteredNote({ unfiltered }: Source, { dashboard }: DefinitionAnswer): string | undefined {
  if (unfiltered.length === 0) return undefined;
  const { latitude, longitude } = placeNames(dashboard);
  const names = unfiltered.map((name) =>
    name === latitude || name === longitude ? 'place' : heading(name).toLowerCase(),
  );
  return `Not filtered: no report has this by ${LIST.format(new Set(names))}`;
}
