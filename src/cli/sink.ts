import type { Command } from 'commander';
import { machineClock } from '../runtimes/machine/clock.ts';
import { SINKS } from '../runtimes/stack/run-sink.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import { cassandraOption, configOption, kafkaOption, logLevelOption, postgresOption } from './options.ts';

interface SinkFlags {
  readonly kafka: string;
  readonly logLevel: string;
  readonly config: string;
}

export function addSink(program: Command): void {
  const sink = program.command('sink').description('carry what the topics hold into a store, until it is stopped');
  sink
    .command('postgres')
    .description('reports and refused records into PostgreSQL')
    .addOption(kafkaOption().makeOptionMandatory())
    .addOption(postgresOption().makeOptionMandatory())
    .addOption(logLevelOption('info'))
    .addOption(configOption())
    .addHelpText('after', HELP)
    .action((flags: SinkFlags & { readonly postgres: string }) => run('postgres', flags.postgres, flags));
  sink
    .command('cassandra')
    .description('raw records and reports into Cassandra')
    .addOption(kafkaOption().makeOptionMandatory())
    .addOption(cassandraOption().makeOptionMandatory())
    .addOption(logLevelOption('info'))
    .addOption(configOption())
    .addHelpText('after', HELP)
    .action((flags: SinkFlags & { readonly cassandra: string }) => run('cassandra', flags.cassandra, flags));
}

const HELP = `
Any number of them may run at once; they share the partitions out. What is written is exact however they end: where a sink
goes on stands in the store, beside the rows. TLS, users and passwords are read from the environment, or files that it
names: DAYBOOK_KAFKA_TLS, DAYBOOK_POSTGRES_PASSWORD_FILE, … SIGTERM or Ctrl-C ends it cleanly.

Examples:
  daybook sink postgres --kafka 127.0.0.1:9092 --postgres 127.0.0.1:5432/daybook
  daybook sink cassandra --kafka 127.0.0.1:9092 --cassandra 127.0.0.1:9042`;

async function run(name: keyof typeof SINKS, store: string, { kafka, logLevel, config }: SinkFlags): Promise<void> {
  const clock = machineClock();
  const plan = await loadPlan(config);
  const signal = interruption(clock);
  await SINKS[name]({ plan, kafka, store, clock, logLevel, signal });
  process.stdout.write('Stopped.\n');
}
