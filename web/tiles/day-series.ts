import type { JsonRow } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { isInRange } from '../api/day-range.ts';
import { addDays, dayNumber, dayText } from '../days.ts';

export interface DayValue {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** null: the day has none, such as an average of no sales. */
  readonly value: number | null;
}

/** The newest day's value and how it came about. */
export interface DaySeries {
  readonly newest: DayValue;
  /** Against the calendar day before, and against the same weekday a week before. */
  readonly change: Change;
  readonly weekChange: Change;
  /** Each calendar day of the range from the first with sales, but at most ten years, to the newest. */
  readonly days: readonly DayValue[];
}

/** Against another day: as a share of its value, or why there is none; nothing is said where the newest has no value. */
export type Change =
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'none'; readonly why: string }
  | undefined;

interface SeriesOptions {
  /** What a day without sales has: a sum has zero, and what is no sum has no value. */
  readonly empty: 0 | null;
  /** The day that the series goes to at least, also when nothing was sold on it. */
  readonly through?: string | undefined;
}

/** Ten years: one record of an odd year does not make a line of a hundred thousand days. */
const SERIES_DAYS_MAX = 3_653;
const WEEK_DAYS = 7;

/**
 * Orders values by day.
 * @param values by day, at most one a day, in any order; those of the week before the range serve the comparison alone
 * @returns undefined when no day lies in the range
 */
export function daySeries(
  values: Iterable<DayValue>,
  range: DayRange,
  { empty, through }: SeriesOptions,
): DaySeries | undefined {
  const byDay = new Map(Array.from(values, ({ day, value }) => [day, value]));
  const inRange = [...byDay.keys(), ...(through === undefined ? [] : [through])]
    .filter((day) => isInRange(day, range))
    .sort();
  const first = inRange[0];
  const newestDay = inRange.at(-1);
  if (first === undefined || newestDay === undefined) return undefined;
  const days: DayValue[] = [];
  const last = dayNumber(newestDay);
  for (let number = Math.max(dayNumber(first), last + 1 - SERIES_DAYS_MAX); number <= last; number++) {
    const day = dayText(number);
    days.push({ day, value: byDay.get(day) ?? empty });
  }
  const newest = { day: newestDay, value: byDay.get(newestDay) ?? empty };
  const oldest = [...byDay.keys()].sort()[0];
  const against = (daysAgo: number, words: Words): Change => {
    const day = addDays(newestDay, -daysAgo);
    // Where the range has a beginning, no day tells whether there are older ones.
    const isBeforeAll = range.from === undefined && (oldest === undefined || day < oldest);
    return changeOf(newest.value, isBeforeAll, byDay.get(day), words);
  };
  return { newest, change: against(1, DAY_WORDS), weekChange: against(WEEK_DAYS, WEEK_WORDS), days };
}

/** A measure of a row; null where the row has no value of it. */
export function numberIn(row: JsonRow, measure: string): number | null {
  const cell = row[measure] ?? null;
  return cell === null ? null : Number(cell);
}

interface Words {
  readonly unknown: string;
  readonly missing: string;
  readonly none: string;
  readonly zero: string;
}

const DAY_WORDS: Words = {
  unknown: 'First day: nothing to compare with',
  missing: 'No sales on the previous day',
  none: 'No value on the previous day',
  zero: 'Previous day is zero',
};
const WEEK_WORDS: Words = {
  unknown: 'No day a week before',
  missing: 'No sales a week before',
  none: 'No value a week before',
  zero: 'Zero a week before',
};

function changeOf(value: number | null, isBeforeAll: boolean, before: number | null | undefined, words: Words): Change {
  if (value === null) return undefined;
  if (isBeforeAll) return { kind: 'none', why: words.unknown };
  if (before === undefined) return { kind: 'none', why: words.missing };
  if (before === null) return { kind: 'none', why: words.none };
  if (before === 0) return { kind: 'none', why: words.zero };
  return { kind: 'share', share: (value - before) / Math.abs(before) };
}
