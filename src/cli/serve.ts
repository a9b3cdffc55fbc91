import type { Command } from 'commander';
import { join } from 'node:path';
import { machineClock } from '../runtimes/machine/clock.ts';
import { serveStack } from '../runtimes/stack/serve-stack.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import {
  allowHostOption,
  cassandraOption,
  configOption,
  hostOption,
  kafkaOption,
  logLevelOption,
  portOption,
  postgresOption,
} from './options.ts';

/** The built pages. */
const PAGES = join(import.meta.dirname, '../../web/dist');

interface ServeFlags {
  readonly kafka: string;
  readonly postgres: string;
  readonly cassandra: string;
  readonly port: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  readonly logLevel: string;
  readonly config: string;
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('the dashboard, API and pages on Kafka, PostgreSQL and Cassandra')
    .addOption(kafkaOption().makeOptionMandatory())
    .addOption(postgresOption().makeOptionMandatory())
    .addOption(cassandraOption().makeOptionMandatory())
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(allowHostOption())
    .addOption(logLevelOption('warn'))
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Reports come from PostgreSQL, raw records from Cassandra, what is live from the topics; POST /api/v1/records writes to the
stream's topic. Pages see whole frames only. TLS, users and passwords are read from the environment, or files that it
names: DAYBOOK_KAFKA_TLS, DAYBOOK_POSTGRES_PASSWORD_FILE, DAYBOOK_CASSANDRA_USER, …

Examples:
  daybook serve --kafka 127.0.0.1:9092 --postgres 127.0.0.1:5432/daybook --cassandra 127.0.0.1:9042`,
    )
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const clock = machineClock();
  const signal = interruption(clock);
  await serveStack({
    plan: await loadPlan(flags.config),
    kafka: flags.kafka,
    postgres: flags.postgres,
    cassandra: flags.cassandra,
    host: flags.host,
    allowHosts: flags.allowHost,
    port: flags.port,
    pages: PAGES,
    logLevel: flags.logLevel,
    clock,
    signal,
    onReady: (url) => process.stdout.write(`Daybook is ready at ${url}\n`),
  });
  process.stdout.write('Stopped.\n');
}
