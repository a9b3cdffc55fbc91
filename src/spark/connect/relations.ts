import { create } from '@bufbuild/protobuf';
import type { Relation } from './protocol/relations_pb.ts';
import { RelationSchema } from './protocol/relations_pb.ts';

export type { Relation } from './protocol/relations_pb.ts';

/** What a query gives. It may name views of the session. */
export function query(sql: string): Relation {
  return create(RelationSchema, { relType: { case: 'sql', value: { query: sql } } });
}

/** What a source has and gets, such as a Kafka topic's messages; `options` are those of the source's format. */
export function stream(format: string, options: Readonly<Record<string, string>>): Relation {
  return read(format, options, true);
}

/** What a source has when it is read. */
export function table(format: string, options: Readonly<Record<string, string>>): Relation {
  return read(format, options, false);
}

/** The rows without those that have a key again; of a stream, those of all time. */
export function deduplicate(input: Relation, keys: readonly string[]): Relation {
  return create(RelationSchema, { relType: { case: 'deduplicate', value: { input, columnNames: [...keys] } } });
}

/** The same rows in no more parts than so many, each as long as it was: parts are put behind one another, not mixed. */
export function inFewerParts(input: Relation, numPartitions: number): Relation {
  return create(RelationSchema, { relType: { case: 'repartition', value: { input, numPartitions, shuffle: false } } });
}

/**
 * The same rows; of a stream, each batch's progress tells metrics of them under `name`.
 * @param metrics  aggregates in SQL, by the metric's name
 */
export function observe(input: Relation, name: string, metrics: Readonly<Record<string, string>>): Relation {
  const expressions = Object.entries(metrics).map(([metric, sql]) => ({
    exprType: { case: 'expressionString' as const, value: { expression: `${sql} AS ${metric}` } },
  }));
  return create(RelationSchema, { relType: { case: 'collectMetrics', value: { input, name, metrics: expressions } } });
}

function read(format: string, options: Readonly<Record<string, string>>, isStreaming: boolean): Relation {
  const source = { case: 'dataSource' as const, value: { format, options } };
  return create(RelationSchema, { relType: { case: 'read', value: { isStreaming, readType: source } } });
}
