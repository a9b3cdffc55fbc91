import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { FRAME, KEY_HASH, LONG_SCHEMA, OWN_SCHEMA } from './sql.ts';
import { tableOf } from './tables.ts';

/** The statements that write one report's rows. */
export interface ReportStatements {
  /**
   * Writes rows, no two of one key: `$1` a JSON array of them, `$2` the first business day that is open, null when all
   * are, `$3` the frame after which changes of closed days are amendments. A row whose frame is older than the one that
   * is there changes nothing. Gives one row: how many rows were written, `written`, and how many amendments, `amended`.
   */
  readonly write: string;
  /** The same for rows that are known by `key_hash`, hexadecimal; undefined where the key has no texts. */
  readonly writeLong: string | undefined;
}

/** Other statements of the sink. */
export interface SinkStatements {
  /** The newest business day of any report, as `day`; null when there is none. */
  readonly newestDay: string;
  /**
   * Notes partitions that were not: `$1` topics, `$2` numbers, `$3` ids of the topics, `$4` whether there is anything in them. What
   * there is must be carried first, so that the partition is whole as of no frame.
   */
  readonly noteOffsets: string;
  /** Partitions, `$1` topics and `$2` numbers, with what is noted of them. */
  readonly readOffsets: string;
  /** Gives partitions that have none the ids of their topics: parameters as the first three of `noteOffsets`. */
  readonly adoptTopics: string;
  /** Has partitions begin anew in other topics: parameters as the first three of `noteOffsets`. */
  readonly beginTopics: string;
  /**
   * Moves partitions: `$1` topics, `$2` numbers, `$3` from where, `$4` to where, `$5` the frame that they are whole as of,
   * `$6` whether they keep the one that they have. A partition that is elsewhere is not moved.
   */
  readonly moveOffsets: string;
  /** Notes where a stream begins: `$1` its name, `$2` the frame, `$3` accepted records. Changes nothing later. */
  readonly beginFrames: string;
  /** Notes of topics, `$1`, that are filled from now on what they hold: `$2` the newest frame. Changes nothing later. */
  readonly beginReports: string;
  /** Of topics, `$1`, the frame that was noted so, as `since`. */
  readonly readSince: string;
  /** Notes a frame that was written: `$1` the stream, `$2` the frame, `$3` accepted records. Older ones change nothing. */
  readonly moveFrame: string;
  /** Adds refused records, `$1` a JSON array of them, `$2` their stream; those that are there are left out. */
  readonly addQuarantine: string;
}

export function reportStatements(report: ReportPlan): ReportStatements {
  const table = tableOf(report);
  const names = table.columns.map(({ name }) => quotedName(name));
  const types = table.columns.map(({ name, type }) => `${quotedName(name)} ${type}`);
  const [day = ''] = table.key.map(quotedName);
  const isNullable = new Set(report.dimensions.filter(({ nullable }) => nullable).map(({ name }) => name));
  const measures = report.measures.map(({ name }) => quotedName(name));
  const assigned = [...measures, quotedName(FRAME)];
  const sameKey = (a: string, b: string): string =>
    table.key
      .map(
        (name) =>
          `${a}.${quotedName(name)} ${isNullable.has(name) ? 'IS NOT DISTINCT FROM' : '='} ${b}.${quotedName(name)}`,
      )
      .join(' AND ');
  // What is read as a whole row has an alias that begins with `#`, as no column can, which would be read in its place.
  const write = (
    into: string,
    extra: readonly string[],
    conflict: string,
    same: string,
  ): string => `WITH new AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS r(${[...types, ...extra.map((name) => `${name} text`)].join(', ')})
), closed AS MATERIALIZED (
  SELECT n.*, "#old".${quotedName(FRAME)} AS "#frame", CASE WHEN "#old".${quotedName(FRAME)} IS NOT NULL THEN to_jsonb("#old") END AS "#before"
  FROM new n LEFT JOIN ${into} "#old" ON ${same}
  WHERE n.${day} < $2::date AND n.${quotedName(FRAME)} > $3::bigint
), written AS (
  INSERT INTO ${into} AS t (${[...names, ...extra].join(', ')})
  SELECT ${[...names, ...extra.map((name) => `decode(${name}, 'hex')`)].join(', ')} FROM new
  ON CONFLICT (${conflict}) DO UPDATE SET ${assigned.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE excluded.${quotedName(FRAME)} >= t.${quotedName(FRAME)}
  RETURNING 1
), amended AS (
  INSERT INTO ${qualified(OWN_SCHEMA, 'amendments')} (report, frame, before, after)
  SELECT ${quotedText(report.name)}, "#closed".${quotedName(FRAME)}, "#closed"."#before" - ${quotedText(FRAME)} - ${quotedText(KEY_HASH)},
    to_jsonb("#closed") - ${quotedText(FRAME)} - ${quotedText(KEY_HASH)} - '#frame' - '#before'
  FROM closed "#closed"
  WHERE "#closed"."#before" IS NULL OR "#closed".${quotedName(FRAME)} >= "#closed"."#frame" AND (${measures
    .map((name) => `"#closed".${name} IS DISTINCT FROM ${beforeValue(table, name)}`)
    .join(' OR ')})
  ORDER BY ${table.key.map((name) => `"#closed".${quotedName(name)}`).join(', ')}
  RETURNING 1
)
SELECT (SELECT count(*) FROM written) AS written, (SELECT count(*) FROM amended) AS amended`;
  return {
    write: write(
      qualified(REPORTS_SCHEMA, table.name),
      [],
      table.key.map(quotedName).join(', '),
      sameKey('n', '"#old"'),
    ),
    writeLong: table.hasLongKeys
      ? write(
          qualified(LONG_SCHEMA, table.name),
          [quotedName(KEY_HASH)],
          quotedName(KEY_HASH),
          `"#old".${quotedName(KEY_HASH)} = decode(n.${quotedName(KEY_HASH)}, 'hex')`,
        )
      : undefined,
  };
}

