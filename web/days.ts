/** Business dates, `YYYY-MM-DD`, and the store's own clock. */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const FIRST_DAY_NUMBER = dayNumber('0001-01-01');
const LAST_DAY_NUMBER = dayNumber('9999-12-31');

/** The calendar day so many days later, or the first or last that `YYYY-MM-DD` can say. @param day `YYYY-MM-DD` */
export function addDays(day: string, count: number): string {
  return dayText(Math.min(Math.max(dayNumber(day) + count, FIRST_DAY_NUMBER), LAST_DAY_NUMBER));
}

/** Days since 1970-01-01. Days are counted by it: as a text, the day behind 9999-12-31 comes before it. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

/** Whether it is a day that `YYYY-MM-DD` can say; February has no 30th. */
export function isDay(text: string): boolean {
  const number = /^\d{4}-\d{2}-\d{2}$/.test(text) ? dayNumber(text) : Number.NaN;
  return number >= FIRST_DAY_NUMBER && number <= LAST_DAY_NUMBER && dayText(number) === text;
}

export function dayText(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/** What the store's clock shows at a moment, `YYYY-MM-DD hh:mm:ss`: a record's event time as it may be written. */
export function storeTime(nowMs: number, timeZone: string): string {
  // Swedes write dates and times so.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(nowMs);
}

/** The store's business day at a moment: that of the hour which its clock shows, as records have it. */
export function storeDay(nowMs: number, timeZone: string, businessDayEndsAtHour: number): string {
  const shownMs = Date.parse(`${storeTime(nowMs, timeZone).replace(' ', 'T')}Z`);
  return new Date(shownMs - businessDayEndsAtHour * HOUR_MS).toISOString().slice(0, 10);
}
