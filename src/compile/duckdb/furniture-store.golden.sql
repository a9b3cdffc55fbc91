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
  "ts_date" DATE,
  "customer_id" VARCHAR,
  "category" VARCHAR,
  "sub_category" VARCHAR,
  "product_name" VARCHAR,
  "quantity" BIGINT,
  "revenue" BIGINT,
  "profit" BIGINT,
  "latitude" DOUBLE,
  "longitude" DOUBLE
);

CREATE TABLE "kept_daily_pu_rev" (
  "#slice" INTEGER,
  "ts_date" VARCHAR,
  "daily_pu" VARCHAR,
  "daily_rev" VARCHAR,
  "daily_profit" VARCHAR
);

CREATE TABLE "kept_daily_category_product" (
  "#slice" INTEGER,
  "ts_date" VARCHAR,
  "category" VARCHAR,
  "sub_category" VARCHAR,
  "product_name" VARCHAR,
  "daily_quantity" VARCHAR,
  "daily_rev" VARCHAR,
  "daily_profit" VARCHAR
);

CREATE TABLE "kept_daily_address" (
  "#slice" INTEGER,
  "ts_date" VARCHAR,
  "latitude" DOUBLE,
  "longitude" DOUBLE,
  "daily_pu" VARCHAR
);

INSERT INTO records
SELECT
  CAST("#" AS BIGINT),
  CAST("ts_id" AS UUID),
  coalesce(CAST("ts_date" AS DATE), business_day("ts", 'America/New_York', 0)) AS "ts_date",
  "customer_id" AS "customer_id",
  "category" AS "category",
  "sub_category" AS "sub_category",
  "product_name" AS "product_name",
  whole("quantity") AS "quantity",
  rounded("revenue", "revenue#kept", "revenue#dropped") AS "revenue",
  rounded("profit", "profit#kept", "profit#dropped") AS "profit",
  CAST("latitude" AS DOUBLE) AS "latitude",
  CAST("longitude" AS DOUBLE) AS "longitude"
FROM (
  SELECT
    *,
    kept("revenue") AS "revenue#kept",
    dropped("revenue") AS "revenue#dropped",
    kept("profit") AS "profit#kept",
    dropped("profit") AS "profit#dropped"
  FROM (
    SELECT * REPLACE (
      plain("quantity") AS "quantity",
      plain("revenue") AS "revenue",
      plain("profit") AS "profit"
    )
    FROM read_ndjson(
      'records.ndjson',
      columns = {'#': 'VARCHAR', 'ts_id': 'VARCHAR', 'ts': 'VARCHAR', 'ts_date': 'VARCHAR', 'customer_id': 'VARCHAR', 'category': 'VARCHAR', 'sub_category': 'VARCHAR', 'product_name': 'VARCHAR', 'quantity': 'VARCHAR', 'revenue': 'VARCHAR', 'profit': 'VARCHAR', 'latitude': 'VARCHAR', 'longitude': 'VARCHAR'},
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
    CAST(r."ts_date" AS VARCHAR) AS "ts_date",
    CAST(count(DISTINCT r."customer_id") AS VARCHAR) AS "daily_pu",
    CAST(sum(r."revenue") AS VARCHAR) AS "daily_rev",
    CAST(sum(r."profit") AS VARCHAR) AS "daily_profit",
    TRUE AS "#found"
  FROM records AS r
  WHERE r."ts_date" BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)
    AND r."#" < CAST($below AS BIGINT)
    AND r."#" NOT IN (SELECT "#" FROM repeats)
  GROUP BY r."ts_date"
), kept AS (
  SELECT *, TRUE AS "#found" FROM "kept_daily_pu_rev" WHERE "#slice" = $slice
)
SELECT
  a."#found" IS NULL OR b."#found" IS NULL OR a."daily_pu" IS DISTINCT FROM b."daily_pu" OR a."daily_rev" IS DISTINCT FROM b."daily_rev" OR a."daily_profit" IS DISTINCT FROM b."daily_profit" AS "#differs",
  a."#found" AS "#recomputed",
  b."#found" AS "#kept",
  coalesce(a."ts_date", b."ts_date") AS "ts_date",
  a."daily_pu" AS "daily_pu",
  a."daily_rev" AS "daily_rev",
  a."daily_profit" AS "daily_profit",
  b."daily_pu" AS "daily_pu#kept",
  b."daily_rev" AS "daily_rev#kept",
  b."daily_profit" AS "daily_profit#kept"
FROM recomputed AS a
FULL JOIN kept AS b ON a."ts_date" IS NOT DISTINCT FROM b."ts_date";

SELECT count(*), count(*) FILTER (WHERE "#differs") FROM compared;

SELECT * EXCLUDE ("#differs") FROM compared WHERE "#differs" ORDER BY "ts_date" LIMIT $most;

CREATE OR REPLACE TABLE compared AS
WITH recomputed AS (
  SELECT
    CAST(r."ts_date" AS VARCHAR) AS "ts_date",
    CAST(r."category" AS VARCHAR) AS "category",
    CAST(r."sub_category" AS VARCHAR) AS "sub_category",
    CAST(r."product_name" AS VARCHAR) AS "product_name",
    CAST(sum(r."quantity") AS VARCHAR) AS "daily_quantity",
    CAST(sum(r."revenue") AS VARCHAR) AS "daily_rev",
    CAST(sum(r."profit") AS VARCHAR) AS "daily_profit",
    TRUE AS "#found"
  FROM records AS r
  WHERE r."ts_date" BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)
    AND r."#" < CAST($below AS BIGINT)
    AND r."#" NOT IN (SELECT "#" FROM repeats)
  GROUP BY r."ts_date", r."category", r."sub_category", r."product_name"
), kept AS (
  SELECT *, TRUE AS "#found" FROM "kept_daily_category_product" WHERE "#slice" = $slice
)
SELECT
  a."#found" IS NULL OR b."#found" IS NULL OR a."daily_quantity" IS DISTINCT FROM b."daily_quantity" OR a."daily_rev" IS DISTINCT FROM b."daily_rev" OR a."daily_profit" IS DISTINCT FROM b."daily_profit" AS "#differs",
  a."#found" AS "#recomputed",
  b."#found" AS "#kept",
  coalesce(a."ts_date", b."ts_date") AS "ts_date",
  coalesce(a."category", b."category") AS "category",
  coalesce(a."sub_category", b."sub_category") AS "sub_category",
  coalesce(a."product_name", b."product_name") AS "product_name",
  a."daily_quantity" AS "daily_quantity",
  a."daily_rev" AS "daily_rev",
  a."daily_profit" AS "daily_profit",
  b."daily_quantity" AS "daily_quantity#kept",
  b."daily_rev" AS "daily_rev#kept",
  b."daily_profit" AS "daily_profit#kept"
