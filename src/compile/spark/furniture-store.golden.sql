SET spark.sql.session.timeZone=UTC;
SET spark.sql.ansi.enabled=true;
SET spark.sql.parser.escapedStringLiterals=false;
SET spark.sql.mapKeyDedupPolicy=LAST_WIN;
SET spark.sql.streaming.stateStore.providerClass=org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider;
SET spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled=true;
SET spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage=true;
SET spark.sql.streaming.noDataMicroBatches.enabled=false;
SET spark.sql.optimizer.excludedRules=org.apache.spark.sql.catalyst.optimizer.SimplifyConditionals,org.apache.spark.sql.catalyst.optimizer.CollapseProject,org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases,org.apache.spark.sql.catalyst.optimizer.PushFoldableIntoBranches;
SET spark.sql.lightweightPlanChangeValidation=false;
SET spark.sql.ui.explainMode=simple;
SET spark.sql.objectHashAggregate.sortBased.fallbackThreshold=65536;

-- messages: the topic daily_records, read as a stream by Spark's Kafka source, from its beginning on.

CREATE OR REPLACE TEMPORARY VIEW records AS
SELECT
  unhex(replace(`ts_id`, '-', '')) AS `#key`,
  CAST(`#day` AS TIMESTAMP) AS `#at`,
  `#day` AS `ts_date`,
  `customer_id`,
  `category`,
  `sub_category`,
  `product_name`,
  `quantity`,
  `revenue`,
  `profit`,
  `latitude`,
  `longitude`,
  `#partition`,
  `#offset`,
  `#written`
