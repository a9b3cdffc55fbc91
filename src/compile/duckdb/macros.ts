import type { ZoneOffset } from '../../base/zone-offsets.ts';

/**
 * How a number's text becomes a whole number, exactly: digits are moved as text and no step is a float. `plain` writes
 * `-1.25e1` as `-12.5`; of a plain text `kept` is the whole millionths and `dropped` the digits behind them, by which
 * `rounded` goes: up from a half on, and at just a half to the even side. A record has at most 1,048,576 bytes, so a
 * larger exponent leaves nothing of a number, and there is none that would make one larger than is accepted.
 *
 * `half_even` divides two whole numbers in the same way.
 */
export const MACROS: readonly string[] = [
  `CREATE MACRO mantissa(number) AS split_part(lower(ltrim(number, '-')), 'e', 1)`,
  `CREATE MACRO exponent(number) AS
  greatest(-1048576, least(1048576, coalesce(TRY_CAST(split_part(lower(number), 'e', 2) AS BIGINT), -1048576)))`,
  `CREATE MACRO with_point(digits, whole) AS CASE
  WHEN whole <= 0 THEN '0.' || repeat('0', -whole) || digits
  WHEN whole >= length(digits) THEN rpad(digits, whole, '0')
  ELSE left(digits, whole) || '.' || substr(digits, whole + 1)
END`,
  `CREATE MACRO plain(number) AS CASE
  WHEN NOT contains(number, 'e') AND NOT contains(number, 'E') THEN number
  ELSE CASE WHEN starts_with(number, '-') THEN '-' ELSE '' END || with_point(
    replace(mantissa(number), '.', ''),
    CAST(length(split_part(mantissa(number), '.', 1)) + exponent(number) AS INTEGER)
  )
END`,
  `CREATE MACRO point(plain) AS strpos(plain || '.', '.')`,
  `CREATE MACRO kept(plain) AS
  CAST(left(plain, point(plain) - 1) || rpad(substr(plain, point(plain) + 1, 6), 6, '0') AS BIGINT)`,
  `CREATE MACRO dropped(plain) AS substr(plain, point(plain) + 7)`,
  `CREATE MACRO carry(kept, dropped) AS CASE
  WHEN NOT starts_with(dropped, '5') THEN CAST(dropped > '5' AS BIGINT)
  WHEN rtrim(dropped, '0') = '5' THEN abs(kept % 2)
  ELSE 1
END`,
  `CREATE MACRO rounded(plain, kept, dropped) AS
  CASE WHEN starts_with(plain, '-') THEN kept - carry(kept, dropped) ELSE kept + carry(kept, dropped) END`,
  // In steps, as a macro's argument is worked out wherever it is named.
  `CREATE MACRO micros(number) AS (
  SELECT rounded(plain, kept, dropped)
  FROM (SELECT plain, kept(plain) AS kept, dropped(plain) AS dropped FROM (SELECT plain(number) AS plain))
)`,
  `CREATE MACRO whole(plain) AS
  CAST(CASE WHEN contains(plain, '.') THEN rtrim(rtrim(plain, '0'), '.') ELSE plain END AS BIGINT)`,
  `CREATE MACRO half_even(dividend, divisor) AS CASE
  WHEN divisor = 0 THEN NULL
  ELSE (CASE WHEN (dividend < 0) = (divisor < 0) THEN 1 ELSE -1 END) * (
    abs(dividend) // abs(divisor) + CASE
      WHEN 2 * (abs(dividend) % abs(divisor)) > abs(divisor) THEN 1
      WHEN 2 * (abs(dividend) % abs(divisor)) = abs(divisor) THEN (abs(dividend) // abs(divisor)) % 2
      ELSE 0
    END
  )
END`,
  ...businessDayMacros(),
];

/**
 * The business day of a moment: without an offset it is local time, with one it is brought to the time zone first: by the
 * offsets of `zoneOffsetsSql`, or where those say nothing by DuckDB's own. The seconds' fraction is of no consequence, as
 * offsets and the end of a business day are whole seconds.
 */
function businessDayMacros(): readonly string[] {
  return [
    `CREATE MACRO clock_time(moment) AS CAST(left(moment, 10) || ' ' || substr(moment, 12, 8) AS TIMESTAMP)`,
    `CREATE MACRO offset_text(moment) AS regexp_extract(moment, '([Zz]|[+-][0-9]{2}:?[0-9]{2})$', 1)`,
    `CREATE MACRO offset_minutes(text) AS
  CASE WHEN length(text) = 1 THEN 0
  ELSE (CASE WHEN starts_with(text, '-') THEN -1 ELSE 1 END)
    * (60 * CAST(substr(text, 2, 2) AS BIGINT) + CAST(right(text, 2) AS BIGINT))
  END`,
    `CREATE MACRO zone_offset(utc) AS
  getvariable('zone_offsets')[len(list_filter(getvariable('zone_since'), lambda since: since <= epoch(utc)))]`,
    `CREATE MACRO in_zone(utc, zone) AS
  coalesce(utc + to_seconds(zone_offset(utc)), (utc AT TIME ZONE 'UTC') AT TIME ZONE zone)`,
    `CREATE MACRO local_time(moment, zone) AS CASE
  WHEN length(moment) = 19 OR offset_text(substr(moment, 20)) = '' THEN clock_time(moment)
  ELSE in_zone(clock_time(moment) - to_minutes(offset_minutes(offset_text(substr(moment, 20)))), zone)
END`,
    `CREATE MACRO business_day(moment, zone, end_hour) AS
  CAST(local_time(moment, zone) - to_hours(end_hour) AS DATE)`,
  ];
}

/** Says the time zone's offsets, oldest first; to be run before records are added. */
export function zoneOffsetsSql(offsets: readonly ZoneOffset[]): readonly string[] {
  const list = (numbers: readonly (number | undefined)[]): string =>
    `CAST([${numbers.map((each) => each ?? 'NULL').join(', ')}] AS BIGINT[])`;
  return [
    `SET VARIABLE zone_since = ${list(offsets.map(({ sinceS }) => sinceS))}`,
    `SET VARIABLE zone_offsets = ${list(offsets.map(({ offsetS }) => offsetS))}`,
  ];
}
