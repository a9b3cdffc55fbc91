import type { ZoneOffset } from '../../base/zone-offsets.ts';
import { neededFields } from '../../plan/needed-fields.ts';
import type { FieldPlan, Plan, StreamPlan } from '../../plan/plan.ts';
import { businessDayOf, dayOf, isWritable } from './moments.ts';
import { isInBounds, numberOf } from './numbers.ts';
import { listed } from '../../base/sql-text.ts';
import { quotedName } from './sql.ts';
import { fieldTexts, markedFields, plainTexts, withoutEscapedQuotes } from './usual.ts';

/** As the careful reader has it. */
const RECORD_BYTES_MAX = 1_048_576;
/** A message's timestamp is in UTC, and a business date may be a day from the event time; no clock is wrong by more. */
export const DAYS_AHEAD_MAX = 2;

/** Columns of ours in the view of records: the primary key, and the business day as a time, for the watermark. */
export const KEY_NAME = '#key';
const KEY = quotedName(KEY_NAME);
export const AT = quotedName('#at');
const DAY = quotedName('#day');
const EVENT_DAY = quotedName('#event_day');
const WRITTEN_TEXTS = quotedName('#written_texts');
const TEXTS = quotedName('#texts');
const IS_TAKEN = quotedName('#is_taken');
/** Where a record stands in its topic, and when it was written there. */
export const PLACE = {
  partition: quotedName('#partition'),
  offset: quotedName('#offset'),
  written: quotedName('#written'),
} as const;

/**
 * The records of a topic's messages as columns with exact values, as the careful reader (`src/record/careful.ts`) has
 * them; what it refuses is left out. So is what is dated further ahead than any clock is of the time of its message, as
 * it would close all days.
 *
 * What is refused is left out by a list that is empty, where one would write a condition: Spark computes conditions as
 * soon as it can, and would do all of this twice.
 * @param messages  a view with the columns of Spark's Kafka source
 * @returns a query with `KEY`, `AT`, the fields that the reports need, and `PLACE`
 */
export function recordsSql(plan: Plan, offsets: readonly ZoneOffset[], messages: string): string {
  const { stream } = plan;
  const { fields, primaryKey, businessDate } = stream;
  const key = quotedName(primaryKey.name);
  const columns = [
    `${primaryKey.kind === 'uuid' ? `unhex(replace(${key}, '-', ''))` : key} AS ${KEY}`,
    `CAST(${DAY} AS TIMESTAMP) AS ${AT}`,
    ...neededFields(plan).map((field) => (field === businessDate ? `${DAY} AS ` : '') + quotedName(field.name)),
    ...Object.values(PLACE),
  ];
  return `SELECT
${listed(columns)}
FROM (
  SELECT *, coalesce(${quotedName(businessDate.name)}, ${EVENT_DAY}) AS ${DAY}
  FROM (
    SELECT
${listed([...Object.values(PLACE), ...fields.flatMap((field) => valueOf(field, stream))], '      ')}
    FROM (
      SELECT *, ${plainTexts('unquoted', WRITTEN_TEXTS, stream, offsets)} AS ${TEXTS}
      FROM (
        SELECT *, ${fieldTexts('line', 'marked', 'unquoted', stream)} AS ${WRITTEN_TEXTS}
        FROM (
          SELECT *, ${withoutEscapedQuotes('marked')} AS unquoted
          FROM (
            SELECT
              *,
              ${markedFields('line', stream)} AS marked
            FROM (
              SELECT
                CAST(value AS STRING) AS line,
                partition AS ${PLACE.partition},
                offset AS ${PLACE.offset},
                timestamp AS ${PLACE.written}
              FROM ${messages}
              WHERE octet_length(value) <= ${RECORD_BYTES_MAX} AND is_valid_utf8(CAST(value AS STRING))
            )
          )
        )
      )
    )
  )
)
LATERAL VIEW explode(CASE WHEN ${[
    ...fields.map((field) => isTaken(field, stream)),
    `abs(datediff(${DAY}, ${EVENT_DAY})) <= 1`,
    isWritable(DAY),
    `(${PLACE.written} < TIMESTAMP'1970-01-02' OR ${DAY} <= date_add(CAST(${PLACE.written} AS DATE), ${DAYS_AHEAD_MAX}))`,
  ].join('\n    AND ')}
  THEN array(TRUE)
END) taken AS ${IS_TAKEN}`;
}

/** A field's value by its text; of the event time its business day. */
function valueOf(field: FieldPlan, stream: StreamPlan): readonly string[] {
  const text = `${TEXTS}[${field.index}]`;
  const name = quotedName(field.name);
  switch (field.kind) {
    case 'uuid':
      return [`${text} AS ${name}`];
    case 'text':
      return field.nullable
        ? [
            `CASE WHEN ${text} <> 'null' THEN substr(${text}, 2, length(${text}) - 2) END AS ${name}`,
            `${text} = 'null' AS ${nullOf(field)}`,
          ]
        : [`${text} AS ${name}`];
    case 'timestamp':
      return [`${businessDayOf(text, stream)} AS ${momentOf(field, stream)}`];
    case 'date':
      return [`${dayOf(text)} AS ${name}`, ...(field.optional ? [`${text} = '' AS ${nullOf(field)}`] : [])];
    case 'integer':
    case 'decimal':
    case 'number': {
      const value = `${numberOf(text, field)} AS ${name}`;
      return field.nullable ? [value, `${text} = 'null' AS ${nullOf(field)}`] : [value];
    }
  }
}

/** Whether the record says null, or nothing, where it may. */
function nullOf({ name }: FieldPlan): string {
  return quotedName(`#${name}#null`);
}

/** The column of a moment's business day. */
function momentOf(field: FieldPlan, stream: StreamPlan): string {
  return field === stream.eventTime ? EVENT_DAY : quotedName(field.name);
}

function isTaken(field: FieldPlan, stream: StreamPlan): string {
  const mayBeNull = field.nullable || field.optional;
  return mayBeNull ? `(${nullOf(field)} OR ${isTakenValue(field, stream)})` : isTakenValue(field, stream);
}

function isTakenValue(field: FieldPlan, stream: StreamPlan): string {
  const name = quotedName(field.name);
  switch (field.kind) {
    case 'uuid':
    case 'date':
      return `${name} IS NOT NULL`;
    case 'text':
      return `length(${name}) <= ${field.maxLength}`;
    case 'timestamp':
      return `${momentOf(field, stream)} IS NOT NULL`;
    case 'integer':
    case 'decimal':
    case 'number':
      return isInBounds(name, field);
  }
}
