import { pino } from 'pino';
import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import { openCassandra } from '../../stores/cassandra/cluster.ts';
import { openPostgres } from '../../stores/postgres/database.ts';
import { cassandraConnection } from '../cassandra-connection.ts';
import { kafkaConnection } from '../kafka-connection.ts';
import { postgresConnection } from '../postgres-connection.ts';
import { stepBack } from '../machine/priority.ts';
import { runCassandraSink } from './sink-cassandra.ts';
import { runPostgresSink } from './sink-postgres.ts';
import { SinkProgress } from './sink-progress.ts';

export interface RunSinkOptions {
  readonly plan: Plan;
  /** Brokers, as `kafkaConnection` takes them. */
  readonly kafka: string;
  /** The store's address. */
  readonly store: string;
  readonly clock: Clock;
  readonly logLevel: string;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
}

/** The sinks, by the store that they write into. Each runs until the signal, and throws what cannot succeed later. */
export const SINKS: Readonly<Record<'postgres' | 'cassandra', (options: RunSinkOptions) => Promise<void>>> = {
  postgres: async ({ plan, kafka, store, clock, logLevel, signal }) => {
    const logger = pino({ level: logLevel, base: { sink: 'postgres' } }, process.stderr);
    await using database = openPostgres(postgresConnection(store));
    const connection = kafkaConnection(kafka);
    const progress = new SinkProgress(clock, logger);
    await runPostgresSink({ plan, connection, database, progress, clock, logger, ended: signal });
  },
  cassandra: async ({ plan, kafka, store, clock, logLevel, signal }) => {
    // No page waits for what it writes.
    stepBack();
    const logger = pino({ level: logLevel, base: { sink: 'cassandra' } }, process.stderr);
    await using cluster = openCassandra(cassandraConnection(store));
    const connection = kafkaConnection(kafka);
    const progress = new SinkProgress(clock, logger);
    await runCassandraSink({ plan, connection, cluster, progress, clock, logger, ended: signal });
  },
};
