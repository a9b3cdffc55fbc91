import { DaybookError } from '../../base/errors.ts';
import type { ColumnKind, FieldPlan, MeasurePlan, Plan, ReportPlan, StreamPlan } from '../../plan/plan.ts';
import { isSummedInBigint } from '../../plan/ranges.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { BUCKET, DATA_KEYSPACE, OFFSET, OWN_KEYSPACE, RECORD, ROW_KEY } from './cql.ts';

/** Cassandra takes no longer names of tables. */
const NAME_LENGTH_MAX = 48;
/** Nor longer keys: a partition's, and the columns together by which a row is known in it. */
const KEY_BYTES_MAX = 65_535;
/** What a character may take as UTF-8, and what in the JSON of a key of which a part may be null: \u0000. */
const CHARACTER_BYTES_MAX = 4;
const JSON_CHARACTER_BYTES_MAX = 6;
/** More than a column of a key takes besides its characters. */
const KEY_COLUMN_BYTES_MAX = 64;

/** A table as `system_schema` has it. */
export interface CassandraTable {
  readonly name: string;
  readonly columns: readonly CassandraColumn[];
}

export interface CassandraColumn {
  readonly name: string;
  readonly type: string;
  /** Its part in the primary key, and its place among those of the same part. */
  readonly kind: 'partition_key' | 'clustering' | 'regular';
  readonly position: number;
}

/**
 * The tables of the data's keyspace: the stream's records, then a table a report.
 * @throws DaybookError `DEFINITION_WRONG` for a name or a key that is too long for Cassandra
 */
export function dataTables({ stream, reports }: Plan): readonly CassandraTable[] {
  return [recordsTable(stream), ...reports.map(reportTable)].map(checked);
}

/**
 * A stream's raw records, by business day and bucket. A bucket is a run of offsets of one partition of the topic, so it
 * has a bounded number of records however busy the day is.
 */
function recordsTable(stream: StreamPlan): CassandraTable {
  const { businessDate, primaryKey } = stream;
  const isKey = ({ name }: FieldPlan): boolean => name === businessDate.name || name === primaryKey.name;
  checkKey(`stream '${stream.name}'`, [primaryKey], CHARACTER_BYTES_MAX);
  return {
    name: stream.name,
    columns: [
      column(businessDate.name, 'date', 'partition_key', 0),
      column(BUCKET, 'text', 'partition_key', 1),
      column(OFFSET, 'bigint', 'clustering', 0),
      column(primaryKey.name, fieldType(primaryKey), 'clustering', 1),
      ...stream.fields.filter((field) => !isKey(field)).map((field) => column(field.name, fieldType(field))),
      column(RECORD, 'text'),
    ],
  };
}

function reportTable(report: ReportPlan): CassandraTable {
  const [day, ...others] = report.dimensions;
  const isNullable = others.some(({ nullable }) => nullable);
  checkKey(`report '${report.name}'`, others, isNullable ? JSON_CHARACTER_BYTES_MAX : CHARACTER_BYTES_MAX);
  return {
    name: report.name,
    columns: [
      column(day?.name ?? '', 'date', 'partition_key', 0),
      ...(isNullable ? [column(ROW_KEY, 'text', 'clustering', 0)] : []),
      ...others.map((field, position) =>
        isNullable
          ? column(field.name, fieldType(field))
          : column(field.name, fieldType(field), 'clustering', position),
      ),
      ...report.measures.map((measure) => column(measure.name, measureType(report, measure))),
    ],
  };
}

function column(name: string, type: string, kind: CassandraColumn['kind'] = 'regular', position = -1): CassandraColumn {
  return { name, type, kind, position };
}

function fieldType({ kind }: FieldPlan): string {
  switch (kind) {
    case 'uuid':
      return 'uuid';
    case 'timestamp':
      return 'timestamp';
    case 'text':
    case 'date':
    case 'integer':
    case 'decimal':
    case 'number':
      return kindType(kind);
  }
}

function kindType(kind: ColumnKind): string {
  switch (kind) {
    case 'text':
      return 'text';
    case 'date':
      return 'date';
    case 'integer':
      return 'bigint';
    case 'decimal':
      return 'decimal';
    case 'number':
      return 'double';
  }
}

