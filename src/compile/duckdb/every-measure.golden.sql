SET VARIABLE zone_since = CAST([0, 4102444800] AS BIGINT[]);

SET VARIABLE zone_offsets = CAST([37800, NULL] AS BIGINT[]);

CREATE MACRO mantissa(number) AS split_part(lower(ltrim(number, '-')), 'e', 1);

CREATE MACRO exponent(number) AS
  greatest(-1048576, least(1048576, coalesce(TRY_CAST(split_part(lower(number), 'e', 2) AS BIGINT), -1048576)));

CREATE MACRO with_point(digits, whole) AS CASE
  WHEN whole <= 0 THEN '0.' || repeat('0', -whole) || digits
  WHEN whole >= length(digits) THEN rpad(digits, whole, '0')
  ELSE left(digits, whole) || '.' || substr(digits, whole + 1)
END;

CREATE MACRO plain(number) AS CASE
  WHEN NOT contains(number, 'e') AND NOT contains(number, 'E') THEN number
  ELSE CASE WHEN starts_with(number, '-') THEN '-' ELSE '' END || with_point(
    replace(mantissa(number), '.', ''),
    CAST(length(split_part(mantissa(number), '.', 1)) + exponent(number) AS INTEGER)
  )
END;

CREATE MACRO point(plain) AS strpos(plain || '.', '.');

CREATE MACRO kept(plain) AS
  CAST(left(plain, point(plain) - 1) || rpad(substr(plain, point(plain) + 1, 6), 6, '0') AS BIGINT);

CREATE MACRO dropped(plain) AS substr(plain, point(plain) + 7);

CREATE MACRO carry(kept, dropped) AS CASE
  WHEN NOT starts_with(dropped, '5') THEN CAST(dropped > '5' AS BIGINT)
  WHEN rtrim(dropped, '0') = '5' THEN abs(kept % 2)
  ELSE 1
END;

CREATE MACRO rounded(plain, kept, dropped) AS
  CASE WHEN starts_with(plain, '-') THEN kept - carry(kept, dropped) ELSE kept + carry(kept, dropped) END;

CREATE MACRO micros(number) AS (
  SELECT rounded(plain, kept, dropped)
  FROM (SELECT plain, kept(plain) AS kept, dropped(plain) AS dropped FROM (SELECT plain(number) AS plain))
);

CREATE MACRO whole(plain) AS
  CAST(CASE WHEN contains(plain, '.') THEN rtrim(rtrim(plain, '0'), '.') ELSE plain END AS BIGINT);

