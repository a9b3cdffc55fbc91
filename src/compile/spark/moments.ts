import type { ZoneOffset } from '../../base/zone-offsets.ts';
import type { StreamPlan } from '../../plan/plan.ts';
import { lets, pattern, quotedText } from './sql.ts';

/** What a day and a moment look like; whether there is such a day, a cast says. */
export const DAY = '(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}';
export const MOMENT = `${DAY}[ Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?`;
const OFFSET = '(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\\z';
/** `YYYY-MM-DD HH:MM:SS` */
const PLAIN_LENGTH = 19;
const S_PER_DAY = 86_400;

/** A day's text as a date; null when there is no such day. */
export function dayOf(text: string): string {
  return `try_cast(${text} AS DATE)`;
}

/**
 * The business day of a moment's text; null when there is no such moment. Without an offset it is local time; with one it
 * is brought to the time zone first. A second's fraction is of no consequence, as offsets and the end of a business day
 * are whole seconds.
 */
export function businessDayOf(text: string, stream: StreamPlan, offsets: readonly ZoneOffset[]): string {
  const day = dayOf(`left(${text}, 10)`);
  const ends = stream.businessDayEndsAtHour;
  const local =
    ends === 0 ? day : `date_sub(${day}, CASE WHEN CAST(substr(${text}, 12, 2) AS INT) < ${ends} THEN 1 ELSE 0 END)`;
  return `CASE
      WHEN length(${text}) = ${PLAIN_LENGTH} OR NOT ${text} RLIKE ${pattern(OFFSET)} THEN ${local}
      ELSE ${zonedDay(text, day, stream, offsets)}
    END`;
}

/** Whether a day can be written as `YYYY-MM-DD`. */
export function isWritable(day: string): string {
  return `${day} BETWEEN DATE'0001-01-01' AND DATE'9999-12-31'`;
}

function zonedDay(text: string, day: string, stream: StreamPlan, offsets: readonly ZoneOffset[]): string {
  const part = (start: number): string => `CAST(substr(${text}, ${start}, 2) AS BIGINT)`;
  const ahead = `CASE
          WHEN upper(right(${text}, 1)) = 'Z' THEN 0
          ELSE (CAST(left(written, 2) AS BIGINT) * 3600 + CAST(right(written, 2) AS BIGINT) * 60) *
            CASE WHEN contains(substr(${text}, ${PLAIN_LENGTH + 1}), '-') THEN -1 ELSE 1 END
        END`;
  const dayAt = (seconds: string): string =>
    `date_add(DATE'1970-01-01', CAST(floor(CAST(${seconds} AS DOUBLE) / ${S_PER_DAY}) AS INT))`;
  return lets(
    [
      ['written', `regexp_extract(${text}, ${pattern('([0-9]{2}:?[0-9]{2})\\z')}, 1)`],
      ['utc', `unix_date(${day}) * ${S_PER_DAY}L + ${part(12)} * 3600 + ${part(15)} * 60 + ${part(18)} - ${ahead}`],
      ['local', `utc + ${zoneOffset('utc', stream.timeZone, offsets)}`],
    ],
    `CASE WHEN ${isWritable(dayAt('local'))} THEN ${dayAt(`local - ${stream.businessDayEndsAtHour * 3600}`)} END`,
  );
}

/** By the offsets; where they say nothing by Spark's own. */
function zoneOffset(utc: string, timeZone: string, offsets: readonly ZoneOffset[]): string {
  const own = `unix_seconds(from_utc_timestamp(timestamp_seconds(${utc}), ${quotedText(timeZone)})) - ${utc}`;
  const list = (numbers: readonly (number | undefined)[]): string =>
    `array(${numbers.map((each) => each ?? 'NULL').join(', ')})`;
  const since = list(offsets.map(({ sinceS }) => sinceS));
  const place = `nullif(size(filter(${since}, since -> since <= ${utc})), 0)`;
  return `coalesce(try_element_at(${list(offsets.map(({ offsetS }) => offsetS))}, ${place}), ${own})`;
}
