import { present } from '../../base/assert.ts';
import { formatDay } from '../../base/calendar.ts';
import type { Plan, StreamPlan } from '../../plan/plan.ts';
import type { StoredRecord } from '../../ports/stored-records.ts';
import { BUCKET, OFFSET, RECORD } from '../../compile/cassandra/cql.ts';
import type { InsertStatement } from '../../compile/cassandra/statements.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster, CassandraWrite } from './cluster.ts';
import { dateValue, valueOf } from './values.ts';

/** A bucket has the records of so many offsets of one partition: below 100 MB for records of up to 2 kB. */
const BUCKET_OFFSETS = 50_000;
/** Rows of one partition that are written together. */
const ROWS_AT_ONCE = 50;
/**
 * Characters of records that are written together, unless it is one record alone. A row has them twice, as it came and in columns, of up
 * to three bytes each; Cassandra takes 16 MiB at once.
 */
const CHARACTERS_AT_ONCE = 1024 * 1024;

/** Writes a stream's raw records into Cassandra. Throws what `CassandraCluster` does. */
export interface CassandraRecordSink {
  /**
   * Writes records of several partitions, each in order, leaving out those whose key was accepted at another place. The
   * same records again change nothing and give the same answer.
   * @returns how many are repeats of each partition's
   */
  write(read: readonly RecordsOfPartition[]): Promise<readonly number[]>;
}

export interface RecordsOfPartition {
  readonly partition: number;
  readonly records: readonly StoredRecord[];
}

export function cassandraRecordSink(cluster: CassandraCluster, plan: Plan): CassandraRecordSink {
  const { stream } = plan;
  const statements = cassandraStatements(plan);
  const known = new Set<string>();

  /** The records of a partition whose key nobody had before. */
  const firstOnes = async ({ partition, records }: RecordsOfPartition): Promise<readonly StoredRecord[]> => {
    const byKey = new Map<string, StoredRecord>();
    for (const record of records) if (!byKey.has(record.key)) byKey.set(record.key, record);
    const candidates = [...byKey.values()];
    const found = await cluster.runEach(
      statements.readKey,
      candidates.map(({ key }) => [stream.name, key]),
    );
    return candidates.filter(({ offset }, index) => {
      const [row] = found[index] ?? [];
      // A record that finds itself was written by a sink that died before it noted its progress.
      return row === undefined || (row.get('partition') === partition && Number(row.get('offset')) === offset);
    });
  };

  const noteBuckets = async (partition: number, records: readonly StoredRecord[]): Promise<void> => {
    for (const { businessDay, offset } of records) {
      const bucket = bucketOf(partition, offset);
      const name = `${businessDay}/${bucket}`;
      if (known.has(name)) continue;
      const day = dateValue(businessDay);
      await cluster.run(statements.insertDay, [stream.name, day]);
      await cluster.run(statements.insertBucket, [stream.name, day, bucket]);
      known.add(name);
    }
  };

  const writeFirst = async ({ partition, records }: RecordsOfPartition): Promise<void> => {
    await noteBuckets(partition, records);
    const keys = records.map(({ key, businessDay, offset }) => [
      stream.name,
      key,
      dateValue(businessDay),
      partition,
      offset,
    ]);
    const batches = batchesOf(
      records,
      ({ businessDay, offset }) => `${businessDay}/${bucketOf(partition, offset)}`,
      ({ text }) => text.length,
    );
    await Promise.all([
      cluster.runEach(statements.insertKey, keys),
      cluster.writeBatches(
        batches.map((batch) => batch.map((record) => rowOf(stream, statements.insertRecord, partition, record))),
      ),
    ]);
  };

  return {
    async write(read) {
      const found = await Promise.all(read.map(firstOnes));
      // In a topic that has got more partitions, a repeat may be in another one than its first one, and both come at once.
      const claimed = new Set<string>();
      const first = read.map(({ partition }, index) => ({
        partition,
        records: (found[index] ?? []).filter(({ key }) => !claimed.has(key) && claimed.add(key)),
      }));
      await Promise.all(first.map(writeFirst));
      return read.map(({ records }, index) => records.length - (first[index]?.records.length ?? 0));
    },
  };
}

/** The write of a record's row. */
function rowOf(
  stream: StreamPlan,
  { cql, columns }: InsertStatement,
  partition: number,
  record: StoredRecord,
): CassandraWrite {
  const values = columns.map(({ name, type }) => {
    if (name === BUCKET) return bucketOf(partition, record.offset);
    if (name === OFFSET) return record.offset;
    if (name === RECORD) return record.text;
    if (name === stream.businessDate.name) return dateValue(record.businessDay);
    const momentMs = record.momentsMs.get(name);
    if (momentMs !== undefined) return new Date(momentMs);
    const field = present(
      stream.fields.find((each) => each.name === name),
      'a column is a field',
    );
    const value = record.values[field.index] ?? null;
    if (value === null || typeof value === 'string') return value;
    if (field.kind === 'date') return valueOf(formatDay(value), type);
    return valueOf(field.kind === 'decimal' ? BigInt(value) : value, type);
  });
  return { cql, values };
}

function bucketOf(partition: number, offset: number): string {
  return `${partition}-${Math.floor(offset / BUCKET_OFFSETS)}`;
}

/** Items of the same partition together, not too many at once. @param lengthOf  how many characters an item has, if they may be many */
export function batchesOf<T>(
  items: readonly T[],
  partitionOf: (item: T) => string,
  lengthOf: (item: T) => number = () => 0,
): readonly (readonly T[])[] {
  const open = new Map<string, { readonly items: T[]; length: number }>();
  const batches: T[][] = [];
  for (const item of items) {
    const name = partitionOf(item);
    const length = lengthOf(item);
    let batch = open.get(name);
    if (batch?.items.length === ROWS_AT_ONCE || (batch?.length ?? 0) + length > CHARACTERS_AT_ONCE) batch = undefined;
    if (batch === undefined) {
      batch = { items: [], length: 0 };
      open.set(name, batch);
      batches.push(batch.items);
    }
    batch.items.push(item);
    batch.length += length;
  }
  return batches;
}
