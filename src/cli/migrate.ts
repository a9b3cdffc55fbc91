import { Option } from 'commander';
import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { Migration } from '../runtimes/stack/migrate.ts';
import { migrate } from '../runtimes/stack/migrate.ts';
import type { RowDifference } from '../runtimes/stack/reconcile.ts';
import { cellText } from '../runtimes/stack/reconcile.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import { openToRead } from './open-to-read.ts';
import { configOption, dataOption, postgresOption, requireOneDaybook, urlOption, wholeNumber } from './options.ts';
import { printableLines } from './printable.ts';
import { showProgress } from './progress.ts';

const LISTED_MAX = 10;
const PHASES = {
  records: 'records sent',
  quarantine: 'refused records sent',
  reports: 'records in the reports',
  'closed days': 'closed days computed again',
};

interface MigrateFlags {
  readonly data: string;
  readonly url?: string;
  readonly toKafka: string;
  readonly postgres: string;
  readonly patience: number;
  readonly config: string;
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('replay a Daybook into a stack, and compare each row of each report')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(new Option('--to-kafka <host:port>', "the stack's brokers").env('DAYBOOK_KAFKA').makeOptionMandatory())
    .addOption(postgresOption().makeOptionMandatory())
    .addOption(
      new Option('--patience <seconds>', 'how long the stack may go without getting further')
        .default(600)
        .argParser(wholeNumber(1, 86_400)),
    )
    .addOption(configOption())
    .addHelpText(
      'after',
      `
All records go into the stream's topic in the order of the log, and what was refused into the quarantine's. The stack's
processes must run: daybook spark run, daybook sink postgres, daybook sink cassandra. Done again, nothing counts twice.
Exit code 0: all rows are equal; 1: some differ, or it could not be done.

Examples:
  daybook migrate --data ../my-shop --to-kafka 127.0.0.1:9092 --postgres 127.0.0.1:5432/daybook`,
    )
    .hook('preAction', requireOneDaybook)
    .action(run);
}

async function run(flags: MigrateFlags): Promise<void> {
  const { toKafka, postgres } = flags;
  const clock = machineClock();
  const signal = interruption(clock);
  const plan = await loadPlan(flags.config);
  const from = await openToRead(plan, flags, clock);
  const progress = showProgress('Migrating', clock);
  try {
    const migration = await migrate({
      plan,
      from,
      kafka: toKafka,
      postgres,
      clock,
      signal,
      patienceMs: flags.patience * 1000,
      differencesMax: LISTED_MAX,
      onProgress: (phase, done, total) => progress.update(done, total, `${done} of ${total} ${PHASES[phase]}`),
    });
    progress.end();
    process.stdout.write(printableLines(linesOf(migration)));
    if (migration.reports.some(({ differing }) => differing > 0)) process.exitCode = 1;
  } finally {
    progress.end();
    await from.close();
  }
}

function linesOf({ records, refused, quarantined, reports, differences }: Migration): readonly string[] {
  const differing = reports.reduce((sum, report) => sum + report.differing, 0);
  const again = refused === 0 ? '' : `, ${counted(refused, 'record')} refused by the definition as it is now`;
  return [
    `${counted(records, 'record')} and ${counted(quarantined, 'refused record')} sent${again}.`,
    ...differences.flatMap(differenceLines),
    ...(differing > differences.length ? [`and ${differing - differences.length} more rows`] : []),
    ...reports.map(
      ({ report, rows, differing: own }) =>
        `${report.name}: ${counted(rows, 'row')} compared, ${counted(own, 'difference')}`,
    ),
    differing === 0 ? 'All rows of the stack are those of the Daybook.' : 'The stack differs from the Daybook.',
  ];
}

function differenceLines({ report, key, here, there }: RowDifference): readonly string[] {
  if (here === undefined) return [`${report.name}: ${key}: only the stack has it`];
  if (there === undefined) return [`${report.name}: ${key}: the stack does not have it`];
  const values = report.measures
    .filter(({ name }) => here[name] !== there[name])
    .map(({ name }) => `  ${name} is ${cellText(here[name] ?? null)}, in the stack ${cellText(there[name] ?? null)}`);
  return [`${report.name}: ${key}`, ...values];
}
