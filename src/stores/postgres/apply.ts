import type { Plan } from '../../plan/plan.ts';
import type { PostgresMigration, PostgresState } from '../../compile/postgres/migration.ts';
import { postgresSql } from '../../compile/postgres/postgres.ts';
import type { PostgresDatabase } from './database.ts';

/** Two that apply at once go one after the other. */
const LOCK = 'SELECT pg_advisory_xact_lock(6215093)';

/**
 * Makes a database what a plan asks for, all or nothing; one that has it is left as it is.
 * @param drop  what may be taken away: a table's name, or a table's and a column's as `table.column`
 * @returns what was done and what was left; with refusals, nothing was changed
 * @throws DaybookError what `postgresFailure` gives
 */
export async function applyPostgres(
  database: PostgresDatabase,
  plan: Plan,
  drop: readonly string[],
): Promise<PostgresMigration> {
  const sql = postgresSql(plan);
  return database.transaction(async (run) => {
    await run(LOCK);
    for (const statement of sql.prepare) await run(statement);
    const { rows } = await run(sql.readState);
    const migration = sql.migrate(JSON.parse(rows[0]?.['state'] ?? '{}') as PostgresState, drop);
    if (migration.refusals.length === 0) for (const statement of migration.statements) await run(statement);
    return migration;
  });
}