CREATE MACRO half_even(dividend, divisor) AS CASE
  WHEN divisor = 0 THEN NULL
  ELSE (CASE WHEN (dividend < 0) = (divisor < 0) THEN 1 ELSE -1 END) * (
    abs(dividend) // abs(divisor) + CASE
      WHEN 2 * (abs(dividend) % abs(divisor)) > abs(divisor) THEN 1
      WHEN 2 * (abs(dividend) % abs(divisor)) = abs(divisor) THEN (abs(dividend) // abs(divisor)) % 2
      ELSE 0
    END
  )
END;

CREATE MACRO clock_time(moment) AS CAST(left(moment, 10) || ' ' || substr(moment, 12, 8) AS TIMESTAMP);

CREATE MACRO offset_text(moment) AS regexp_extract(moment, '([Zz]|[+-][0-9]{2}:?[0-9]{2})$', 1);

CREATE MACRO offset_minutes(text) AS
  CASE WHEN length(text) = 1 THEN 0
  ELSE (CASE WHEN starts_with(text, '-') THEN -1 ELSE 1 END)
    * (60 * CAST(substr(text, 2, 2) AS BIGINT) + CAST(right(text, 2) AS BIGINT))
  END;

CREATE MACRO zone_offset(utc) AS
  getvariable('zone_offsets')[len(list_filter(getvariable('zone_since'), lambda since: since <= epoch(utc)))];

CREATE MACRO in_zone(utc, zone) AS
  coalesce(utc + to_seconds(zone_offset(utc)), (utc AT TIME ZONE 'UTC') AT TIME ZONE zone);

CREATE MACRO local_time(moment, zone) AS CASE
  WHEN length(moment) = 19 OR offset_text(substr(moment, 20)) = '' THEN clock_time(moment)
  ELSE in_zone(clock_time(moment) - to_minutes(offset_minutes(offset_text(substr(moment, 20)))), zone)
END;

CREATE MACRO business_day(moment, zone, end_hour) AS
  CAST(local_time(moment, zone) - to_hours(end_hour) AS DATE);

CREATE TABLE records (
  "#" BIGINT,
  "#key" UUID,
  "day" DATE,
  "order" VARCHAR,
  "guest" VARCHAR,
  "booked" DATE,
  "rooms" BIGINT,
  "paid" BIGINT,
  "cost" BIGINT,
  "height" DOUBLE
);

CREATE TABLE "kept_every_measure" (
  "#slice" INTEGER,
  "day" VARCHAR,
  "order" VARCHAR,
  "guest" VARCHAR,
  "booked" VARCHAR,
  "rooms" VARCHAR,
  "cost" VARCHAR,
  "height" DOUBLE,
  "records" VARCHAR,
  "takings" VARCHAR,
  "beds" VARCHAR,
  "guests" VARCHAR,
  "days" VARCHAR,
  "low" VARCHAR,
  "least" VARCHAR,
  "bottom" DOUBLE,
  "high" VARCHAR,
  "top" DOUBLE,
  "mean" VARCHAR,
  "mean_rooms" VARCHAR,
  "a_bed" VARCHAR,
  "a_guest" VARCHAR,
  "spread" VARCHAR
);

CREATE TABLE "kept_every_condition" (
  "#slice" INTEGER,
  "day" VARCHAR,
  "select" VARCHAR
);

INSERT INTO records
SELECT
  CAST("#" AS BIGINT),
  CAST("id" AS UUID),
  coalesce(CAST("day" AS DATE), business_day("at", 'Australia/Lord_Howe', 4)) AS "day",
  "order" AS "order",
  "guest" AS "guest",
  CAST("booked" AS DATE) AS "booked",
  whole("rooms") AS "rooms",
  rounded("paid", "paid#kept", "paid#dropped") AS "paid",
  rounded("cost", "cost#kept", "cost#dropped") AS "cost",
  CAST("height" AS DOUBLE) AS "height"
FROM (
  SELECT
    *,
    kept("paid") AS "paid#kept",
    dropped("paid") AS "paid#dropped",
    kept("cost") AS "cost#kept",
    dropped("cost") AS "cost#dropped"
  FROM (
    SELECT * REPLACE (
      plain("rooms") AS "rooms",
      plain("paid") AS "paid",
      plain("cost") AS "cost"
    )
    FROM read_ndjson(
      'records.ndjson',
      columns = {'#': 'VARCHAR', 'id': 'VARCHAR', 'at': 'VARCHAR', 'day': 'VARCHAR', 'order': 'VARCHAR', 'guest': 'VARCHAR', 'booked': 'VARCHAR', 'rooms': 'VARCHAR', 'paid': 'VARCHAR', 'cost': 'VARCHAR', 'height': 'VARCHAR'},
      maximum_object_size = 4194304
    )
  )
);

CREATE TABLE repeats AS
SELECT "#"
FROM records
JOIN (
  SELECT "#key", min("#") AS "#first"
  FROM records
  GROUP BY "#key"
  HAVING count(*) > 1
) USING ("#key")
WHERE "#" > "#first";

CREATE OR REPLACE TABLE compared AS
WITH recomputed AS (
  SELECT
    CAST(r."day" AS VARCHAR) AS "day",
    CAST(r."order" AS VARCHAR) AS "order",
    CAST(r."guest" AS VARCHAR) AS "guest",
    CAST(r."booked" AS VARCHAR) AS "booked",
    CAST(r."rooms" AS VARCHAR) AS "rooms",
    CAST(r."cost" AS VARCHAR) AS "cost",
    CAST(r."height" AS DOUBLE) AS "height",
    CAST(count(*) AS VARCHAR) AS "records",
    CAST(sum(r."paid") AS VARCHAR) AS "takings",
    CAST(sum(r."rooms") AS VARCHAR) AS "beds",
    CAST(count(DISTINCT r."guest") AS VARCHAR) AS "guests",
    CAST(count(DISTINCT r."day") AS VARCHAR) AS "days",
    CAST(min(r."paid") AS VARCHAR) AS "low",
    CAST(min(r."rooms") AS VARCHAR) AS "least",
    CAST(min(r."height") AS DOUBLE) AS "bottom",
    CAST(max(r."paid") AS VARCHAR) AS "high",
    CAST(max(r."height") AS DOUBLE) AS "top",
    CAST(half_even(CAST(sum(r."paid") AS HUGEINT), count(*)) AS VARCHAR) AS "mean",
    CAST(half_even(sum(r."rooms") * CAST(1000000 AS HUGEINT), count(*)) AS VARCHAR) AS "mean_rooms",
    CAST(half_even(CAST(sum(r."paid") AS HUGEINT) * CAST(1000000 AS HUGEINT), sum(r."rooms") * CAST(1000000 AS HUGEINT)) AS VARCHAR) AS "a_bed",
    CAST(half_even(count(DISTINCT r."guest") * CAST(1000000 AS HUGEINT) * CAST(1000000 AS HUGEINT), count(*) * CAST(1000000 AS HUGEINT)) AS VARCHAR) AS "a_guest",
    CAST(half_even(CAST(min(r."paid") AS HUGEINT) * CAST(1000000 AS HUGEINT), min(r."rooms") * CAST(1000000 AS HUGEINT)) AS VARCHAR) AS "spread",
    TRUE AS "#found"
  FROM records AS r
  WHERE r."day" BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)
    AND r."#" < CAST($below AS BIGINT)
    AND r."#" NOT IN (SELECT "#" FROM repeats)
  GROUP BY r."day", r."order", r."guest", r."booked", r."rooms", r."cost", r."height"
), kept AS (
  SELECT *, TRUE AS "#found" FROM "kept_every_measure" WHERE "#slice" = $slice
)
SELECT
  a."#found" IS NULL OR b."#found" IS NULL OR a."records" IS DISTINCT FROM b."records" OR a."takings" IS DISTINCT FROM b."takings" OR a."beds" IS DISTINCT FROM b."beds" OR a."guests" IS DISTINCT FROM b."guests" OR a."days" IS DISTINCT FROM b."days" OR a."low" IS DISTINCT FROM b."low" OR a."least" IS DISTINCT FROM b."least" OR a."bottom" IS DISTINCT FROM b."bottom" OR a."high" IS DISTINCT FROM b."high" OR a."top" IS DISTINCT FROM b."top" OR a."mean" IS DISTINCT FROM b."mean" OR a."mean_rooms" IS DISTINCT FROM b."mean_rooms" OR a."a_bed" IS DISTINCT FROM b."a_bed" OR a."a_guest" IS DISTINCT FROM b."a_guest" OR a."spread" IS DISTINCT FROM b."spread" AS "#differs",
  a."#found" AS "#recomputed",
  b."#found" AS "#kept",
  coalesce(a."day", b."day") AS "day",
  coalesce(a."order", b."order") AS "order",
  coalesce(a."guest", b."guest") AS "guest",
  coalesce(a."booked", b."booked") AS "booked",
  coalesce(a."rooms", b."rooms") AS "rooms",
  coalesce(a."cost", b."cost") AS "cost",
  coalesce(a."height", b."height") AS "height",
  a."records" AS "records",
  a."takings" AS "takings",
  a."beds" AS "beds",
  a."guests" AS "guests",
  a."days" AS "days",
  a."low" AS "low",
  a."least" AS "least",
  a."bottom" AS "bottom",
  a."high" AS "high",
  a."top" AS "top",
  a."mean" AS "mean",
  a."mean_rooms" AS "mean_rooms",
  a."a_bed" AS "a_bed",
  a."a_guest" AS "a_guest",
  a."spread" AS "spread",
  b."records" AS "records#kept",
  b."takings" AS "takings#kept",
  b."beds" AS "beds#kept",
  b."guests" AS "guests#kept",
  b."days" AS "days#kept",
  b."low" AS "low#kept",
  b."least" AS "least#kept",
  b."bottom" AS "bottom#kept",
  b."high" AS "high#kept",
  b."top" AS "top#kept",
  b."mean" AS "mean#kept",
  b."mean_rooms" AS "mean_rooms#kept",
  b."a_bed" AS "a_bed#kept",
  b."a_guest" AS "a_guest#kept",
  b."spread" AS "spread#kept"
