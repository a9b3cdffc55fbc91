import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { RowsOfReport, VersionedRow } from '../../ports/report-rows.ts';
import { ROW_KEY } from '../../compile/cassandra/cql.ts';
import { cassandraStatements } from '../../compile/cassandra/statements.ts';
import type { CassandraCluster, CassandraWrite } from './cluster.ts';
import { batchesOf } from './record-sink.ts';
import { valueOf } from './values.ts';

/** Writes reports into Cassandra, each row with its frame as the write timestamp. Throws what `CassandraCluster` does. */
export interface CassandraReportSink {
  /** Writes rows; older than what is there, or the same again, they change nothing. */
  write(reports: readonly RowsOfReport[]): Promise<void>;
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
    async write(reports) {
      for (const { report, rows } of reports) {
        const batches = batchesOf(rows, ({ row }) => String(row[day]));
        await cluster.writeBatches(batches.map((batch) => batch.map((row) => rowOf(report, row))));
      }
    },
  };
}
