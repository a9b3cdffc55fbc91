import { DaybookError } from '../../base/errors.ts';
import { DATA_KEYSPACE, OWN_KEYSPACE } from '../../compile/cassandra/cql.ts';
import type { CassandraCluster } from './cluster.ts';

/**
 * Looks whether what Cassandra acknowledges outlasts the node that did: it is on a disk, or on several nodes.
 * @returns a sentence that says what may be lost, and what to do; undefined when nothing is
 * @throws DaybookError what `cassandraFailure` gives
 */
export async function durabilityNote(cluster: CassandraCluster): Promise<string | undefined> {
  const alone = (await copiesOfKeyspaces(cluster)).filter(({ copies }) => copies <= 1).map(({ name }) => name);
  if (alone.length === 0) return undefined;
  const setting = await commitlogSync(cluster);
  if (setting === 'batch' || setting === 'group') return undefined;
  const when = setting === undefined ? 'may acknowledge' : 'acknowledges';
  return (
    `keyspaces ${alone.join(' and ')} have one copy, and Cassandra ${when} a write before it is on the disk ` +
    `(commitlog_sync: ${setting ?? 'not to be read by this user'}): a node that crashes loses what came last. Set ` +
    'commitlog_sync: batch in cassandra.yaml, without commitlog_sync_period, or give the keyspaces three copies'
  );
}

/** The fewest copies of each keyspace in any data centre. */
async function copiesOfKeyspaces(
  cluster: CassandraCluster,
): Promise<readonly { readonly name: string; readonly copies: number }[]> {
  const names = [DATA_KEYSPACE, OWN_KEYSPACE];
  const found = await cluster.runEach(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    names.map((name) => [name]),
  );
  return names.map((name, index) => {
    const replication = (found[index]?.[0]?.get('replication') ?? {}) as Readonly<Record<string, string>>;
    const copies = Object.entries(replication)
      .filter(([key]) => key !== 'class')
      // '3/1' is three, of which one is transient.
      .map(([, value]) => Number.parseInt(value, 10));
    return { name, copies: Math.min(...copies) };
  });
}

/** Cassandra's setting; undefined when this user may not read it, or the cluster has no such table. */
async function commitlogSync(cluster: CassandraCluster): Promise<string | undefined> {
  try {
    const rows = await cluster.run(`SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'`);
    const value: unknown = rows[0]?.get('value');
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    if (!(error instanceof DaybookError) || error.retryable) throw error;
    return undefined;
  }
}
