import { randomUUID } from 'node:crypto';
import type { Plan } from '../../plan/plan.ts';
import { cassandraCql } from '../../compile/cassandra/cassandra.ts';
import { qualified } from '../../base/sql-text.ts';
import { DATA_KEYSPACE, OWN_KEYSPACE } from '../../compile/cassandra/cql.ts';
import type { CassandraMigration, CassandraState } from '../../compile/cassandra/migration.ts';
import type { CassandraColumn } from '../../compile/cassandra/tables.ts';
import type { CassandraCluster } from './cluster.ts';
import { durabilityNote } from './durability.ts';

/**
 * Makes a cluster what a plan asks for; what is there already is left as it is. Statements are run one by one: when one
 * fails, the same call goes on from there.
 * @param drop  what may be taken away: a table's name, or a table's and a column's as `table.column`
 * @returns what was done, what was left and what may be lost; with refusals, nothing was changed
 * @throws DaybookError what `cassandraFailure` gives
 */
export async function applyCassandra(
  cluster: CassandraCluster,
  plan: Plan,
  drop: readonly string[],
): Promise<CassandraMigration> {
  const cql = cassandraCql(plan);
  for (const statement of cql.prepare) await cluster.run(statement);
  const migration = cql.migrate(await readState(cluster), drop);
  if (migration.refusals.length > 0) return migration;
  for (const statement of migration.statements) await cluster.run(statement);
  await beginFillings(cluster, migration.fillings);
  const note = await durabilityNote(cluster);
  return note === undefined ? migration : { ...migration, notes: [...migration.notes, note] };
}

/**
 * Lets fillings begin that were noted, also those of an apply that did not come to its end. One of its own that another apply has let
 * begin meanwhile may have filled what was there before: that begins once more.
 * @param own  the topics of this apply's own
 */
async function beginFillings(cluster: CassandraCluster, own: readonly string[]): Promise<void> {
  const fillings = qualified(OWN_KEYSPACE, 'fillings');
  const rows = await cluster.run(`SELECT topic, id, may_begin FROM ${fillings}`);
  const waiting = rows.filter((row) => row.get('may_begin') !== true);
  const begun = own.filter((topic) => waiting.every((row) => row.get('topic') !== topic));
  await cluster.runEach(`INSERT INTO ${fillings} (topic, id, may_begin) VALUES (?, ?, true)`, [
    ...waiting.map((row): readonly unknown[] => [row.get('topic'), row.get('id')]),
    ...begun.map((topic) => [topic, randomUUID()]),
  ]);
}

async function readState(cluster: CassandraCluster): Promise<CassandraState> {
  const versions = await cluster.run(`SELECT version FROM ${qualified(OWN_KEYSPACE, 'versions')}`);
  const tables = new Map<string, CassandraColumn[]>();
  const columns = cluster.pages(
    'SELECT table_name, column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ?',
    [DATA_KEYSPACE],
  );
  for await (const page of columns) {
    for (const row of page) {
      const table = String(row.get('table_name'));
      const column = {
        name: String(row.get('column_name')),
        type: String(row.get('type')),
        kind: row.get('kind') as CassandraColumn['kind'],
        position: Number(row.get('position')),
      };
      tables.set(table, [...(tables.get(table) ?? []), column]);
    }
  }
  const dropped = await cluster.run(
    'SELECT table_name, column_name, type FROM system_schema.dropped_columns WHERE keyspace_name = ?',
    [DATA_KEYSPACE],
  );
  return {
    versions: versions.map((row) => Number(row.get('version'))),
    tables: [...tables].map(([name, found]) => ({ name, columns: found })),
    dropped: dropped.map((row) => ({
      table: String(row.get('table_name')),
      name: String(row.get('column_name')),
      type: String(row.get('type')),
    })),
  };
}
