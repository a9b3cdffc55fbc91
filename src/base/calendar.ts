/**
 * Calendar days as whole numbers (days since 1970-01-01, proleptic Gregorian), and the local time of a time zone.
 * Source of the day arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
export const MS_PER_DAY = 86_400_000;
const MS_PER_HOUR = 3_600_000;
const DAYS_PER_ERA = 146_097;

/** A moment as a store's clock on the wall shows it. */
export interface LocalTime {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Milliseconds since midnight by the wall clock. */
  readonly msOfDay: number;
}

/** The day of a date, without checking that there is such a date. */
export function dayFromCivil(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - 719_468;
}

/** The days that `YYYY-MM-DD` can say: 0001-01-01 to 9999-12-31. */
export const FIRST_DAY = dayFromCivil(1, 1, 1);
export const LAST_DAY = dayFromCivil(9999, 12, 31);

/** The number of days in a month of the Gregorian calendar; `month` is 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const DAY_TEXT = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Reads `YYYY-MM-DD`; undefined when it is not that, or there is no such day. Years 0001 to 9999. */
export function parseDay(text: string): number | undefined {
  const match = DAY_TEXT.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const dayOfMonth = Number(match[3]);
  if (year < 1 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month)) return undefined;
  return dayFromCivil(year, month, dayOfMonth);
}

/** Prints a day as `YYYY-MM-DD`. */
export function formatDay(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
}

