import { zoneOffsets } from '../base/zone-offsets.ts';
import { cassandraCql } from '../compile/cassandra/cassandra.ts';
import { duckDbSql } from '../compile/duckdb/duckdb.ts';
import { kafkaTopics } from '../compile/kafka/topics.ts';
import { openApi } from '../compile/openapi/openapi.ts';
import { ossie } from '../compile/ossie/ossie.ts';
import { sparkScript, sparkSql } from '../compile/spark/spark.ts';
import { postgresSql } from '../compile/postgres/postgres.ts';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { applyTopics } from '../sources/kafka/topics.ts';
import { applyCassandra } from '../stores/cassandra/apply.ts';
import { openCassandra } from '../stores/cassandra/cluster.ts';
import { applyPostgres } from '../stores/postgres/apply.ts';
import { openPostgres } from '../stores/postgres/database.ts';
import { applySuperset } from './apply-superset.ts';
import { cassandraConnection } from './cassandra-connection.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { postgresConnection } from './postgres-connection.ts';
import { secretOf } from './machine/secrets.ts';
import { supersetZip } from './superset-bundle.ts';

export interface CompileOptions {
  /** Of Kafka's topics; undefined: the usual number, or what is there. */
  readonly partitions: number | undefined;
  /** How Superset reaches the reports in PostgreSQL, with a user and without a password. */
  readonly reportsUrl: string;
}

export interface ApplyOptions extends CompileOptions {
  /** Where the target is, as its clients take it. */
  readonly address: string;
  /** What may be taken away: a table, or a table's column as `table.column`. */
  readonly drop: readonly string[];
  /** As whom, where the target asks. */
  readonly user: string | undefined;
}

/** What became of an `apply`. With refusals, nothing was changed. */
export interface Applied {
  /** What was done, and what was left as it is, a sentence each; none: all was there. */
  readonly notes: readonly string[];
  /** What would lose data, a sentence each that says what to do. */
  readonly refusals: readonly string[];
}

/** What each part would be given: text, or the bytes of a file. */
export const COMPILE: Readonly<Record<string, (plan: Plan, options: CompileOptions) => string | Uint8Array>> = {
  kafka: (plan, options) => json(kafkaTopics(plan, toldPartitions(options))),
  spark: (plan) => sparkScript(sparkSql(plan, zoneOffsets(plan.stream.timeZone)), plan.stream.name),
  postgres: (plan) => postgresSql(plan).script,
  cassandra: (plan) => cassandraCql(plan).script,
  openapi: (plan) => json(openApi(plan)),
  ossie: (plan) => json(ossie(plan)),
  duckdb: duckDbScript,
  superset: (plan, { reportsUrl }) => supersetZip(plan, reportsUrl),
};

/** Gives each part what it needs. */
export const APPLY: Readonly<Record<string, (plan: Plan, options: ApplyOptions) => Promise<Applied>>> = {
  kafka: (plan, options) =>
    applyTopics({
      connection: kafkaConnection(options.address),
      topics: kafkaTopics(plan, toldPartitions(options)),
      isPartitionsTold: options.partitions !== undefined,
    }),
  postgres: async (plan, { address, drop }) => {
    await using database = openPostgres(postgresConnection(address));
    return await applyPostgres(database, plan, drop);
  },
  cassandra: async (plan, { address, drop }) => {
    await using cluster = openCassandra(cassandraConnection(address));
    return await applyCassandra(cluster, plan, drop);
  },
  superset: importIntoSuperset,
};

async function importIntoSuperset(plan: Plan, options: ApplyOptions): Promise<Applied> {
  const { address, user, reportsUrl } = options;
  const password = secretOf('DAYBOOK_SUPERSET_PASSWORD');
  if (user === undefined || password === undefined) {
    throw new DaybookError(
      'USAGE',
      'Superset asks who imports: name the user with --user, and the file of the password in DAYBOOK_SUPERSET_PASSWORD_FILE.',
    );
  }
  const databasePassword = secretOf('DAYBOOK_REPORTS_PASSWORD');
  await applySuperset({ url: address, user, password, databasePassword, bundle: supersetZip(plan, reportsUrl) });
  const { title } = plan.dashboard;
  const charts = counted(plan.dashboard.tiles.length, 'chart');
  return { notes: [`The dashboard '${title}' with ${charts} is in Superset at ${address}`], refusals: [] };
}

/** What `verify` has DuckDB run. */
function duckDbScript(plan: Plan): string {
  const { setUp, insertRecords, findRepeats, reports, countCompared } = duckDbSql(plan, []);
  const statements = [
    ...setUp,
    insertRecords('records.ndjson'),
    findRepeats,
    ...reports.flatMap(({ compare, differences }) => [compare, countCompared, differences]),
  ];
  return statements.map((statement) => `${statement};\n`).join('\n');
}

function toldPartitions({ partitions }: CompileOptions): { readonly partitions?: number } {
  return partitions === undefined ? {} : { partitions };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
