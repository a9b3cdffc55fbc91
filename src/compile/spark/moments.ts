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

/** Whether a moment's text may have an offset. */
export function mayHaveOffset(text: string): string {
  return `length(${text}) <> ${PLAIN_LENGTH}`;
}

/**
 * A moment's text as it is when it is local time, and its business day's text when it has an offset: it is brought to the
 * time zone then. Null when there is no such moment.
 */
export function withoutOffset(text: string, stream: StreamPlan, offsets: readonly ZoneOffset[]): string {
  return `CASE
      WHEN NOT ${text} RLIKE ${pattern(OFFSET)} THEN ${text}
      ELSE CAST(${zonedDay(text, dayOf(`left(${text}, 10)`), stream, offsets)} AS STRING)
    END`;
}

/**
 * The business day of a text of `withoutOffset`; null when there is no such moment. A second's fraction is of no
 * consequence, as offsets and the end of a business day are whole seconds.
 */
export function businessDayOf(text: string, { businessDayEndsAtHour }: StreamPlan): string {
  const day = dayOf(`left(${text}, 10)`);
  if (businessDayEndsAtHour === 0) return day;
  const isBeforeEnd = `try_cast(substr(${text}, 12, 2) AS INT) < ${businessDayEndsAtHour}`;
  return `date_sub(${day}, CASE WHEN ${isBeforeEnd} THEN 1 ELSE 0 END)`;
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
  // A text that is split is one value where a list of hundreds would be planned anew for each batch.
  const list = (numbers: readonly (number | undefined)[]): string =>
    `transform(split('${numbers.map((each) => each ?? '').join(' ')}', ' '), each -> try_cast(each AS BIGINT))`;
  const since = list(offsets.map(({ sinceS }) => sinceS));
  const place = `nullif(size(filter(${since}, since -> since <= ${utc})), 0)`;
  return `coalesce(try_element_at(${list(offsets.map(({ offsetS }) => offsetS))}, ${place}), ${own})`;
}
