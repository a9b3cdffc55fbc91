import type { Plan } from '../../plan/plan.ts';

/**
 * The consumer group of all sinks of a stream into a store. A stream's own: members of a group that read other topics would
 * be given each other's partitions.
 */
export function sinkGroup(store: 'postgres' | 'cassandra', { stream }: Plan): string {
  return `daybook-${store}-${stream.name}`;
}
