import { duckDbSql } from '../compile/duckdb/duckdb.ts';
import { kafkaTopics } from '../compile/kafka/topics.ts';
import { openApi } from '../compile/openapi/openapi.ts';
import { ossie } from '../compile/ossie/ossie.ts';
import { postgresSql } from '../compile/postgres/postgres.ts';
import type { Plan } from '../plan/plan.ts';
import { applyTopics } from '../sources/kafka/topics.ts';
import { applyPostgres } from '../stores/postgres/apply.ts';
import { openPostgres } from '../stores/postgres/database.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { postgresConnection } from './postgres-connection.ts';

export interface CompileOptions {
  /** Of Kafka's topics; undefined: the usual number, or what is there. */
  readonly partitions: number | undefined;
}

export interface ApplyOptions extends CompileOptions {
  /** Where the target is, as its clients take it. */
  readonly address: string;
  /** What may be taken away: a table, or a table's column as `table.column`. */
  readonly drop: readonly string[];
}

/** What became of an `apply`. With refusals, nothing was changed. */
export interface Applied {
  /** What was done, and what was left as it is, a sentence each; none: all was there. */
  readonly notes: readonly string[];
  /** What would lose data, a sentence each that says what to do. */
  readonly refusals: readonly string[];
}

/** What each part would be given, as text. */
export const COMPILE: Readonly<Record<string, (plan: Plan, options: CompileOptions) => string>> = {
  kafka: (plan, options) => json(kafkaTopics(plan, toldPartitions(options))),
  postgres: (plan) => postgresSql(plan).script,
  openapi: (plan) => json(openApi(plan)),
  ossie: (plan) => json(ossie(plan)),
  duckdb: duckDbScript,
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
    return applyPostgres(database, plan, drop);
  },
};

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