FROM (
  SELECT *, coalesce(`ts_date`, `#event_day`) AS `#day`
  FROM (
    SELECT
      `#partition`,
      `#offset`,
      `#written`,
      `#texts`[0] AS `ts_id`,
      try_cast(left(`#texts`[1], 10) AS DATE) AS `#event_day`,
      try_cast(`#texts`[2] AS DATE) AS `ts_date`,
      `#texts`[2] = '' AS `#ts_date#null`,
      `#texts`[3] AS `customer_id`,
      `#texts`[4] AS `customer_name`,
      `#texts`[5] AS `segment`,
      `#texts`[6] AS `country`,
      `#texts`[7] AS `city`,
      `#texts`[8] AS `category`,
      `#texts`[9] AS `sub_category`,
      `#texts`[10] AS `product_name`,
      try_cast(bround(try_cast(`#texts`[11] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `price`,
      try_cast(`#texts`[12] AS BIGINT) AS `quantity`,
      try_cast(bround(try_cast(`#texts`[13] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `discount`,
      try_cast(bround(try_cast(`#texts`[14] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `revenue`,
      try_cast(bround(try_cast(`#texts`[15] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `profit`,
      try_cast(`#texts`[16] AS DOUBLE) + CAST(0 AS DOUBLE) AS `latitude`,
      `#texts`[16] = 'null' AS `#latitude#null`,
      try_cast(`#texts`[17] AS DOUBLE) + CAST(0 AS DOUBLE) AS `longitude`,
      `#texts`[17] = 'null' AS `#longitude#null`
    FROM (
      SELECT *, CASE
    WHEN contains(unquoted, '\\') OR length(`#written_texts`[1]) <> 19
      THEN transform(`#written_texts`, (text, place) -> CASE
        WHEN place IN (3, 4, 5, 6, 7, 8, 9, 10) AND contains(text, '\\') THEN CASE WHEN NOT replace(text, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN element_at(from_json(concat('[', concat('"', text, '"'), ']'), 'array<string>'), 1) END
        WHEN place IN (1) THEN CASE
      WHEN NOT text RLIKE r'(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\z' THEN text
      ELSE CAST(element_at(transform(array(regexp_extract(text, r'([0-9]{2}:?[0-9]{2})\z', 1)), written -> element_at(transform(array(unix_date(try_cast(left(text, 10) AS DATE)) * 86400L + CAST(substr(text, 12, 2) AS BIGINT) * 3600 + CAST(substr(text, 15, 2) AS BIGINT) * 60 + CAST(substr(text, 18, 2) AS BIGINT) - CASE
          WHEN upper(right(text, 1)) = 'Z' THEN 0
          ELSE (CAST(left(written, 2) AS BIGINT) * 3600 + CAST(right(written, 2) AS BIGINT) * 60) *
            CASE WHEN contains(substr(text, 20), '-') THEN -1 ELSE 1 END
        END), utc -> element_at(transform(array(utc + coalesce(try_element_at(transform(split('37800 ', ' '), each -> try_cast(each AS BIGINT)), nullif(size(filter(transform(split('0 4102444800', ' '), each -> try_cast(each AS BIGINT)), since -> since <= utc)), 0)), unix_seconds(from_utc_timestamp(timestamp_seconds(utc), 'America/New_York')) - utc)), local -> CASE WHEN date_add(DATE'1970-01-01', CAST(floor(CAST(local AS DOUBLE) / 86400) AS INT)) BETWEEN DATE'0001-01-01' AND DATE'9999-12-31' THEN date_add(DATE'1970-01-01', CAST(floor(CAST(local - 0 AS DOUBLE) / 86400) AS INT)) END), 1)), 1)), 1) AS STRING)
    END
        ELSE text
      END)
    ELSE `#written_texts`
  END AS `#texts`
      FROM (
        SELECT *, CASE
    WHEN startswith(marked, '\u0002') AND NOT startswith(line, '\u0002')
      THEN split(substr(CASE WHEN contains(unquoted, '\\') THEN marked ELSE unquoted END, 2), '\u0002')
    ELSE element_at(transform(array(CASE
    WHEN line RLIKE r'\A[ \t\n\r]*+\{[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+(?:,[ \t\n\r]*+"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+)?+\}[ \t\n\r]*+\z' AND NOT line RLIKE r'[{,][ \t\n\r]*+"[^"\\]*+\\'
      THEN str_to_map(regexp_replace(line, r'[ \t\n\r]*+[{,][ \t\n\r]*+("(?:[^"\\]++|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+("(?:[^"\\]++|\\.)*+"|[^,}\s"]++)[ \t\n\r]*+(?:\}[ \t\n\r]*+\z)?+', '\u0002$1\u0001$2'), '\u0002', '\u0001')
    ELSE element_at(transform(array(regexp_extract_all(line, r'("[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|[^"]++|")', 1)), tokens -> CASE WHEN NOT array_contains(tokens, '"') THEN element_at(transform(array(array_join(transform(tokens, t -> CASE WHEN startswith(t, '"') THEN concat('"', hex(t), '"') ELSE t END), '')), plain -> element_at(transform(array(aggregate(
      slice(
        sequence(1, 99),
        1,
        greatest(0, least(99, length(plain) - length(translate(plain, '{[', '')) - 1))
      ),
      plain,
      (t, level) -> regexp_replace(t, r'([:,\[][ \t\n\r]*+)(?:\{[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+(?:,[ \t\n\r]*+"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+)?+\}|\[[ \t\n\r]*+(?:(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+(?:,[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+)?+\])', '$1true')
    )), flat -> CASE WHEN flat RLIKE r'\A[ \t\n\r]*+\{[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+(?:,[ \t\n\r]*+"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+)?+\}[ \t\n\r]*+\z' THEN map_from_entries(transform(
      filter(split(regexp_replace(flat, r'[ \t\n\r]*+[{,][ \t\n\r]*+("(?:[^"\\]++|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+("(?:[^"\\]++|\\.)*+"|[^,}\s"]++)[ \t\n\r]*+(?:\}[ \t\n\r]*+\z)?+', '\u0002$1\u0001$2'), '\u0002'), member -> contains(member, '\u0001')),
      member -> struct(
        element_at(transform(array(CASE
          WHEN startswith(substring_index(member, '\u0001', 1), '"') THEN decode(unhex(btrim(substring_index(member, '\u0001', 1), '"')), 'UTF-8') ELSE substring_index(member, '\u0001', 1)
        END), name -> concat('"', coalesce(CASE
    WHEN NOT startswith(name, '"') THEN NULL
    WHEN NOT contains(name, '\\') THEN btrim(name, '"')
    WHEN NOT replace(name, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN element_at(from_json(concat('[', name, ']'), 'array<string>'), 1)
  END, ''), '"')), 1),
        CASE
          WHEN startswith(substring_index(member, '\u0001', -1), '"') THEN decode(unhex(btrim(substring_index(member, '\u0001', -1), '"')), 'UTF-8') ELSE substring_index(member, '\u0001', -1)
        END
      )
    )) END), 1)), 1) END), 1)
  END), members -> CASE WHEN members IS NOT NULL THEN transform(
      split('ts_id:uuid ts:timestamp ts_date:date+null customer_id:text customer_name:text segment:text country:text city:text category:text sub_category:text product_name:text price:decimal quantity:integer discount:decimal+quoted revenue:decimal profit:decimal latitude:number+null longitude:number+null', ' '),
      field -> element_at(transform(array(try_element_at(members, concat('"', substring_index(field, ':', 1), '"'))), literal -> element_at(transform(array(CASE
    WHEN NOT startswith(literal, '"') THEN NULL
    WHEN NOT contains(literal, '\\') THEN btrim(literal, '"')
    WHEN NOT replace(literal, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN element_at(from_json(concat('[', literal, ']'), 'array<string>'), 1)
  END), content -> CASE substring_index(field, ':', -1)
          WHEN 'uuid' THEN CASE WHEN content RLIKE r'\A[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\z' THEN content END
          WHEN 'timestamp' THEN CASE WHEN content RLIKE r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?\z' THEN content END
          WHEN 'date+null' THEN CASE WHEN literal IS NULL OR literal = 'null' THEN '' ELSE CASE WHEN content RLIKE r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z' THEN content END END
          WHEN 'text' THEN CASE WHEN startswith(literal, '"') THEN substr(literal, 2, length(literal) - 2) END
          WHEN 'decimal' THEN element_at(transform(array(CASE
            WHEN startswith(literal, '"') THEN NULL
            WHEN literal RLIKE r'\A[-0-9]' THEN literal
          END), numeral -> CASE WHEN numeral RLIKE r'\A-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?\z' THEN numeral ELSE CAST(element_at(transform(array(split(lower(ltrim('-', numeral)), 'e')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), digits -> element_at(transform(array(CASE
        WHEN size(parts) = 1 THEN 0
        ELSE greatest(-4000000, least(4000000, coalesce(
          try_cast(parts[1] AS BIGINT), CASE WHEN startswith(parts[1], '-') THEN -4000000 ELSE 4000000 END
        )))
      END), exponent -> element_at(transform(array(CAST(length(mantissa[0]) - length(written) + length(digits) + exponent AS INT)), size -> try_cast(CAST(CASE
      WHEN digits = '' OR size < -6 THEN CAST(0 AS BIGINT)
      WHEN size <= 10 THEN CASE WHEN startswith(numeral, '-') THEN -(element_at(transform(array(CAST(concat('0', rpad(digits, size + 6, '0')) AS BIGINT)), kept -> element_at(transform(array(substr(digits, size + 7)), dropped -> kept + CASE
        WHEN NOT startswith(dropped, '5') THEN CAST(dropped > '5' AS INT)
        WHEN rtrim('0', dropped) = '5' THEN kept % 2
        ELSE 1
      END), 1)), 1)) ELSE element_at(transform(array(CAST(concat('0', rpad(digits, size + 6, '0')) AS BIGINT)), kept -> element_at(transform(array(substr(digits, size + 7)), dropped -> kept + CASE
        WHEN NOT startswith(dropped, '5') THEN CAST(dropped > '5' AS INT)
        WHEN rtrim('0', dropped) = '5' THEN kept % 2
        ELSE 1
      END), 1)), 1) END
    END AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(16, 6))), 1)), 1)), 1)), 1)), 1)), 1) AS STRING) END), 1)
          WHEN 'integer' THEN element_at(transform(array(CASE
            WHEN startswith(literal, '"') THEN NULL
            WHEN literal RLIKE r'\A[-0-9]' THEN literal
          END), numeral -> CASE WHEN numeral RLIKE r'\A-?(?:0|[1-9][0-9]{0,15})\z' THEN numeral ELSE CAST(element_at(transform(array(split(lower(ltrim('-', numeral)), 'e')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), digits -> element_at(transform(array(CASE
        WHEN size(parts) = 1 THEN 0
        ELSE greatest(-4000000, least(4000000, coalesce(
          try_cast(parts[1] AS BIGINT), CASE WHEN startswith(parts[1], '-') THEN -4000000 ELSE 4000000 END
        )))
      END), exponent -> element_at(transform(array(CAST(length(mantissa[0]) - length(written) + length(digits) + exponent AS INT)), size -> CASE
      WHEN digits = '' THEN CAST(0 AS BIGINT)
      WHEN size <= 16 AND length(rtrim('0', digits)) <= size
        THEN CASE WHEN startswith(numeral, '-') THEN -(CAST(rpad(digits, size, '0') AS BIGINT)) ELSE CAST(rpad(digits, size, '0') AS BIGINT) END
    END), 1)), 1)), 1)), 1)), 1)), 1) AS STRING) END), 1)
          WHEN 'decimal+quoted' THEN element_at(transform(array(CASE
            WHEN startswith(literal, '"') THEN CASE WHEN content RLIKE r'\A-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+\z' THEN content END
            WHEN literal RLIKE r'\A[-0-9]' THEN literal
          END), numeral -> CASE WHEN numeral RLIKE r'\A-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?\z' THEN numeral ELSE CAST(element_at(transform(array(split(lower(ltrim('-', numeral)), 'e')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), digits -> element_at(transform(array(CASE
        WHEN size(parts) = 1 THEN 0
        ELSE greatest(-4000000, least(4000000, coalesce(
          try_cast(parts[1] AS BIGINT), CASE WHEN startswith(parts[1], '-') THEN -4000000 ELSE 4000000 END
        )))
      END), exponent -> element_at(transform(array(CAST(length(mantissa[0]) - length(written) + length(digits) + exponent AS INT)), size -> try_cast(CAST(CASE
      WHEN digits = '' OR size < -6 THEN CAST(0 AS BIGINT)
      WHEN size <= 10 THEN CASE WHEN startswith(numeral, '-') THEN -(element_at(transform(array(CAST(concat('0', rpad(digits, size + 6, '0')) AS BIGINT)), kept -> element_at(transform(array(substr(digits, size + 7)), dropped -> kept + CASE
        WHEN NOT startswith(dropped, '5') THEN CAST(dropped > '5' AS INT)
        WHEN rtrim('0', dropped) = '5' THEN kept % 2
        ELSE 1
      END), 1)), 1)) ELSE element_at(transform(array(CAST(concat('0', rpad(digits, size + 6, '0')) AS BIGINT)), kept -> element_at(transform(array(substr(digits, size + 7)), dropped -> kept + CASE
        WHEN NOT startswith(dropped, '5') THEN CAST(dropped > '5' AS INT)
        WHEN rtrim('0', dropped) = '5' THEN kept % 2
        ELSE 1
      END), 1)), 1) END
    END AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(16, 6))), 1)), 1)), 1)), 1)), 1)), 1) AS STRING) END), 1)
          WHEN 'number+null' THEN CASE WHEN literal = 'null' THEN literal ELSE CASE
            WHEN startswith(literal, '"') THEN NULL
            WHEN literal RLIKE r'\A[-0-9]' THEN literal
          END END
        END), 1)), 1)
    ) END), 1)
  END AS `#written_texts`
        FROM (
          SELECT *, CASE WHEN startswith(marked, '\u0002') THEN replace(marked, '\\"', '"') ELSE marked END AS unquoted
          FROM (
            SELECT
              *,
              regexp_replace(line, r'\A[ \t\n\r]*+\{"ts_id": ?+"([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})", ?+"ts": ?+"((?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)"(?:, ?+"ts_date": ?+(?:"((?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2})"|null))?+, ?+"customer_id": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"customer_name": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"segment": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"country": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"city": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"category": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"sub_category": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"product_name": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"price": ?+(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?), ?+"quantity": ?+(-?(?:0|[1-9][0-9]{0,15})), ?+"discount": ?+(?:"(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?)"|(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?)), ?+"revenue": ?+(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?), ?+"profit": ?+(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?), ?+"latitude": ?+(-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|null), ?+"longitude": ?+(-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|null)(?:,[ \t\n\r]*+(?!"(?:ts_id|ts|ts_date|customer_id|customer_name|segment|country|city|category|sub_category|product_name|price|quantity|discount|revenue|profit|latitude|longitude)"|"[^"\\]*+\\)"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+\}[ \t\n\r]*+\z', '\u0002$1\u0002$2\u0002$3\u0002$4\u0002$5\u0002$6\u0002$7\u0002$8\u0002$9\u0002$10\u0002$11\u0002$12\u0002$13\u0002$14$15\u0002$16\u0002$17\u0002$18\u0002$19') AS marked
            FROM (
              SELECT
                CAST(value AS STRING) AS line,
                partition AS `#partition`,
                offset AS `#offset`,
                timestamp AS `#written`
              FROM messages
              WHERE octet_length(value) <= 1048576 AND is_valid_utf8(CAST(value AS STRING))
            )
          )
        )
      )
    )
  )
)
LATERAL VIEW explode(CASE WHEN `ts_id` IS NOT NULL
    AND `#event_day` IS NOT NULL
    AND (`#ts_date#null` OR `ts_date` IS NOT NULL)
    AND length(`customer_id`) <= 1000
    AND length(`customer_name`) <= 1000
    AND length(`segment`) <= 1000
    AND length(`country`) <= 1000
    AND length(`city`) <= 1000
    AND length(`category`) <= 1000
    AND length(`sub_category`) <= 1000
    AND length(`product_name`) <= 1000
    AND `price` BETWEEN CAST('0' AS DECIMAL(16, 6)) AND CAST('9007199254.740991' AS DECIMAL(16, 6))
    AND `quantity` BETWEEN 1 AND 1000000
    AND `discount` BETWEEN CAST('0' AS DECIMAL(16, 6)) AND CAST('1' AS DECIMAL(16, 6))
    AND `revenue` BETWEEN CAST('-9007199254.740991' AS DECIMAL(16, 6)) AND CAST('9007199254.740991' AS DECIMAL(16, 6))
    AND `profit` BETWEEN CAST('-9007199254.740991' AS DECIMAL(16, 6)) AND CAST('9007199254.740991' AS DECIMAL(16, 6))
    AND (`#latitude#null` OR `latitude` BETWEEN CAST('-90' AS DOUBLE) AND CAST('90' AS DOUBLE))
    AND (`#longitude#null` OR `longitude` BETWEEN CAST('-180' AS DOUBLE) AND CAST('180' AS DOUBLE))
    AND abs(datediff(`#day`, `#event_day`)) <= 1
    AND `#day` BETWEEN DATE'0001-01-01' AND DATE'9999-12-31'
    AND (`#written` < TIMESTAMP'1970-01-02' OR `#day` <= date_add(CAST(`#written` AS DATE), 2))
  THEN array(TRUE)
END) taken AS `#is_taken`;

