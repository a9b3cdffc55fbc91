import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { qualified, quotedName } from '../../base/sql-text.ts';
import { BUCKET, DATA_KEYSPACE, OFFSET, OWN_KEYSPACE, RECORD } from './cql.ts';
import type { CassandraColumn } from './tables.ts';
import { dataTables } from './tables.ts';

/** Writes a row of a table: a value a column, in this order. */
export interface InsertStatement {
  readonly cql: string;
  readonly columns: readonly CassandraColumn[];
}

/** The statements of the sink and of those who read. Parameters are told in the order in which they stand. */
export interface CassandraStatements {
  readonly insertRecord: InsertStatement;
  /** The last parameter is the row's frame: its write timestamp. */
  readonly insertRow: (report: ReportPlan) => InsertStatement;
  /** The stream and the key. */
  readonly readKey: string;
  /** The stream, the key, the day, the partition, the offset. */
  readonly insertKey: string;
  /** The stream and the day. */
  readonly insertDay: string;
  /** The stream, the day and the bucket. */
  readonly insertBucket: string;
  /** The topic. */
  readonly readProgress: string;
  /**
   * The topic, the partition, the next offset, what was accepted, repeated and refused up to there, the topic's id, its fillings, and the
   * write timestamp.
   */
  readonly writeProgress: string;
  /** The topic: its fillings. */
  readonly readFillings: string;
  /** The stream. */
  readonly readDays: string;
  /** The stream and the day. */
  readonly readBuckets: string;
  /** The day and the bucket: offsets and records in the order of offsets. */
  readonly readRecords: string;
}

export function cassandraStatements(plan: Plan): CassandraStatements {
  const [records, ...reports] = dataTables(plan);
  const day = quotedName(plan.stream.businessDate.name);
  const insert = (table: string, columns: readonly CassandraColumn[], using = ''): InsertStatement => ({
    cql: `INSERT INTO ${qualified(DATA_KEYSPACE, table)} (${columns.map(({ name }) => quotedName(name)).join(', ')}) VALUES (${columns
      .map(() => '?')
      .join(', ')})${using}`,
    columns,
  });
  const own = (table: string): string => qualified(OWN_KEYSPACE, table);
  return {
    insertRecord: insert(plan.stream.name, records?.columns ?? []),
    insertRow: (report) => insert(report.name, reports[report.index]?.columns ?? [], ' USING TIMESTAMP ?'),
    readKey: `SELECT "partition", "offset" FROM ${own('record_keys')} WHERE stream = ? AND key = ?`,
    insertKey: `INSERT INTO ${own('record_keys')} (stream, key, day, "partition", "offset") VALUES (?, ?, ?, ?, ?)`,
    insertDay: `INSERT INTO ${own('days')} (stream, day) VALUES (?, ?)`,
    insertBucket: `INSERT INTO ${own('buckets')} (stream, day, bucket) VALUES (?, ?, ?)`,
    readProgress: `SELECT "partition", next_offset, accepted, duplicates, refused, topic_id, fillings, WRITETIME(next_offset) AS written_at FROM ${own('progress')} WHERE topic = ?`,
    writeProgress: `INSERT INTO ${own('progress')} (topic, "partition", next_offset, accepted, duplicates, refused, topic_id, fillings) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    readFillings: `SELECT may_begin FROM ${own('fillings')} WHERE topic = ?`,
    readDays: `SELECT day FROM ${own('days')} WHERE stream = ?`,
    readBuckets: `SELECT bucket FROM ${own('buckets')} WHERE stream = ? AND day = ?`,
    readRecords: `SELECT ${quotedName(OFFSET)} AS at, ${quotedName(RECORD)} AS record FROM ${qualified(DATA_KEYSPACE, plan.stream.name)} WHERE ${day} = ? AND ${quotedName(BUCKET)} = ?`,
  };
}