/** A measure's old value, out of the JSON of the old row. */
function beforeValue(table: ReturnType<typeof tableOf>, quoted: string): string {
  const column = table.columns.find(({ name }) => quotedName(name) === quoted);
  return `("#closed"."#before" ->> ${quotedText(column?.name ?? '')})::${column?.type ?? 'text'}`;
}

export function sinkStatements(plan: Plan): SinkStatements {
  const day = quotedName(plan.stream.businessDate.name);
  const newest = plan.reports.map(({ name }) => `(SELECT max(${day}) FROM ${qualified(REPORTS_SCHEMA, name)})`);
  const offsets = qualified(OWN_SCHEMA, 'offsets');
  const frames = qualified(OWN_SCHEMA, 'frames');
  const ofTopics = 'unnest($1::text[], $2::int[], $3::text[]) AS p(topic, "partition", topic_id)';
  return {
    newestDay: `SELECT greatest(${newest.join(', ')})::text AS day`,
    noteOffsets: `INSERT INTO ${offsets} (topic, "partition", next_offset, topic_id, frame)
SELECT topic, "partition", 0, topic_id, CASE WHEN NOT is_filled THEN 0 END
FROM unnest($1::text[], $2::int[], $3::text[], $4::bool[]) AS p(topic, "partition", topic_id, is_filled) ON CONFLICT DO NOTHING`,
    readOffsets: `SELECT o.topic, o."partition", o.next_offset, o.topic_id FROM ${offsets} o
JOIN unnest($1::text[], $2::int[]) AS p(topic, "partition") ON o.topic = p.topic AND o."partition" = p."partition"`,
    adoptTopics: `UPDATE ${offsets} o SET topic_id = p.topic_id FROM ${ofTopics}
WHERE o.topic = p.topic AND o."partition" = p."partition" AND o.topic_id IS NULL`,
    beginTopics: `UPDATE ${offsets} o SET topic_id = p.topic_id, next_offset = 0 FROM ${ofTopics}
WHERE o.topic = p.topic AND o."partition" = p."partition" AND o.topic_id <> p.topic_id`,
    moveOffsets: `UPDATE ${offsets} o SET next_offset = m.next_offset, frame = CASE WHEN $6::boolean THEN o.frame ELSE $5::bigint END
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS m(topic, "partition", from_offset, next_offset)
WHERE o.topic = m.topic AND o."partition" = m."partition" AND o.next_offset = m.from_offset`,
    beginFrames: `INSERT INTO ${frames} (stream, frame, accepted) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    beginReports: `UPDATE ${offsets} SET since = $2 WHERE topic = ANY($1::text[]) AND since IS NULL`,
    // A partition that was added holds what is new.
    readSince: `SELECT topic, min(since) AS since FROM ${offsets} WHERE topic = ANY($1::text[]) GROUP BY topic`,
    moveFrame: `UPDATE ${frames} SET frame = $2, accepted = $3 WHERE stream = $1 AND frame < $2`,
    addQuarantine: `INSERT INTO ${qualified(OWN_SCHEMA, 'quarantine')} (entry_hash, at_ms, origin, line, code, field, reason, record, converted, stream)
SELECT decode(entry_hash, 'hex'), at_ms, origin, line, code, field, reason, decode(record, 'base64'), decode(converted, 'base64'), $2
FROM json_to_recordset($1::json)
  AS q(entry_hash text, at_ms bigint, origin text, line bigint, code text, field text, reason text, record text, converted text)
ON CONFLICT DO NOTHING`,
  };
}
