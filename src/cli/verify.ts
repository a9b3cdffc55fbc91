import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { Verification } from '../runtimes/verify.ts';
import { verify } from '../runtimes/verify.ts';
import { loadPlan } from './config.ts';
import { VERIFY_FAILED, printFailure } from './failure.ts';
import { interruption } from './interruption.ts';
import { openToRead } from './open-to-read.ts';
import {
  configOption,
  dataOption,
  fromOption,
  toOption,
  requireOneDaybook,
  urlOption,
  requireDaysInOrder,
} from './options.ts';
import { printableLines } from './printable.ts';
import { showProgress } from './progress.ts';

/** So many differing rows are listed; the rest is counted. */
const LISTED_MAX = 10;
const EXIT_CODES = { agree: 0, differ: 1, failed: VERIFY_FAILED } as const;

interface VerifyFlags {
  readonly data: string;
  readonly url?: string;
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('compute every report again from the raw records, independently of the engine, and compare each row')
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Exit code 0: all rows agree, or there are none to compare; 1: some differ; 2: it could not be done.
All records of the log are read, also for some days only. The temporary folder (TMPDIR) needs room for what the reports
need of them, about 100 bytes a record. Sales may come in meanwhile. On the stack those of other days than --from and --to
may: without them, and where rows differ, verify asks for a moment without new records.

Examples:
  daybook verify
  daybook verify --data ../my-shop --from 2026-03-01 --to 2026-03-31`,
    )
    .hook('preAction', requireOneDaybook)
    .action(verifyCommand);
}

async function verifyCommand(flags: VerifyFlags): Promise<void> {
  try {
    const verification = await verifyFolder(flags, machineClock());
    process.stdout.write(printableLines(linesOf(verification)));
    process.exitCode = doAgree(verification) ? EXIT_CODES.agree : EXIT_CODES.differ;
  } catch (error) {
    printFailure(error);
    process.exitCode = EXIT_CODES.failed;
  }
}

async function verifyFolder(flags: VerifyFlags, clock: Clock): Promise<Verification> {
  const { from, to } = flags;
  requireDaysInOrder(flags);
  const plan = await loadPlan(flags.config);
  const signal = interruption(clock);
  const runtime = await openToRead(plan, flags, clock);
  const progress = showProgress('Verifying', clock);
  try {
    return await verify({
      runtime,
      range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      differencesMax: LISTED_MAX,
      signal,
      onProgress: (phase, done, total) =>
        progress.update(done, total, phase === 'reading' ? `${done} records read` : 'comparing'),
    });
  } finally {
    progress.end();
    await runtime.close();
  }
}

function doAgree({ reports, miscounted }: Verification): boolean {
  return miscounted === undefined && reports.every((report) => report.differing === 0);
}

function linesOf(verification: Verification): readonly string[] {
  const { records, miscounted, reports, differences } = verification;
  const differing = reports.reduce((sum, report) => sum + report.differing, 0);
  return [
    ...differences.flatMap(({ report, engine, records: given }) => [
      `${report.name}: ${nameOf(report, given ?? engine ?? {})}`,
      ...valueLines(report, engine, given),
    ]),
    ...(differing > differences.length ? [`and ${counted(differing - differences.length, 'more row')}`] : []),
    ...(miscounted === undefined
      ? []
      : [`The log holds ${counted(records, 'record')}, but the engine counts ${miscounted}.`]),
    ...reports.map(
      ({ report, rows, differing: own }) =>
        `${report.name}: ${counted(rows, 'row')} compared, ${counted(own, 'difference')}`,
    ),
    outcome(verification),
  ];
}

function outcome(verification: Verification): string {
  const { records, reports } = verification;
  if (!doAgree(verification)) return `The reports do not agree with the ${counted(records, 'raw record')}.`;
  if (records === 0) return 'Nothing was compared: there are no records yet.';
  return reports.every(({ rows }) => rows === 0)
    ? `Nothing was compared: no report has rows in these days, and none of the ${records} raw records is of them.`
    : `All reports agree with the ${counted(records, 'raw record')}.`;
}

type Side = Verification['differences'][number]['engine'];

/** Which row it is: its dimensions. */
function nameOf(report: ReportPlan, row: NonNullable<Side>): string {
  return report.dimensions.map(({ name }) => `${name} ${shown(row[name])}`).join(', ');
}

function valueLines(report: ReportPlan, engine: Side, given: Side): readonly string[] {
  if (engine === undefined) return ['  the engine has no such row'];
  if (given === undefined) return ['  the records give no such row'];
  return report.measures
    .filter(({ name }) => engine[name] !== given[name])
    .map(({ name }) => `  ${name} is ${shown(engine[name])}, but the records give ${shown(given[name])}`);
}

function shown(cell: string | null | undefined): string {
  return cell ?? 'null';
}