function measureType(report: ReportPlan, measure: MeasurePlan): string {
  const kind = report.columns.find(({ name }) => name === measure.name)?.kind ?? 'integer';
  if (measure.kind !== 'sum' || kind !== 'integer') return kindType(kind);
  return isSummedInBigint(measure.field) ? 'bigint' : 'varint';
}

/** A sink could not write such a row, nor anything behind it. @param what  the report, or the stream */
function checkKey(what: string, fields: readonly FieldPlan[], characterBytes: number): void {
  const texts = fields.filter(({ kind }) => kind === 'text');
  const length = texts.reduce((sum, { maxLength }) => sum + maxLength, 0);
  const lengthMax = Math.floor((KEY_BYTES_MAX - KEY_COLUMN_BYTES_MAX * (fields.length + 1)) / characterBytes);
  if (length <= lengthMax) return;
  const names = texts.map(({ name }) => `'${name}'`).join(', ');
  const mistake = `${what}: ${names} may have ${length} characters together, and a key of Cassandra has room for ${lengthMax}`;
  throw new DaybookError('DEFINITION_WRONG', `${mistake}. Give a text a smaller maxLength in the definition.`, {
    details: { mistakes: [mistake] },
  });
}

function checked(table: CassandraTable): CassandraTable {
  if (table.name.length <= NAME_LENGTH_MAX) return table;
  throw new DaybookError(
    'DEFINITION_WRONG',
    `'${table.name}' is too long a name for a table of Cassandra, which takes ${NAME_LENGTH_MAX} characters. Shorten it in the definition.`,
    { details: { mistakes: [`'${table.name}' has more than ${NAME_LENGTH_MAX} characters`] } },
  );
}

/** The statement that creates a table of the data's keyspace. */
export function createTable({ name, columns }: CassandraTable, comment: string): string {
  const part = (kind: CassandraColumn['kind']): string =>
    columns
      .filter((each) => each.kind === kind)
      .map((each) => quotedName(each.name))
      .join(', ');
  const clustering = part('clustering');
  const key = `PRIMARY KEY ((${part('partition_key')})${clustering === '' ? '' : `, ${clustering}`})`;
  const lines = [...columns.map((each) => `${quotedName(each.name)} ${each.type}`), key];
  return `CREATE TABLE IF NOT EXISTS ${qualified(DATA_KEYSPACE, name)} (
${lines.map((line) => `  ${line}`).join(',\n')}
) WITH comment = ${quotedText(comment)}`;
}

/** What the sink keeps, by version: as PostgreSQL's, a version never changes. Each statement may be run again. */
export const OWN_VERSIONS: readonly (readonly string[])[] = [
  [
    // Which key was accepted first, and where: by it a repeat is known, whatever day it says it is of.
    `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'record_keys')} (
  stream text, key text, day date, "partition" int, "offset" bigint, PRIMARY KEY ((stream, key))
)`,
    // Where the sink goes on reading, and what it has counted up to there.
    `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'progress')} (
  topic text, "partition" int, next_offset bigint, accepted bigint, duplicates bigint, refused bigint,
  PRIMARY KEY (topic, "partition")
)`,
    // The days that there are records of, and the buckets of each.
    `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'days')} (stream text, day date, PRIMARY KEY (stream, day))`,
    `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'buckets')} (
  stream text, day date, bucket text, PRIMARY KEY ((stream, day), bucket)
)`,
  ],
  // The topic that a place is in, by Kafka's id; null: noted before there were ids.
  [`ALTER TABLE ${qualified(OWN_KEYSPACE, 'progress')} ADD IF NOT EXISTS topic_id text`],
  [
    // Each time that a table is to be filled from its topic's beginning; it may begin once the table is as it should be.
    `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'fillings')} (
  topic text, id uuid, may_begin boolean, PRIMARY KEY (topic, id)
)`,
    // How many fillings there were when a place was noted; it holds no more once there are others. Null: there were none.
    `ALTER TABLE ${qualified(OWN_KEYSPACE, 'progress')} ADD IF NOT EXISTS fillings int`,
  ],
];
