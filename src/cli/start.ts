import { Option } from 'commander';
import type { Command } from 'commander';
import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import type { Clock } from '../ports/clock.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { serve } from '../runtimes/serve.ts';
import { loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import { abandonment, interruption } from './interruption.ts';
import { notices } from './notices.ts';
import {
  allowHostOption,
  configOption,
  dataOption,
  hostOption,
  isGiven,
  logLevelOption,
  numberIn,
  portOption,
  stateBytes,
  stateOption,
  switchOption,
  wholeNumber,
} from './options.ts';

/** The built pages. */
const PAGES = join(import.meta.dirname, '../../web/dist');

interface StartFlags {
  readonly port: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  readonly data: string;
  readonly config: string;
  readonly generate: boolean;
  readonly fromKafka?: string;
  readonly topic?: string;
  readonly schedules: boolean;
  readonly rate: number;
  readonly seed: number;
  readonly catalog?: string;
  readonly logLevel: string;
  readonly stateMb: number;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .description('log, engine, API and dashboard in one process; generates sales unless told not to')
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(allowHostOption())
    .addOption(dataOption())
    .addOption(switchOption('--no-generate', 'take only the sales that are sent or imported', 'DAYBOOK_NO_GENERATE'))
    .addOption(
      new Option(
        '--from-kafka <host:port>',
        'read the records of a Kafka topic, each once, and generate none; several brokers with commas between',
      ).env('DAYBOOK_FROM_KAFKA'),
    )
    .addOption(
      new Option('--topic <name>', "the topic that is read; the stream's name unless told").env('DAYBOOK_TOPIC'),
    )
    .addOption(switchOption('--no-schedules', "leave out what the definition's schedules say", 'DAYBOOK_NO_SCHEDULES'))
    .addOption(
      new Option('--rate <number>', 'generated sales a second')
        .env('DAYBOOK_RATE')
        .default(1)
        .argParser(numberIn(0.001, 100_000)),
    )
    .addOption(
      new Option('--seed <number>', 'the same seed generates the same shop')
        .env('DAYBOOK_SEED')
        .default(1)
        .argParser(wholeNumber(0, 2 ** 32 - 1)),
    )
    .addOption(
      new Option('--catalog <file>', 'a CSV of order lines to draw customers and products from').env('DAYBOOK_CATALOG'),
    )
    .addOption(logLevelOption('warn'))
    .addOption(stateOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Each flag can be set in the environment: DAYBOOK_PORT, DAYBOOK_HOST, DAYBOOK_DATA, DAYBOOK_RATE, DAYBOOK_SEED, …
A flag goes first. SIGTERM or Ctrl-C ends it cleanly; Ctrl-C once more ends it at once. Started by npm, it ends with it.

Examples:
  daybook start
  daybook start --no-generate --data ../my-shop --port 8080
  daybook start --from-kafka 127.0.0.1:9092 --data ../my-shop`,
    )
    .hook('preAction', requireSense)
    .action(start);
}

/** @throws DaybookError `USAGE` when flags do not go together */
function requireSense(command: Command): void {
  const none = ['generate', 'fromKafka'].find((option) => isGiven(command, option));
  const how = ['rate', 'seed', 'catalog'].find((option) => isGiven(command, option));
  if (none !== undefined && how !== undefined) {
    const flag = none === 'generate' ? '--no-generate' : '--from-kafka';
    throw usageError(`--${how} is of sales that are generated, and ${flag} generates none. Leave one of them out.`);
  }
  if (isGiven(command, 'topic') && command.getOptionValue('fromKafka') === undefined) {
    throw usageError('--topic needs --from-kafka: where the topic is.');
  }
}

async function start(flags: StartFlags): Promise<void> {
  const clock = machineClock();
  using ending = new DisposableStack();
  const ended = ending.adopt(new AbortController(), (controller) => controller.abort());
  const signal = AbortSignal.any([interruption(clock), abandonment(clock, ended.signal)]);
  const plan = await loadPlan(flags.config);
  const { rate, seed, catalog, fromKafka } = flags;
  await serve({
    plan,
    root: flags.data,
    host: flags.host,
    allowHosts: flags.allowHost,
    port: flags.port,
    pages: PAGES,
    logLevel: flags.logLevel,
    stateBytesMax: stateBytes(flags.stateMb),
    topic: fromKafka === undefined ? undefined : { brokers: fromKafka, name: flags.topic },
    generate:
      flags.generate && fromKafka === undefined ? { rate, seed, ...(catalog !== undefined && { catalog }) } : undefined,
    isScheduled: flags.schedules,
    clock,
    signal,
    onReady: (url) => process.stdout.write(`Daybook is ready at ${url}\n`),
    ...startNotices(clock),
  });
  process.stdout.write('Stopped.\n');
}

/** Also says, once, how much of the log had to be read again. */
function startNotices(clock: Clock): ReturnType<typeof notices> {
  const { onNotice, onProgress } = notices(clock);
  let isSaid = false;
  return {
    onNotice,
    onProgress: (records, total) => {
      onProgress(records, total);
      if (isSaid || records < total || total === 0) return;
      isSaid = true;
      onNotice(`Recovered: read ${counted(total, 'record')} of the log again.`);
    },
  };
}
