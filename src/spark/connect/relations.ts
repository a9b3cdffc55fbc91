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

function read(format: string, options: Readonly<Record<string, string>>, isStreaming: boolean): Relation {
  const source = { case: 'dataSource' as const, value: { format, options } };
  return create(RelationSchema, { relType: { case: 'read', value: { isStreaming, readType: source } } });
}
