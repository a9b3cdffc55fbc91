import { parseDay } from '../../base/calendar.ts';
import type { Plan } from '../../plan/plan.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster } from './cluster.ts';
import { dateValue } from './values.ts';

/** A raw record as it came, and where it stands in the stream's topic. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly text: string;
}

/** Reads raw records from Cassandra. Throws what `CassandraCluster` does. */
export interface CassandraRecordReader {
  /** Records whose business day is in the range (both included, as days), day by day, each partition's in order. */
  records(range: { readonly first: number; readonly last: number }): AsyncIterable<readonly ReadRecord[]>;
}

export function cassandraRecordReader(cluster: CassandraCluster, plan: Plan): CassandraRecordReader {
  const { name: stream } = plan.stream;
  const statements = cassandraStatements(plan);
  const daysOf = async ({
    first,
    last,
  }: {
    readonly first: number;
    readonly last: number;
  }): Promise<readonly number[]> => {
    const days: number[] = [];
    for await (const page of cluster.pages(statements.readDays, [stream])) {
      for (const row of page) {
        const day = parseDay(String(row.get('day')));
        if (day !== undefined && day >= first && day <= last) days.push(day);
      }
    }
    return days.sort((a, b) => a - b);
  };
  return {
    async *records(range) {
      for (const day of await daysOf(range)) {
        for (const bucket of await bucketsOf(cluster, statements.readBuckets, [stream, dateValue(day)])) {
          const partition = Number.parseInt(bucket, 10);
          for await (const page of cluster.pages(statements.readRecords, [dateValue(day), bucket])) {
            yield page.map((row) => ({ partition, offset: Number(row.get('at')), text: String(row.get('record')) }));
          }
        }
      }
    },
  };
}

/** Buckets in the order of partitions and offsets. */
async function bucketsOf(
  cluster: CassandraCluster,
  cql: string,
  values: readonly unknown[],
): Promise<readonly string[]> {
  const buckets: string[] = [];
  for await (const page of cluster.pages(cql, values)) buckets.push(...page.map((row) => String(row.get('bucket'))));
  const parts = (bucket: string): readonly number[] => bucket.split('-').map(Number);
  return buckets.sort((a, b) => {
    const [[p = 0, m = 0], [q = 0, n = 0]] = [parts(a), parts(b)];
    return p - q || m - n;
  });
}
