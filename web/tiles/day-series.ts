import type { DayRange } from '../api/day-range.ts';
import { isInRange } from '../api/day-range.ts';

export interface DayValue {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly value: number;
}

/** The newest day's value and how it came about. */
export interface DaySeries {
  readonly newest: DayValue;
  readonly change: Change;
  /** Each calendar day of the range from the first with sales, but at most ten years, to the newest; one without sales is zero. */
  readonly days: readonly DayValue[];
}

/** Against the calendar day before: as a share of it, or why there is none. */
export type Change =
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'none'; readonly why: string };

const DAY_MS = 86_400_000;
/** Ten years: one record of an odd year does not make a line of a hundred thousand days. */
const SERIES_DAYS_MAX = 3_653;
const FIRST_DAY_NUMBER = dayNumber('0001-01-01');
const LAST_DAY_NUMBER = dayNumber('9999-12-31');

/** The calendar day so many days later, or the first or last that `YYYY-MM-DD` can say. @param day `YYYY-MM-DD` */
export function addDays(day: string, count: number): string {
  return dayText(Math.min(Math.max(dayNumber(day) + count, FIRST_DAY_NUMBER), LAST_DAY_NUMBER));
}

/** Days since 1970-01-01. Days are counted by it: as a text, the day behind 9999-12-31 comes before it. */
function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

function dayText(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Orders values by day.
 * @param values by day, at most one a day, in any order; days before the range serve the comparison alone
 * @returns undefined when no day lies in the range
 */
export function daySeries(values: Iterable<DayValue>, range: DayRange): DaySeries | undefined {
  const byDay = new Map(Array.from(values, ({ day, value }) => [day, value]));
  const inRange = [...byDay.keys()].filter((day) => isInRange(day, range)).sort();
  const first = inRange[0];
  const newestDay = inRange.at(-1);
  if (first === undefined || newestDay === undefined) return undefined;
  const days: DayValue[] = [];
  const last = dayNumber(newestDay);
  for (let number = Math.max(dayNumber(first), last + 1 - SERIES_DAYS_MAX); number <= last; number++) {
    const day = dayText(number);
    days.push({ day, value: byDay.get(day) ?? 0 });
  }
  const newest = { day: newestDay, value: byDay.get(newestDay) ?? 0 };
  const isFirst = range.from === undefined && first === newestDay;
  return { newest, change: isFirst ? FIRST_DAY : changeOf(newest.value, byDay.get(dayText(last - 1))), days };
}

const FIRST_DAY: Change = { kind: 'none', why: 'First day: nothing to compare with' };

function changeOf(value: number, previous: number | undefined): Change {
  if (previous === undefined) return { kind: 'none', why: 'No sales on the previous day' };
  if (previous === 0) return { kind: 'none', why: 'Previous day is zero' };
  return { kind: 'share', share: (value - previous) / Math.abs(previous) };
}