FROM recomputed AS a
FULL JOIN kept AS b ON a."ts_date" IS NOT DISTINCT FROM b."ts_date" AND a."category" IS NOT DISTINCT FROM b."category" AND a."sub_category" IS NOT DISTINCT FROM b."sub_category" AND a."product_name" IS NOT DISTINCT FROM b."product_name";

SELECT count(*), count(*) FILTER (WHERE "#differs") FROM compared;

SELECT * EXCLUDE ("#differs") FROM compared WHERE "#differs" ORDER BY "ts_date", "category", "sub_category", "product_name" LIMIT $most;

CREATE OR REPLACE TABLE compared AS
WITH recomputed AS (
  SELECT
    CAST(r."ts_date" AS VARCHAR) AS "ts_date",
    CAST(r."latitude" AS DOUBLE) AS "latitude",
    CAST(r."longitude" AS DOUBLE) AS "longitude",
    CAST(count(DISTINCT r."customer_id") AS VARCHAR) AS "daily_pu",
    TRUE AS "#found"
  FROM records AS r
  WHERE r."ts_date" BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)
    AND r."#" < CAST($below AS BIGINT)
    AND r."#" NOT IN (SELECT "#" FROM repeats)
  GROUP BY r."ts_date", r."latitude", r."longitude"
), kept AS (
  SELECT *, TRUE AS "#found" FROM "kept_daily_address" WHERE "#slice" = $slice
)
SELECT
  a."#found" IS NULL OR b."#found" IS NULL OR a."daily_pu" IS DISTINCT FROM b."daily_pu" AS "#differs",
  a."#found" AS "#recomputed",
  b."#found" AS "#kept",
  coalesce(a."ts_date", b."ts_date") AS "ts_date",
  coalesce(a."latitude", b."latitude") AS "latitude",
  coalesce(a."longitude", b."longitude") AS "longitude",
  a."daily_pu" AS "daily_pu",
  b."daily_pu" AS "daily_pu#kept"
FROM recomputed AS a
FULL JOIN kept AS b ON a."ts_date" IS NOT DISTINCT FROM b."ts_date" AND a."latitude" IS NOT DISTINCT FROM b."latitude" AND a."longitude" IS NOT DISTINCT FROM b."longitude";

SELECT count(*), count(*) FILTER (WHERE "#differs") FROM compared;

SELECT * EXCLUDE ("#differs") FROM compared WHERE "#differs" ORDER BY "ts_date", "latitude", "longitude" LIMIT $most;