/** Prints a local time as `YYYY-MM-DD HH:MM:SS`; milliseconds are left out. */
export function formatLocalTime(time: LocalTime): string {
  const seconds = Math.floor(time.msOfDay / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${formatDay(time.day)} ${clock.map((part) => pad(part, 2)).join(':')}`;
}

function pad(value: number, length: number): string {
  return value.toString().padStart(length, '0');
}

/** The business day of a local time, where each ends at an hour of the next calendar day. */
export function businessDayAt({ day, msOfDay }: LocalTime, endsAtHour: number): number {
  return day + Math.floor((msOfDay - endsAtHour * MS_PER_HOUR) / MS_PER_DAY);
}

/** A time zone's clock on the wall. */
export interface Zone {
  readonly name: string;
  /** The local time of an instant. */
  localTime(epochMs: number): LocalTime;
  /**
   * How far its clock is ahead of UTC throughout a quarter hour, of which they are counted from 1970: whole seconds; NaN
   * where that changes within it, as it did in a few zones long ago.
   */
  offsetOfQuarterMs(quarter: number): number;
}

const QUARTER_MS = 900_000;
export const QUARTERS_A_DAY = MS_PER_DAY / QUARTER_MS;
const CACHED_OFFSETS_MAX = 20_000;
/** Before the year 1, `Intl` counts years backwards; long before it, no zone's offset had changed yet. */
const FIRST_YEAR_MS = dayFromCivil(2, 1, 1) * MS_PER_DAY;

/** What the system is asked for a zone's rules takes milliseconds, and few zones are asked for again and again. */
const ZONES = new Map<string, Zone>();

/**
 * A time zone by its IANA name.
 * @throws RangeError when the name is unknown
 */
export function zone(name: string): Zone {
  const known = ZONES.get(name);
  if (known !== undefined) return known;
  const made = makeZone(name);
  ZONES.set(name, made);
  return made;
}

/** Making one takes 20 ms the first time, so it is made once somebody asks for an offset. */
function makeFormat(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

function makeZone(name: string): Zone {
  // Other names for these are known too, in any case; the format tells.
  const isListed = Intl.supportedValuesOf('timeZone').includes(name);
  let format = isListed ? undefined : makeFormat(name);
  const exactOffsetMs = (epochMs: number): number => {
    format ??= makeFormat(name);
    const secondMs = Math.max(Math.floor(epochMs / 1000) * 1000, FIRST_YEAR_MS);
    const parts = new Map(format.formatToParts(secondMs).map((part) => [part.type, Number(part.value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const localMs =
      dayFromCivil(part('year'), part('month'), part('day')) * MS_PER_DAY +
      (part('hour') * 3600 + part('minute') * 60 + part('second')) * 1000;
    return localMs - secondMs;
  };
  const offsetOfDayMs = offsetsBy(MS_PER_DAY, exactOffsetMs);
  const offsetOfPartMs = offsetsBy(QUARTER_MS, exactOffsetMs);
  const offsetOfQuarterMs = (quarter: number): number => {
    const ofDay = offsetOfDayMs(Math.floor(quarter / QUARTERS_A_DAY));
    return Number.isNaN(ofDay) ? offsetOfPartMs(quarter) : ofDay;
  };
  return {
    name,
    offsetOfQuarterMs,
    localTime(epochMs) {
      const offsetMs = offsetOfQuarterMs(Math.floor(epochMs / QUARTER_MS));
      const localMs = epochMs + (Number.isNaN(offsetMs) ? exactOffsetMs(epochMs) : offsetMs);
      const day = Math.floor(localMs / MS_PER_DAY);
      return { day, msOfDay: localMs - day * MS_PER_DAY };
    },
  };
}

/**
 * Offsets by the number of a span of time, each worked out once; NaN where it changes within the span. One that a span
 * of up to a day begins and ends with holds for all of it: the least time between two changes is that of Freetown in 1939,
 * four days.
 */
function offsetsBy(spanMs: number, exactOffsetMs: (epochMs: number) => number): (span: number) => number {
  const known = new Map<number, number>();
  return (span) => {
    let offset = known.get(span);
    if (offset === undefined) {
      if (known.size >= CACHED_OFFSETS_MAX) known.clear();
      const first = exactOffsetMs(span * spanMs);
      offset = first === exactOffsetMs((span + 1) * spanMs - 1) ? first : NaN;
      known.set(span, offset);
    }
    return offset;
  };
}

const TIMESTAMP_TEXT =
  /^(\d{4}-\d{2}-\d{2})[ Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;

/**
 * Reads a moment: `YYYY-MM-DD HH:MM:SS`, which is local time in the zone, or ISO 8601 with an offset or `Z`.
 * @returns the local time in the zone; undefined when it is neither, there is no such moment, or the zone's clock shows
 *   a year that is not from 1 to 9999 then
 */
export function parseTimestamp(text: string, local: Zone): LocalTime | undefined {
  const moment = parseMoment(text);
  if (moment?.offsetMs === undefined) return moment;
  const time = local.localTime(moment.day * MS_PER_DAY + moment.msOfDay - moment.offsetMs);
  return time.day < FIRST_DAY || time.day > LAST_DAY ? undefined : time;
}

/** Reads a moment in ISO 8601 with an offset or `Z`. @returns Unix milliseconds; undefined when it has no offset, or is none */
export function parseInstant(text: string): number | undefined {
  const moment = parseMoment(text);
  if (moment?.offsetMs === undefined) return undefined;
  return moment.day * MS_PER_DAY + moment.msOfDay - moment.offsetMs;
}

/** What a moment's text says, and how far its clock is ahead of UTC where it says so. */
function parseMoment(text: string): (LocalTime & { readonly offsetMs?: number }) | undefined {
  const match = TIMESTAMP_TEXT.exec(text);
  if (match === null) return undefined;
  const day = parseDay(match[1] ?? '');
  const hour = Number(match[2]);
  const minute = Number(match[3]);
  const second = Number(match[4]);
  if (day === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Number((match[5] ?? '').padEnd(3, '0').slice(0, 3));
  const msOfDay = (hour * 3600 + minute * 60 + second) * 1000 + ms;
  if (match[6] === undefined && match[7] === undefined) return { day, msOfDay };
  const offsetHour = Number(match[8] ?? '0');
  const offsetMinute = Number(match[9] ?? '0');
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  return { day, msOfDay, offsetMs: (offsetHour * 60 + offsetMinute) * 60_000 * (match[7] === '-' ? -1 : 1) };
}
