import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { RowsOfReport, VersionedRow } from '../../ports/report-rows.ts';
import type { TopicPartition, TopicPlace } from '../../ports/messages.ts';
import { ROW_KEY } from '../../compile/cassandra/cql.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster, CassandraWrite } from './cluster.ts';
import { batchesOf } from './record-sink.ts';
import { valueOf } from './values.ts';

/** Writes reports into Cassandra, each row with its frame as the write timestamp. Throws what `CassandraCluster` does. */
export interface CassandraReportSink {
  /** Where partitions are worked off up to: 0 where nothing is noted. */
  places(partitions: readonly TopicPartition[]): Promise<readonly TopicPlace[]>;
  /** Writes rows; older than what is there, or the same again, they change nothing. */
  write(reports: readonly RowsOfReport[]): Promise<void>;
  /** Notes how far partitions are worked off; to be called when all up to there is written. */
  note(places: readonly TopicPlace[]): Promise<void>;
}

export function cassandraReportSink(cluster: CassandraCluster, plan: Plan): CassandraReportSink {
  const statements = cassandraStatements(plan);
  const inserts = new Map(plan.reports.map((report) => [report, statements.insertRow(report)]));
  const day = plan.stream.businessDate.name;

  const rowOf = (report: ReportPlan, { row, key, frame }: VersionedRow): CassandraWrite => {
    const { cql = '', columns = [] } = inserts.get(report) ?? {};
    const values = columns.map(({ name, type }) => (name === ROW_KEY ? key : valueOf(row[name] ?? null, type)));
    return { cql, values: [...values, frame] };
  };

  return {
    async places(partitions) {
      const topics = [...new Set(partitions.map(({ topic }) => topic))];
      const found = new Map<string, number>();
      for (const topic of topics) {
        for (const row of await cluster.run(statements.readProgress, [topic])) {
          found.set(`${topic}/${row.get('partition')}`, Number(row.get('next_offset')));
        }
      }
      return partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        nextOffset: found.get(`${topic}/${partition}`) ?? 0,
      }));
    },
    async write(reports) {
      for (const { report, rows } of reports) {
        const batches = batchesOf(rows, ({ row }) => String(row[day]));
        await cluster.writeBatches(batches.map((batch) => batch.map((row) => rowOf(report, row))));
      }
    },
    async note(places) {
      const values = places.map(({ topic, partition, nextOffset }) => [topic, partition, nextOffset, 0, 0, 0]);
      await cluster.runEach(statements.writeProgress, values);
    },
  };
}
