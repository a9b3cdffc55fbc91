import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option } from 'commander';
import type { Command } from 'commander';
import { machineClock } from '../runtimes/machine/clock.ts';
import { runSpark } from '../runtimes/stack/run-spark.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import { configOption, kafkaOption, logLevelOption, wholeNumber } from './options.ts';

interface SparkFlags {
  readonly kafka: string;
  readonly spark: string;
  readonly checkpoints: string;
  readonly statePartitions: number;
  readonly leaveRunning?: true;
  readonly logLevel: string;
  readonly config: string;
}

export function addSpark(program: Command): void {
  const spark = program.command('spark').description('have Spark keep the reports from the stream’s topic');
  spark
    .command('run')
    .description('start the query or find it, keep it running and say what it does, until it is stopped')
    .addOption(kafkaOption().makeOptionMandatory())
    .addOption(
      new Option('--spark <sc://host:port>', 'a Spark Connect server').env('DAYBOOK_SPARK').makeOptionMandatory(),
    )
    .addOption(
      new Option('--checkpoints <folder>', 'a folder or its URI that all of Spark’s processes reach')
        .env('DAYBOOK_SPARK_CHECKPOINTS')
        .default('.daybook/spark'),
    )
    .addOption(
      new Option(
        '--state-partitions <number>',
        'in how many parts the state is kept, and at most the topic is read; what it began with holds for ever',
      )
        .env('DAYBOOK_SPARK_STATE_PARTITIONS')
        .default(2)
        .argParser(wholeNumber(1, 10_000)),
    )
    .addOption(new Option('--leave-running', 'end without stopping the query'))
    .addOption(logLevelOption('info'))
    .addOption(configOption())
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
It needs the topics that 'daybook apply --target kafka' makes. What it did and how far it came stands in topics and in the
folder of checkpoints, so it may end at any time; the query goes on in Spark when it is killed, and it goes on with the
query when it is started again. Of several that run, one supervises and the others wait to take its place.
Records for days that are closed are counted, and their days are computed again from the whole topic.
SIGTERM or Ctrl-C stops the query, which goes on where it was at the next start, and ends cleanly.

Examples:
  daybook spark run --kafka 127.0.0.1:9092 --spark sc://127.0.0.1:15002
  daybook spark run --kafka kafka:9092 --spark sc://spark:15002 --checkpoints hdfs://names/daybook --state-partitions 48`;

async function run(flags: SparkFlags): Promise<void> {
  const { kafka, spark, checkpoints, statePartitions, logLevel } = flags;
  const clock = machineClock();
  await runSpark({
    plan: await loadPlan(flags.config),
    kafka,
    spark,
    checkpoints: /^[a-z][a-z0-9+.-]+:/i.test(checkpoints) ? checkpoints : pathToFileURL(resolve(checkpoints)).href,
    statePartitions,
    clock,
    logLevel,
    leaveRunning: flags.leaveRunning === true,
    signal: interruption(clock),
  });
  process.stdout.write('Stopped.\n');
}