FROM recomputed AS a
FULL JOIN kept AS b ON a."day" IS NOT DISTINCT FROM b."day" AND a."order" IS NOT DISTINCT FROM b."order" AND a."guest" IS NOT DISTINCT FROM b."guest" AND a."booked" IS NOT DISTINCT FROM b."booked" AND a."rooms" IS NOT DISTINCT FROM b."rooms" AND a."cost" IS NOT DISTINCT FROM b."cost" AND a."height" IS NOT DISTINCT FROM b."height";

SELECT count(*), count(*) FILTER (WHERE "#differs") FROM compared;

SELECT * EXCLUDE ("#differs") FROM compared WHERE "#differs" ORDER BY "day", "order", "guest", "booked", "rooms", "cost", "height" LIMIT $most;

CREATE OR REPLACE TABLE compared AS
WITH recomputed AS (
  SELECT
    CAST(r."day" AS VARCHAR) AS "day",
    CAST(count(*) AS VARCHAR) AS "select",
    TRUE AS "#found"
  FROM records AS r
  WHERE r."day" BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)
    AND r."#" < CAST($below AS BIGINT)
    AND r."#" NOT IN (SELECT "#" FROM repeats)
    AND r."order" IN ('it''s', 'a "b"')
    AND (r."guest" IS NULL OR r."guest" IN ('Ann')) IS NOT TRUE
    AND r."booked" >= CAST('2026-01-01' AS DATE)
    AND r."booked" <= CAST('2026-12-31' AS DATE)
    AND CAST(r."rooms" AS DOUBLE) > CAST('1.5' AS DOUBLE)
    AND r."paid" < micros('0.1')
    AND (r."cost" IS NULL OR r."cost" IN (micros('2.5')))
    AND r."height" IN (CAST('0' AS DOUBLE)) IS NOT TRUE
  GROUP BY r."day"
), kept AS (
  SELECT *, TRUE AS "#found" FROM "kept_every_condition" WHERE "#slice" = $slice
)
SELECT
  a."#found" IS NULL OR b."#found" IS NULL OR a."select" IS DISTINCT FROM b."select" AS "#differs",
  a."#found" AS "#recomputed",
  b."#found" AS "#kept",
  coalesce(a."day", b."day") AS "day",
  a."select" AS "select",
  b."select" AS "select#kept"
FROM recomputed AS a
FULL JOIN kept AS b ON a."day" IS NOT DISTINCT FROM b."day";

SELECT count(*), count(*) FILTER (WHERE "#differs") FROM compared;

SELECT * EXCLUDE ("#differs") FROM compared WHERE "#differs" ORDER BY "day" LIMIT $most;
