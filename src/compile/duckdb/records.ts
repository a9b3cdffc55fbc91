import { exactPath } from '../../base/duckdb-text.ts';
import { neededFields } from '../../plan/needed-fields.ts';
import type { FieldPlan, Plan, StreamPlan } from '../../plan/plan.ts';
import { listed, quotedName, quotedText } from '../../base/sql-text.ts';
import { columnType, FIRST, KEY, POSITION } from './sql.ts';

/** Longer than a record's line can be once its numbers are quoted. */
const LINE_BYTES_MAX = 4_194_304;

/** The table of records: where each stood in the log, its primary key, and what the reports need of it. */
export function createRecords(plan: Plan): string {
  const key = plan.stream.primaryKey.kind === 'uuid' ? 'UUID' : 'VARCHAR';
  const columns = neededFields(plan).map((field) => `${quotedName(field.name)} ${columnType(field)}`);
  return `CREATE TABLE records (\n${listed([`${POSITION} BIGINT`, `${KEY} ${key}`, ...columns])}\n)`;
}

/**
 * Adds a file of records to the table. All members of a line that are read must be texts, `#` among them, which is the
 * record's place in the log: DuckDB reads a number of JSON as a float.
 */
export function insertRecords(plan: Plan, path: string): string {
  const { stream } = plan;
  const fields = neededFields(plan);
  const read = new Set(['#', stream.primaryKey.name, stream.eventTime.name, ...fields.map((field) => field.name)]);
  const types = [...read].map((name) => `${quotedText(name)}: 'VARCHAR'`);
  const values = fields.map((field) => `${valueOf(field, stream)} AS ${quotedName(field.name)}`);
  const key = quotedName(stream.primaryKey.name);
  return `INSERT INTO records
SELECT
${listed([`CAST(${POSITION} AS BIGINT)`, stream.primaryKey.kind === 'uuid' ? `CAST(${key} AS UUID)` : key, ...values])}
FROM (
  SELECT
${listed(['*', ...fields.filter((field) => field.kind === 'decimal').flatMap(partsOf)], '    ')}
  FROM (
    SELECT ${replacing(fields)}
    FROM read_ndjson(
      ${quotedText(exactPath(path))},
      columns = {${types.join(', ')}},
      maximum_object_size = ${LINE_BYTES_MAX}
    )
  )
)`;
}

/** Numbers are written without exponents in a step of their own, so that the next ones do it once a value. */
function replacing(fields: readonly FieldPlan[]): string {
  const numbers = fields.filter((field) => field.kind === 'decimal' || field.kind === 'integer');
  if (numbers.length === 0) return '*';
  const replaced = numbers.map(({ name }) => `plain(${quotedName(name)}) AS ${quotedName(name)}`);
  return `* REPLACE (\n${listed(replaced, '      ')}\n    )`;
}

function partsOf({ name }: FieldPlan): readonly string[] {
  return ['kept', 'dropped'].map((part) => `${part}(${quotedName(name)}) AS ${quotedName(`${name}#${part}`)}`);
}

function valueOf(field: FieldPlan, stream: StreamPlan): string {
  const name = quotedName(field.name);
  switch (field.kind) {
    case 'uuid':
    case 'text':
    case 'timestamp':
      return name;
    case 'date':
      return field === stream.businessDate ? businessDay(stream) : `CAST(${name} AS DATE)`;
    case 'integer':
      return `whole(${name})`;
    case 'decimal':
      return `rounded(${name}, ${quotedName(`${field.name}#kept`)}, ${quotedName(`${field.name}#dropped`)})`;
    case 'number':
      return `CAST(${name} AS DOUBLE)`;
  }
}

/** As given, else by the event time. */
function businessDay(stream: StreamPlan): string {
  const { businessDate, eventTime, timeZone, businessDayEndsAtHour } = stream;
  const given = `CAST(${quotedName(businessDate.name)} AS DATE)`;
  const moment = quotedName(eventTime.name);
  return `coalesce(${given}, business_day(${moment}, ${quotedText(timeZone)}, ${businessDayEndsAtHour}))`;
}

/** The table of the records whose primary key stood further up in the log: they do not count. */
export const CREATE_REPEATS = `CREATE TABLE repeats AS
SELECT ${POSITION}
FROM records
JOIN (
  SELECT ${KEY}, min(${POSITION}) AS ${FIRST}
  FROM records
  GROUP BY ${KEY}
  HAVING count(*) > 1
) USING (${KEY})
WHERE ${POSITION} > ${FIRST}`;