-- firsts: records without repeats, as dropDuplicates("#key") gives them.

-- The query, in update mode; its rows are messages to Kafka:
SELECT `#message`.topic, `#message`.key, `#message`.value, `#message`.accepted, `#frame` AS frame
FROM (
  SELECT
    *,
    concat('"', CAST(CAST(coalesce(`#at`, `#day`) AS DATE) AS STRING), '"') AS `#day#text`,
    transform(array(`category`, `sub_category`, `product_name`), value -> CASE WHEN value IS NULL THEN 'null' ELSE concat('"', CASE WHEN value RLIKE r'[\x00-\x1F]' THEN aggregate(
          sequence(0, 31),
          replace(replace(value, '\\', '\\\\'), '"', '\\"'),
          (text, unit) -> replace(text, chr(unit), CASE unit
            WHEN 8 THEN '\\b' WHEN 9 THEN '\\t' WHEN 10 THEN '\\n' WHEN 12 THEN '\\f' WHEN 13 THEN '\\r'
            ELSE concat('\\u00', lower(lpad(hex(unit), 2, '0')))
          END)
        ) ELSE replace(replace(value, '\\', '\\\\'), '"', '\\"') END, '"') END) AS `#texts`,
    transform(array(`latitude`, `longitude`), value -> CASE WHEN value IS NULL THEN 'null' ELSE CASE
      WHEN value = 0 THEN '0'
      ELSE concat(CASE WHEN value < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(value)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
          WHEN length(digits) > 1 THEN CAST(CAST(left(digits, length(digits) - 1) AS BIGINT) +
            CASE WHEN right(digits, 1) >= '5' THEN 1 ELSE 0 END AS STRING)
          ELSE digits
        END), fewer -> element_at(transform(array(size - length(digits) + CASE WHEN length(digits) > 1 THEN 1 ELSE 0 END), scale -> element_at(transform(array(CAST(concat(fewer, 'E', scale) AS DOUBLE) = magnitude), same -> element_at(transform(array(CASE WHEN same THEN rtrim('0', fewer) ELSE digits END), shortest -> element_at(transform(array(CASE WHEN same THEN length(fewer) + scale ELSE size END), point -> CASE
        WHEN length(shortest) <= point AND point <= 21 THEN rpad(shortest, point, '0')
        WHEN point > 0 AND point <= 21 THEN concat(left(shortest, point), '.', substr(shortest, point + 1))
        WHEN point > -6 AND point <= 0 THEN concat('0.', repeat('0', -point), shortest)
        ELSE concat(
          left(shortest, 1),
          CASE WHEN length(shortest) > 1 THEN concat('.', substr(shortest, 2)) ELSE '' END,
          CASE WHEN point > 0 THEN 'e+' ELSE 'e-' END,
          abs(point - 1)
        )
      END), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1))
    END END) AS `#floats`
  FROM (
    SELECT
      grouping_id() AS `#set`,
      `#at`,
      `#day`,
      `category`,
      `sub_category`,
      `product_name`,
      `latitude`,
      `longitude`,
      size(collect_set(CASE WHEN grouping_id() = 63 THEN `customer_id` END)) AS `#0`,
      sum(`revenue`) AS `#1`,
      sum(`profit`) AS `#2`,
      sum(`quantity`) AS `#3`,
      size(collect_set(CASE WHEN grouping_id() = 60 THEN `customer_id` END)) AS `#4`,
      count(*) AS `#5`,
      CAST(unix_micros(current_timestamp()) AS STRING) AS `#frame`
    FROM (
      SELECT
        *,
        CAST(`#at` AS DATE) AS `#day`
      FROM firsts WATERMARK `#at` DELAY OF INTERVAL 7 DAYS 1 MILLISECOND
    )
    GROUP BY `#at`, `#day`, `category`, `sub_category`, `product_name`, `latitude`, `longitude` GROUPING SETS (
      (`#at`),
      (`#at`, `category`, `sub_category`, `product_name`),
      (`#at`, `latitude`, `longitude`),
      (`#day`),
      ()
    )
  )
)
LATERAL VIEW explode(
  CASE `#set`
    WHEN 63 THEN array(
      struct('daily_pu_rev' AS topic, concat('{"ts_date":', `#day#text`, '}') AS key, concat('{"ts_date":', `#day#text`, ',"daily_pu":', CAST(`#0` AS STRING), ',"daily_rev":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"daily_profit":', rtrim('.', rtrim('0', CAST(`#2` AS STRING))), ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted),
      struct('daily_records_days' AS topic, concat('{"ts_date":', `#day#text`, ',"of":', '"kept"', '}') AS key, concat('{"ts_date":', `#day#text`, ',"of":', '"kept"', ',"records":', CAST(`#5` AS STRING), ',"query":', '"e93fd00d96ee1058"', ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 35 THEN array(
      struct('daily_category_product' AS topic, concat('{"ts_date":', `#day#text`, ',"category":', `#texts`[0], ',"sub_category":', `#texts`[1], ',"product_name":', `#texts`[2], '}') AS key, concat('{"ts_date":', `#day#text`, ',"category":', `#texts`[0], ',"sub_category":', `#texts`[1], ',"product_name":', `#texts`[2], ',"daily_quantity":', CAST(`#3` AS STRING), ',"daily_rev":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"daily_profit":', rtrim('.', rtrim('0', CAST(`#2` AS STRING))), ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 60 THEN array(
      struct('daily_address' AS topic, concat('{"ts_date":', `#day#text`, ',"latitude":', `#floats`[0], ',"longitude":', `#floats`[1], '}') AS key, concat('{"ts_date":', `#day#text`, ',"latitude":', `#floats`[0], ',"longitude":', `#floats`[1], ',"daily_pu":', CAST(`#4` AS STRING), ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 95 THEN array(
      struct('daily_records_days' AS topic, concat('{"ts_date":', `#day#text`, ',"of":', '"seen"', '}') AS key, concat('{"ts_date":', `#day#text`, ',"of":', '"seen"', ',"records":', CAST(`#5` AS STRING), ',"query":', '"e93fd00d96ee1058"', ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 127 THEN array(
      struct('daily_records_days' AS topic, concat('{"of":', '"all"', '}') AS key, concat('{"of":', '"all"', ',"records":', CAST(`#5` AS STRING), ',"query":', '"e93fd00d96ee1058"', ',"frame":', `#frame`, '}') AS value, `#5` AS accepted)
    )
  END
) messages AS `#message`
WHERE `#message` IS NOT NULL;

-- Days that got records behind the watermark, once more from the whole topic; records is a table then:
SELECT `#message`.topic, `#message`.key, `#message`.value
FROM (
  SELECT
    *,
    concat('"', CAST(CAST(coalesce(`#at`, `#day`) AS DATE) AS STRING), '"') AS `#day#text`,
    transform(array(`category`, `sub_category`, `product_name`), value -> CASE WHEN value IS NULL THEN 'null' ELSE concat('"', CASE WHEN value RLIKE r'[\x00-\x1F]' THEN aggregate(
          sequence(0, 31),
          replace(replace(value, '\\', '\\\\'), '"', '\\"'),
          (text, unit) -> replace(text, chr(unit), CASE unit
            WHEN 8 THEN '\\b' WHEN 9 THEN '\\t' WHEN 10 THEN '\\n' WHEN 12 THEN '\\f' WHEN 13 THEN '\\r'
            ELSE concat('\\u00', lower(lpad(hex(unit), 2, '0')))
          END)
        ) ELSE replace(replace(value, '\\', '\\\\'), '"', '\\"') END, '"') END) AS `#texts`,
    transform(array(`latitude`, `longitude`), value -> CASE WHEN value IS NULL THEN 'null' ELSE CASE
      WHEN value = 0 THEN '0'
      ELSE concat(CASE WHEN value < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(value)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
          WHEN length(digits) > 1 THEN CAST(CAST(left(digits, length(digits) - 1) AS BIGINT) +
            CASE WHEN right(digits, 1) >= '5' THEN 1 ELSE 0 END AS STRING)
          ELSE digits
        END), fewer -> element_at(transform(array(size - length(digits) + CASE WHEN length(digits) > 1 THEN 1 ELSE 0 END), scale -> element_at(transform(array(CAST(concat(fewer, 'E', scale) AS DOUBLE) = magnitude), same -> element_at(transform(array(CASE WHEN same THEN rtrim('0', fewer) ELSE digits END), shortest -> element_at(transform(array(CASE WHEN same THEN length(fewer) + scale ELSE size END), point -> CASE
        WHEN length(shortest) <= point AND point <= 21 THEN rpad(shortest, point, '0')
        WHEN point > 0 AND point <= 21 THEN concat(left(shortest, point), '.', substr(shortest, point + 1))
        WHEN point > -6 AND point <= 0 THEN concat('0.', repeat('0', -point), shortest)
        ELSE concat(
          left(shortest, 1),
          CASE WHEN length(shortest) > 1 THEN concat('.', substr(shortest, 2)) ELSE '' END,
          CASE WHEN point > 0 THEN 'e+' ELSE 'e-' END,
          abs(point - 1)
        )
      END), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1)), 1))
    END END) AS `#floats`
  FROM (
    SELECT
      grouping_id() AS `#set`,
      `#at`,
      `#day`,
      `category`,
      `sub_category`,
      `product_name`,
      `latitude`,
      `longitude`,
      size(collect_set(CASE WHEN grouping_id() = 63 THEN `customer_id` END)) AS `#0`,
      sum(`revenue`) AS `#1`,
      sum(`profit`) AS `#2`,
      sum(`quantity`) AS `#3`,
      size(collect_set(CASE WHEN grouping_id() = 60 THEN `customer_id` END)) AS `#4`
    FROM (
      SELECT
        *,
        CAST(`#at` AS DATE) AS `#day`
      FROM (
  SELECT * FROM (
    SELECT * FROM records
    QUALIFY row_number() OVER (PARTITION BY `#key`, `#partition` ORDER BY `#offset`) = 1
  )
  QUALIFY row_number() OVER (PARTITION BY `#key` ORDER BY `#written`, `#partition`) = 1
)
    )
    WHERE `#day` IN (DATE'2026-03-04')
    GROUP BY `#at`, `#day`, `category`, `sub_category`, `product_name`, `latitude`, `longitude` GROUPING SETS (
      (`#at`),
      (`#at`, `category`, `sub_category`, `product_name`),
      (`#at`, `latitude`, `longitude`)
    )
  )
)
LATERAL VIEW explode(
  CASE `#set`
    WHEN 63 THEN array(
      struct('daily_pu_rev' AS topic, concat('{"ts_date":', `#day#text`, '}') AS key, concat('{"ts_date":', `#day#text`, ',"daily_pu":', CAST(`#0` AS STRING), ',"daily_rev":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"daily_profit":', rtrim('.', rtrim('0', CAST(`#2` AS STRING))), ',"frame":') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 35 THEN array(
      struct('daily_category_product' AS topic, concat('{"ts_date":', `#day#text`, ',"category":', `#texts`[0], ',"sub_category":', `#texts`[1], ',"product_name":', `#texts`[2], '}') AS key, concat('{"ts_date":', `#day#text`, ',"category":', `#texts`[0], ',"sub_category":', `#texts`[1], ',"product_name":', `#texts`[2], ',"daily_quantity":', CAST(`#3` AS STRING), ',"daily_rev":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"daily_profit":', rtrim('.', rtrim('0', CAST(`#2` AS STRING))), ',"frame":') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 60 THEN array(
      struct('daily_address' AS topic, concat('{"ts_date":', `#day#text`, ',"latitude":', `#floats`[0], ',"longitude":', `#floats`[1], '}') AS key, concat('{"ts_date":', `#day#text`, ',"latitude":', `#floats`[0], ',"longitude":', `#floats`[1], ',"daily_pu":', CAST(`#4` AS STRING), ',"frame":') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
  END
) messages AS `#message`
WHERE `#message` IS NOT NULL;
