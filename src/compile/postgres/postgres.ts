import type { Plan } from '../../plan/plan.ts';
import type { PostgresMigration, PostgresState } from './migration.ts';
import { createAll, migrationOf, READ_STATE } from './migration.ts';
import { VERSION_TABLE } from './own-tables.ts';

/** What a PostgreSQL database (15 or newer) is given, as text. */
export interface PostgresSql {
  /** The script for an empty database: schema `daily_report` with a table a report, schema `daybook` with what the sink keeps, the role of readers. */
  readonly script: string;
  /** To be run before the state is read. Changes nothing the second time. */
  readonly prepare: readonly string[];
  /** Gives one row with one JSON value, `state`: a `PostgresState`. */
  readonly readState: string;
  /** @param drop  what may be taken away: a table's name, or a table's and a column's as `table.column` */
  readonly migrate: (state: PostgresState, drop: readonly string[]) => PostgresMigration;
}

/** Compiles a plan to PostgreSQL's SQL. */
export function postgresSql(plan: Plan): PostgresSql {
  return {
    script: [...VERSION_TABLE, ...createAll(plan)].map((statement) => `${statement};\n`).join('\n'),
    prepare: VERSION_TABLE,
    readState: READ_STATE,
    migrate: (state, drop) => migrationOf(plan, state, drop),
  };
}
