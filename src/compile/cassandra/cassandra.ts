import type { Plan } from '../../plan/plan.ts';
import type { CassandraMigration, CassandraState } from './migration.ts';
import { migrationOf, PREPARE } from './migration.ts';

/** What a Cassandra cluster (5.0 or newer) is given, as text. */
export interface CassandraCql {
  /** The script for an empty cluster: keyspace `spark_streams` with records and reports, `daybook` with what the sink keeps. */
  readonly script: string;
  /** To be run before the state is read. Changes nothing the second time. */
  readonly prepare: readonly string[];
  readonly migrate: (state: CassandraState, drop: readonly string[]) => CassandraMigration;
}

/**
 * Compiles a plan to Cassandra's CQL.
 * @throws DaybookError `DEFINITION_WRONG` for a name or a key that is too long for a table there
 */
export function cassandraCql(plan: Plan): CassandraCql {
  const { statements } = migrationOf(plan, { versions: [], tables: [], dropped: [] }, []);
  return {
    script: [...PREPARE, ...statements].map((statement) => `${statement};\n`).join('\n'),
    prepare: PREPARE,
    migrate: (state, drop) => migrationOf(plan, state, drop),
  };
}
