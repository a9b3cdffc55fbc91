import { Option } from 'commander';
import type { Command } from 'commander';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatDay, zone } from '../base/calendar.ts';
import { counted } from '../base/counted.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { GenerateOptions, GenerateTarget, Generated } from '../runtimes/generate.ts';
import { generate } from '../runtimes/generate.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import { interruption } from './interruption.ts';
import { configOption, fromOption, numberIn, toOption, wholeNumber, requireDaysInOrder } from './options.ts';
import { outputEnded } from './output.ts';
import { showProgress } from './progress.ts';

interface TargetFlags {
  readonly toHttp?: string;
  readonly toKafka?: string;
  readonly out?: string;
}

/** What is to be generated, where it goes, and by which definition. */
interface GenerateFlags
  extends Omit<GenerateOptions, 'plan' | 'target' | 'clock' | 'signal' | 'onProgress'>, TargetFlags {
  readonly overwrite: boolean;
  readonly config: string;
}

export function addGenerate(program: Command): void {
  const share = (flags: string, description: string): Option =>
    new Option(flags, description).default(0).argParser(numberIn(0, 1));
  program
    .command('generate')
    .description('make up sales, the same bytes for the same seed and flags')
    .addOption(fromOption().makeOptionMandatory())
    .addOption(toOption().makeOptionMandatory())
    .addOption(
      new Option('--per-day <number>', 'about so many sales a day').default(1000).argParser(wholeNumber(1, 10_000_000)),
    )
    .addOption(
      new Option('--rate <number>', 'so many a second; as fast as can be unless told')
        .env('DAYBOOK_RATE')
        .argParser(numberIn(0.001, 10_000_000)),
    )
    .addOption(
      new Option('--seed <number>', 'another seed, other sales')
        .env('DAYBOOK_SEED')
        .default(1)
        .argParser(wholeNumber(0, 2 ** 32 - 1)),
    )
    .addOption(
      new Option('--catalog <file>', 'a CSV of order lines to draw customers and products from').env('DAYBOOK_CATALOG'),
    )
    .addOption(share('--duplicates <share>', 'share of records sent once more, 0 to 1; every second one altered'))
    .addOption(share('--late <share>', 'share of records that come after their time, 0 to 1'))
    .addOption(share('--corrupt <share>', 'share of records that cannot be accepted, 0 to 1'))
    .addOption(new Option('--to-http <url>', 'send them to the Daybook that serves there').conflicts('out'))
    .addOption(
      new Option('--to-kafka <host:port>', "send them to the stream's topic there").conflicts(['out', 'toHttp']),
    )
    .addOption(new Option('--out <file>', 'write them to a file; standard output unless told'))
    .addOption(new Option('--answer-key <file>', 'write the exact reports that they must give, as JSON'))
    .option('--overwrite', 'write over files that are there', false)
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Examples:
  daybook generate --from 2026-03-01 --to 2026-03-31 --out march.ndjson --answer-key march.json
  daybook generate --from 2026-03-01 --to 2026-03-01 --rate 50 --to-http http://127.0.0.1:4000
  daybook generate --from 2026-03-01 --to 2026-03-01 --to-kafka 127.0.0.1:9092`,
    )
    .action(generateCommand);
}

async function generateCommand(flags: GenerateFlags): Promise<void> {
  requireDaysInOrder(flags);
  await requireFreePaths(flags);
  const plan = await loadPlan(flags.config);
  const clock = machineClock();
  const progress = showProgress('Generating', clock);
  try {
    const target = targetOf(flags);
    const generated = await generate({
      ...flags,
      plan,
      target,
      clock,
      signal: AbortSignal.any([interruption(clock), ...(target.kind === 'stream' ? [outputEnded] : [])]),
      onProgress: (records, share) => progress.update(Math.round(share * 1000), 1000, counted(records, 'record')),
    });
    progress.end();
    for (const line of summaryLines(generated, flags, today(plan, clock))) process.stderr.write(`${line}\n`);
    if (generated.isStopped) process.exitCode = 1;
  } finally {
    progress.end();
  }
}

/** @throws DaybookError `USAGE` when a file would be lost, before hours are spent on what should take its place */
async function requireFreePaths({ out, answerKey, overwrite }: GenerateFlags): Promise<void> {
  if (out !== undefined && answerKey !== undefined && resolve(out) === resolve(answerKey)) {
    throw usageError('--out and --answer-key name one file. Give each its own.');
  }
  if (overwrite) return;
  for (const path of [out, answerKey]) {
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    // What cannot be looked at cannot be written either, which is told then.
    if (found?.isFile() !== true || found.size === 0) continue;
    throw usageError(`The file ${path} is there already. Name another, or write over it with --overwrite.`);
  }
}

function targetOf({ toHttp, toKafka, out }: TargetFlags): GenerateTarget {
  if (toHttp !== undefined) return { kind: 'http', url: toHttp };
  if (toKafka !== undefined) return { kind: 'kafka', brokers: toKafka };
  return out === undefined ? { kind: 'stream', stream: process.stdout } : { kind: 'file', path: out };
}

/** The store's day, as YYYY-MM-DD. */
function today({ stream }: Plan, clock: Clock): string {
  return formatDay(zone(stream.timeZone).localTime(clock.nowMs()).day);
}

/** On standard error, since the records themselves may be on standard output. */
function summaryLines(generated: Generated, flags: GenerateFlags, todayText: string): readonly string[] {
  const { records, acceptance, isStopped, placesNotFound } = generated;
  return [
    ...(isStopped ? ['Stopped before the end.'] : []),
    `${counted(records, 'record')} from ${flags.from} to ${flags.to}, seed ${flags.seed}`,
    ...(acceptance === undefined
      ? []
      : [
          // Whoever reads a topic finds the repeats in it.
          flags.toKafka === undefined
            ? `${acceptance.accepted} accepted, ${counted(acceptance.duplicates, 'duplicate')}, ${acceptance.quarantined} quarantined`
            : `${acceptance.accepted} written to Kafka, ${acceptance.quarantined} quarantined`,
        ]),
    ...placesNotFound.map(
      ({ city, state, count }) => `Not found on the map: ${city}, ${state} (${counted(count, 'customer')})`,
    ),
    ...(flags.to <= todayText
      ? []
      : [`Records of days after ${todayText}, which is today, are refused until their day has come.`]),
    ...(flags.answerKey === undefined || isStopped ? [] : [`The reports that they must give: ${flags.answerKey}`]),
  ];
}
