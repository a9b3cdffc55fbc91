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

-- messages: the topic visits, read as a stream by Spark's Kafka source, from its beginning on.

CREATE OR REPLACE TEMPORARY VIEW records AS
SELECT
  unhex(replace(`id`, '-', '')) AS `#key`,
  CAST(`#day` AS TIMESTAMP) AS `#at`,
  `#day` AS `day`,
  `order`,
  `guest`,
  `booked`,
  `rooms`,
  `paid`,
  `cost`,
  `height`,
  `#partition`,
  `#offset`,
  `#written`
FROM (
  SELECT *, coalesce(`day`, `#event_day`) AS `#day`
  FROM (
    SELECT
      `#partition`,
      `#offset`,
      `#written`,
      `#texts`[0] AS `id`,
      date_sub(try_cast(left(`#texts`[1], 10) AS DATE), CASE WHEN try_cast(substr(`#texts`[1], 12, 2) AS INT) < 4 THEN 1 ELSE 0 END) AS `#event_day`,
      try_cast(`#texts`[2] AS DATE) AS `day`,
      `#texts`[2] = '' AS `#day#null`,
      `#texts`[3] AS `order`,
      CASE WHEN `#texts`[4] <> 'null' THEN substr(`#texts`[4], 2, length(`#texts`[4]) - 2) END AS `guest`,
      `#texts`[4] = 'null' AS `#guest#null`,
      try_cast(`#texts`[5] AS DATE) AS `booked`,
      try_cast(`#texts`[6] AS BIGINT) AS `rooms`,
      try_cast(bround(try_cast(`#texts`[7] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `paid`,
      try_cast(bround(try_cast(`#texts`[8] AS DECIMAL(38, 28)), 6) AS DECIMAL(16, 6)) AS `cost`,
      `#texts`[8] = 'null' AS `#cost#null`,
      try_cast(`#texts`[9] AS DOUBLE) + CAST(0 AS DOUBLE) AS `height`
    FROM (
      SELECT *, CASE
    WHEN contains(unquoted, '\\') OR length(`#written_texts`[1]) <> 19
      THEN transform(`#written_texts`, (text, place) -> CASE
        WHEN place IN (3) AND contains(text, '\\') THEN CASE WHEN NOT replace(text, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN element_at(from_json(concat('[', concat('"', text, '"'), ']'), 'array<string>'), 1) END
        WHEN place IN (4) AND contains(text, '\\') THEN CASE WHEN NOT replace(text, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN concat('"', element_at(from_json(concat('[', text, ']'), 'array<string>'), 1), '"') END
        WHEN place IN (1) THEN CASE
      WHEN NOT text RLIKE r'(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\z' THEN text
      ELSE CAST(element_at(transform(array(regexp_extract(text, r'([0-9]{2}:?[0-9]{2})\z', 1)), written -> element_at(transform(array(unix_date(try_cast(left(text, 10) AS DATE)) * 86400L + CAST(substr(text, 12, 2) AS BIGINT) * 3600 + CAST(substr(text, 15, 2) AS BIGINT) * 60 + CAST(substr(text, 18, 2) AS BIGINT) - CASE
          WHEN upper(right(text, 1)) = 'Z' THEN 0
          ELSE (CAST(left(written, 2) AS BIGINT) * 3600 + CAST(right(written, 2) AS BIGINT) * 60) *
            CASE WHEN contains(substr(text, 20), '-') THEN -1 ELSE 1 END
        END), utc -> element_at(transform(array(utc + coalesce(try_element_at(transform(split('37800 ', ' '), each -> try_cast(each AS BIGINT)), nullif(size(filter(transform(split('0 4102444800', ' '), each -> try_cast(each AS BIGINT)), since -> since <= utc)), 0)), unix_seconds(from_utc_timestamp(timestamp_seconds(utc), 'Australia/Lord_Howe')) - utc)), local -> CASE WHEN date_add(DATE'1970-01-01', CAST(floor(CAST(local AS DOUBLE) / 86400) AS INT)) BETWEEN DATE'0001-01-01' AND DATE'9999-12-31' THEN date_add(DATE'1970-01-01', CAST(floor(CAST(local - 14400 AS DOUBLE) / 86400) AS INT)) END), 1)), 1)), 1) AS STRING)
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
      split('id:uuid at:timestamp day:date+null order:text guest:text+null booked:date rooms:integer paid:decimal+quoted cost:decimal+null height:number', ' '),
      field -> element_at(transform(array(try_element_at(members, concat('"', substring_index(field, ':', 1), '"'))), literal -> element_at(transform(array(CASE
    WHEN NOT startswith(literal, '"') THEN NULL
    WHEN NOT contains(literal, '\\') THEN btrim(literal, '"')
    WHEN NOT replace(literal, '\\\\', '\\u005c') RLIKE r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])' THEN element_at(from_json(concat('[', literal, ']'), 'array<string>'), 1)
  END), content -> CASE substring_index(field, ':', -1)
          WHEN 'uuid' THEN CASE WHEN content RLIKE r'\A[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\z' THEN content END
          WHEN 'timestamp' THEN CASE WHEN content RLIKE r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?\z' THEN content END
          WHEN 'date+null' THEN CASE WHEN literal IS NULL OR literal = 'null' THEN '' ELSE CASE WHEN content RLIKE r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z' THEN content END END
          WHEN 'text' THEN CASE WHEN startswith(literal, '"') THEN substr(literal, 2, length(literal) - 2) END
          WHEN 'text+null' THEN CASE WHEN startswith(literal, '"') OR literal = 'null' THEN literal END
          WHEN 'date' THEN CASE WHEN content RLIKE r'\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z' THEN content END
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
          WHEN 'decimal+null' THEN CASE WHEN literal = 'null' THEN literal ELSE element_at(transform(array(CASE
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
    END AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(16, 6))), 1)), 1)), 1)), 1)), 1)), 1) AS STRING) END), 1) END
          WHEN 'number' THEN CASE
            WHEN startswith(literal, '"') THEN NULL
            WHEN literal RLIKE r'\A[-0-9]' THEN literal
          END
        END), 1)), 1)
    ) END), 1)
  END AS `#written_texts`
        FROM (
          SELECT *, CASE WHEN startswith(marked, '\u0002') THEN replace(marked, '\\"', '"') ELSE marked END AS unquoted
          FROM (
            SELECT
              *,
              regexp_replace(line, r'\A[ \t\n\r]*+\{"id": ?+"([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})", ?+"at": ?+"((?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)"(?:, ?+"day": ?+(?:"((?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2})"|null))?+, ?+"order": ?+"([^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+)", ?+"guest": ?+("[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|null), ?+"booked": ?+"((?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2})", ?+"rooms": ?+(-?(?:0|[1-9][0-9]{0,15})), ?+"paid": ?+(?:"(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?)"|(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?)), ?+"cost": ?+(-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?|null), ?+"height": ?+(-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?:,[ \t\n\r]*+(?!"(?:id|at|day|order|guest|booked|rooms|paid|cost|height)"|"[^"\\]*+\\)"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"[ \t\n\r]*+:[ \t\n\r]*+(?:"[^"\\\x00-\x1F]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1F]*+)*+"|-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*+)*+\}[ \t\n\r]*+\z', '\u0002$1\u0002$2\u0002$3\u0002$4\u0002$5\u0002$6\u0002$7\u0002$8$9\u0002$10\u0002$11') AS marked
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
LATERAL VIEW explode(CASE WHEN `id` IS NOT NULL
    AND `#event_day` IS NOT NULL
    AND (`#day#null` OR `day` IS NOT NULL)
    AND length(`order`) <= 1000
    AND (`#guest#null` OR length(`guest`) <= 1000)
    AND `booked` IS NOT NULL
    AND `rooms` BETWEEN -9007199254740991 AND 9007199254740991
    AND `paid` BETWEEN CAST('-9007199254.740991' AS DECIMAL(16, 6)) AND CAST('9007199254.740991' AS DECIMAL(16, 6))
    AND (`#cost#null` OR `cost` BETWEEN CAST('-9007199254.740991' AS DECIMAL(16, 6)) AND CAST('9007199254.740991' AS DECIMAL(16, 6)))
    AND `height` BETWEEN CAST('-1.7976931348623157e+308' AS DOUBLE) AND CAST('1.7976931348623157e+308' AS DOUBLE)
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
    transform(array(`order`, `guest`), value -> CASE WHEN value IS NULL THEN 'null' ELSE concat('"', CASE WHEN value RLIKE r'[\x00-\x1F]' THEN aggregate(
          sequence(0, 31),
          replace(replace(value, '\\', '\\\\'), '"', '\\"'),
          (text, unit) -> replace(text, chr(unit), CASE unit
            WHEN 8 THEN '\\b' WHEN 9 THEN '\\t' WHEN 10 THEN '\\n' WHEN 12 THEN '\\f' WHEN 13 THEN '\\r'
            ELSE concat('\\u00', lower(lpad(hex(unit), 2, '0')))
          END)
        ) ELSE replace(replace(value, '\\', '\\\\'), '"', '\\"') END, '"') END) AS `#texts`,
    transform(array(`height`), value -> CASE WHEN value IS NULL THEN 'null' ELSE CASE
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
    END END) AS `#floats`,
    CASE WHEN `booked` IS NULL THEN 'null' ELSE concat('"', CAST(CAST(`booked` AS DATE) AS STRING), '"') END AS `#booked#text`,
    CASE WHEN `rooms` IS NULL THEN 'null' ELSE CAST(`rooms` AS STRING) END AS `#rooms#text`,
    CASE WHEN `cost` IS NULL THEN 'null' ELSE rtrim('.', rtrim('0', CAST(`cost` AS STRING))) END AS `#cost#text`
  FROM (
    SELECT
      grouping_id() AS `#set`,
      `#at`,
      `#day`,
      `order`,
      `guest`,
      `booked`,
      `rooms`,
      `cost`,
      `height`,
      count(*) AS `#0`,
      sum(`paid`) AS `#1`,
      sum(CAST(`rooms` AS DECIMAL(38, 0))) AS `#2`,
      size(collect_set(CASE WHEN grouping_id() = 64 THEN `guest` END)) AS `#3`,
      size(collect_set(CASE WHEN grouping_id() = 64 THEN `day` END)) AS `#4`,
      min(`paid`) AS `#5`,
      min(`rooms`) AS `#6`,
      min(`height`) AS `#7`,
      max(`paid`) AS `#8`,
      max(`height`) AS `#9`,
      count(CASE WHEN `#counts1` THEN 1 END) AS `#10`,
      CAST(unix_micros(current_timestamp()) AS STRING) AS `#frame`
    FROM (
      SELECT
        *,
        CAST(`#at` AS DATE) AS `#day`,
        `order` IN ('it\'s', 'a "b"') AND NOT coalesce((`guest` IS NULL OR `guest` IN ('Ann')), FALSE) AND `booked` >= try_cast('2026-01-01' AS DATE) AND `booked` <= try_cast('2026-12-31' AS DATE) AND CAST(`rooms` AS DOUBLE) > CAST('1.5' AS DOUBLE) AND `paid` < CAST('0.1' AS DECIMAL(38, 6)) AND (`cost` IS NULL OR `cost` IN (CAST('2.5' AS DECIMAL(38, 6)))) AND NOT coalesce(`height` IN (CAST('0' AS DOUBLE)), FALSE) AS `#counts1`
      FROM firsts WATERMARK `#at` DELAY OF INTERVAL 7 DAYS 1 MILLISECOND
    )
    GROUP BY `#at`, `#day`, `order`, `guest`, `booked`, `rooms`, `cost`, `height` GROUPING SETS (
      (`#at`, `order`, `guest`, `booked`, `rooms`, `cost`, `height`),
      (`#at`),
      (`#day`),
      ()
    )
  )
)
LATERAL VIEW explode(
  CASE `#set`
    WHEN 64 THEN array(
      struct('every_measure' AS topic, concat('{"day":', `#day#text`, ',"order":', `#texts`[0], ',"guest":', `#texts`[1], ',"booked":', `#booked#text`, ',"rooms":', `#rooms#text`, ',"cost":', `#cost#text`, ',"height":', `#floats`[0], '}') AS key, concat('{"day":', `#day#text`, ',"order":', `#texts`[0], ',"guest":', `#texts`[1], ',"booked":', `#booked#text`, ',"rooms":', `#rooms#text`, ',"cost":', `#cost#text`, ',"height":', `#floats`[0], ',"records":', CAST(`#0` AS STRING), ',"takings":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"beds":', CAST(`#2` AS STRING), ',"guests":', CAST(`#3` AS STRING), ',"days":', CAST(`#4` AS STRING), ',"low":', rtrim('.', rtrim('0', CAST(`#5` AS STRING))), ',"least":', CAST(`#6` AS STRING), ',"bottom":', CASE
      WHEN `#7` = 0 THEN '0'
      ELSE concat(CASE WHEN `#7` < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(`#7`)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
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
    END, ',"high":', rtrim('.', rtrim('0', CAST(`#8` AS STRING))), ',"top":', CASE
      WHEN `#9` = 0 THEN '0'
      ELSE concat(CASE WHEN `#9` < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(`#9`)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
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
    END, ',"mean":', CASE WHEN CAST(`#0` AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(`#1` * 1000000BD AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"mean_rooms":', CASE WHEN CAST(`#0` AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(`#2` * 1000000BD AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"a_bed":', CASE WHEN CAST(`#2` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#1` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#2` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"a_guest":', CASE WHEN CAST(`#0` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#3` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"spread":', CASE WHEN CAST(`#6` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#5` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#6` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 127 THEN array(
      CASE WHEN `#10` > 0 THEN struct('every_condition' AS topic, concat('{"day":', `#day#text`, '}') AS key, concat('{"day":', `#day#text`, ',"select":', CAST(`#10` AS STRING), ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted) END,
      struct('visits_days' AS topic, concat('{"day":', `#day#text`, ',"of":', '"kept"', '}') AS key, concat('{"day":', `#day#text`, ',"of":', '"kept"', ',"records":', CAST(`#0` AS STRING), ',"query":', '"e8eca7c44168674a"', ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 191 THEN array(
      struct('visits_days' AS topic, concat('{"day":', `#day#text`, ',"of":', '"seen"', '}') AS key, concat('{"day":', `#day#text`, ',"of":', '"seen"', ',"records":', CAST(`#0` AS STRING), ',"query":', '"e8eca7c44168674a"', ',"frame":', `#frame`, '}') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 255 THEN array(
      struct('visits_days' AS topic, concat('{"of":', '"all"', '}') AS key, concat('{"of":', '"all"', ',"records":', CAST(`#0` AS STRING), ',"query":', '"e8eca7c44168674a"', ',"frame":', `#frame`, '}') AS value, `#0` AS accepted)
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
    transform(array(`order`, `guest`), value -> CASE WHEN value IS NULL THEN 'null' ELSE concat('"', CASE WHEN value RLIKE r'[\x00-\x1F]' THEN aggregate(
          sequence(0, 31),
          replace(replace(value, '\\', '\\\\'), '"', '\\"'),
          (text, unit) -> replace(text, chr(unit), CASE unit
            WHEN 8 THEN '\\b' WHEN 9 THEN '\\t' WHEN 10 THEN '\\n' WHEN 12 THEN '\\f' WHEN 13 THEN '\\r'
            ELSE concat('\\u00', lower(lpad(hex(unit), 2, '0')))
          END)
        ) ELSE replace(replace(value, '\\', '\\\\'), '"', '\\"') END, '"') END) AS `#texts`,
    transform(array(`height`), value -> CASE WHEN value IS NULL THEN 'null' ELSE CASE
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
    END END) AS `#floats`,
    CASE WHEN `booked` IS NULL THEN 'null' ELSE concat('"', CAST(CAST(`booked` AS DATE) AS STRING), '"') END AS `#booked#text`,
    CASE WHEN `rooms` IS NULL THEN 'null' ELSE CAST(`rooms` AS STRING) END AS `#rooms#text`,
    CASE WHEN `cost` IS NULL THEN 'null' ELSE rtrim('.', rtrim('0', CAST(`cost` AS STRING))) END AS `#cost#text`
  FROM (
    SELECT
      grouping_id() AS `#set`,
      `#at`,
      `#day`,
      `order`,
      `guest`,
      `booked`,
      `rooms`,
      `cost`,
      `height`,
      count(*) AS `#0`,
      sum(`paid`) AS `#1`,
      sum(CAST(`rooms` AS DECIMAL(38, 0))) AS `#2`,
      size(collect_set(CASE WHEN grouping_id() = 64 THEN `guest` END)) AS `#3`,
      size(collect_set(CASE WHEN grouping_id() = 64 THEN `day` END)) AS `#4`,
      min(`paid`) AS `#5`,
      min(`rooms`) AS `#6`,
      min(`height`) AS `#7`,
      max(`paid`) AS `#8`,
      max(`height`) AS `#9`,
      count(CASE WHEN `#counts1` THEN 1 END) AS `#10`
    FROM (
      SELECT
        *,
        CAST(`#at` AS DATE) AS `#day`,
        `order` IN ('it\'s', 'a "b"') AND NOT coalesce((`guest` IS NULL OR `guest` IN ('Ann')), FALSE) AND `booked` >= try_cast('2026-01-01' AS DATE) AND `booked` <= try_cast('2026-12-31' AS DATE) AND CAST(`rooms` AS DOUBLE) > CAST('1.5' AS DOUBLE) AND `paid` < CAST('0.1' AS DECIMAL(38, 6)) AND (`cost` IS NULL OR `cost` IN (CAST('2.5' AS DECIMAL(38, 6)))) AND NOT coalesce(`height` IN (CAST('0' AS DOUBLE)), FALSE) AS `#counts1`
      FROM (
  SELECT * FROM (
    SELECT * FROM records
    QUALIFY row_number() OVER (PARTITION BY `#key`, `#partition` ORDER BY `#offset`) = 1
  )
  QUALIFY row_number() OVER (PARTITION BY `#key` ORDER BY `#written`, `#partition`) = 1
)
    )
    WHERE `#day` IN (DATE'2026-03-04')
    GROUP BY `#at`, `#day`, `order`, `guest`, `booked`, `rooms`, `cost`, `height` GROUPING SETS (
      (`#at`, `order`, `guest`, `booked`, `rooms`, `cost`, `height`),
      (`#at`)
    )
  )
)
LATERAL VIEW explode(
  CASE `#set`
    WHEN 64 THEN array(
      struct('every_measure' AS topic, concat('{"day":', `#day#text`, ',"order":', `#texts`[0], ',"guest":', `#texts`[1], ',"booked":', `#booked#text`, ',"rooms":', `#rooms#text`, ',"cost":', `#cost#text`, ',"height":', `#floats`[0], '}') AS key, concat('{"day":', `#day#text`, ',"order":', `#texts`[0], ',"guest":', `#texts`[1], ',"booked":', `#booked#text`, ',"rooms":', `#rooms#text`, ',"cost":', `#cost#text`, ',"height":', `#floats`[0], ',"records":', CAST(`#0` AS STRING), ',"takings":', rtrim('.', rtrim('0', CAST(`#1` AS STRING))), ',"beds":', CAST(`#2` AS STRING), ',"guests":', CAST(`#3` AS STRING), ',"days":', CAST(`#4` AS STRING), ',"low":', rtrim('.', rtrim('0', CAST(`#5` AS STRING))), ',"least":', CAST(`#6` AS STRING), ',"bottom":', CASE
      WHEN `#7` = 0 THEN '0'
      ELSE concat(CASE WHEN `#7` < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(`#7`)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
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
    END, ',"high":', rtrim('.', rtrim('0', CAST(`#8` AS STRING))), ',"top":', CASE
      WHEN `#9` = 0 THEN '0'
      ELSE concat(CASE WHEN `#9` < 0 THEN '-' ELSE '' END, element_at(transform(array(abs(`#9`)), magnitude -> element_at(transform(array(split(CAST(magnitude AS STRING), 'E')), parts -> element_at(transform(array(split(parts[0], '[.]')), mantissa -> element_at(transform(array(array_join(mantissa, '')), written -> element_at(transform(array(ltrim('0', written)), leading -> element_at(transform(array(rtrim('0', leading)), digits -> element_at(transform(array(length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END), size -> element_at(transform(array(CASE
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
    END, ',"mean":', CASE WHEN CAST(`#0` AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(`#1` * 1000000BD AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"mean_rooms":', CASE WHEN CAST(`#0` AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(`#2` * 1000000BD AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"a_bed":', CASE WHEN CAST(`#2` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#1` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#2` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"a_guest":', CASE WHEN CAST(`#0` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#3` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#0` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"spread":', CASE WHEN CAST(`#6` * 1000000BD AS DECIMAL(38, 0)) = 0 THEN 'null' ELSE element_at(transform(array(CAST(CAST(`#5` * 1000000BD AS DECIMAL(38, 0)) * 1000000 AS DECIMAL(38, 0))), n -> element_at(transform(array(CAST(`#6` * 1000000BD AS DECIMAL(38, 0))), d -> element_at(transform(array(CAST(n % d AS DECIMAL(38, 0))), r -> rtrim('.', rtrim('0', CAST(CAST(CAST((n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS DECIMAL(38, 0)) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END AS DECIMAL(38, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6)) AS STRING)))), 1)), 1)), 1) END, ',"frame":') AS value, CAST(NULL AS BIGINT) AS accepted)
    )
    WHEN 127 THEN array(
      CASE WHEN `#10` > 0 THEN struct('every_condition' AS topic, concat('{"day":', `#day#text`, '}') AS key, concat('{"day":', `#day#text`, ',"select":', CAST(`#10` AS STRING), ',"frame":') AS value, CAST(NULL AS BIGINT) AS accepted) END
    )
  END
) messages AS `#message`
WHERE `#message` IS NOT NULL;
