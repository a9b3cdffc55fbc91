import type { DefinitionAnswer, ReportInfo } from '../../src/server/protocol.ts';
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

/** What is to be said of a tile whose numbers are, but for `shown`, sums over a report's dimensions. */
export function summedNote(
  { definition, range }: Pick<TileContext, 'definition' | 'range'>,
  source: Source,
  shown: readonly string[],
): string | undefined {
  const columns = definition.reports.find(({ name }) => name === source.report)?.columns ?? [];
  const fixed = fixedBy(source, range, definition.stream.businessDate);
  return addedUpNote(definition, { columns, measure: source.measure }, [...shown, ...fixed]);
}

/** The dimensions that have one value in all that a tile shows. */
export function fixedBy({ equals }: Source, { from, to }: DayRange, businessDate: string): readonly string[] {
  const single = Object.keys(equals).filter((name) => equals[name]?.length === 1);
  return from !== undefined && from === to ? [...single, businessDate] : single;
}

/**
 * Says of different values that they are added up, as one that is in two rows is counted in both; undefined: no rows are.
 * @param shown  the dimensions by which each number is a row of its own
 */
export function addedUpNote(
  definition: Words,
  { columns, measure }: Pick<ReportInfo, 'columns'> & Pick<Source, 'measure'>,
  shown: readonly string[],
): string | undefined {
  const isDistinct = columns.some(({ name, of }) => name === measure && of?.startsWith('countDistinct(') === true);
  const summed = columns.filter(({ name, role }) => role === 'dimension' && !shown.includes(name));
  if (!isDistinct || summed.length === 0) return undefined;
  const words = wordsOf(
    summed.map(({ name }) => name),
    definition,
  );
  return `Added up over each ${words}: what is in two of them counts in both`;
}

/** Says which filters a tile cannot take, as their chips call them; undefined: it takes all. */
export function unfilteredNote({ unfiltered }: Source, definition: DefinitionAnswer): string | undefined {
  if (unfiltered.length === 0) return undefined;
  return `Not filtered: no report has this by ${wordsOf(unfiltered, definition)}`;
}

/** What it takes to call dimensions as people do. */
interface Words {
  readonly stream: Pick<DefinitionAnswer['stream'], 'businessDate'>;
  readonly dashboard: DefinitionAnswer['dashboard'];
}

/** Dimensions for people; those that are a place together are one. */
function wordsOf(dimensions: readonly string[], { stream, dashboard }: Words): string {
  const { latitude, longitude } = placeNames(dashboard);
  const words = dimensions.map((name) => {
    if (name === stream.businessDate) return 'day';
    return name === latitude || name === longitude ? 'place' : heading(name).toLowerCase();
  });
  return LIST.format(new Set(words));
}
