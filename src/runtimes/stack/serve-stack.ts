import { pino } from 'pino';
import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import { startServer } from '../../server/server.ts';
import { openCassandra } from '../../stores/cassandra/cluster.ts';
import { openPostgres } from '../../stores/postgres/database.ts';
import { cassandraConnection } from '../cassandra-connection.ts';
import { kafkaConnection } from '../kafka-connection.ts';
import { startFailure } from '../port-holder.ts';
import { postgresConnection } from '../postgres-connection.ts';
import { untilAborted } from '../until-aborted.ts';
import { openStackRuntime } from './stack.ts';

export interface ServeStackOptions {
  readonly plan: Plan;
  /** Where each part is, as its connection takes it. */
  readonly kafka: string;
  readonly postgres: string;
  readonly cassandra: string;
  readonly host: string;
  /** Names besides its own that it is called by, as by a proxy. */
  readonly allowHosts: readonly string[];
  /** 0: one that is free. */
  readonly port: number;
  /** The folder of the built pages. */
  readonly pages: string;
  readonly logLevel: string;
  readonly clock: Clock;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  readonly onReady: (url: string) => void;
}

/**
 * Serves the API and the pages of a stack until the signal. Any number of these may run.
 * @throws DaybookError `PORT_TAKEN`, `HOST_UNKNOWN`, `SETTING_WRONG`, `SETTING_FILE`
 */
export async function serveStack(options: ServeStackOptions): Promise<void> {
  const { plan, host, port, clock, signal } = options;
  const logger = pino({ level: options.logLevel }, process.stderr);
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openPostgres(postgresConnection(options.postgres)));
  const cluster = stack.use(openCassandra(cassandraConnection(options.cassandra)));
  const connection = kafkaConnection(options.kafka);
  const runtime = openStackRuntime({ plan, connection, database, cluster, clock, logger });
  stack.defer(() => runtime.close());
  const { allowHosts, pages } = options;
  const starting = startServer({ runtime, host, allowHosts, port, pages, logger, clock });
  const server = await starting.catch(async (error: unknown) => {
    throw await startFailure(error, host, port, clock);
  });
  stack.defer(() => server.close());
  options.onReady(server.url);
  await untilAborted(signal);
}
