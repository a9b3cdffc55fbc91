import { Option } from 'commander';
import type { Command } from 'commander';
import { present } from '../base/assert.ts';
import { formatDay, parseDay } from '../base/calendar.ts';
import { counted } from '../base/counted.ts';
import { openLogAlone } from '../runtimes/log-alone.ts';
import type { DayFile, DayFileFormat } from '../runtimes/export-days.ts';
import { exportDays } from '../runtimes/export-days.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import { interruption } from './interruption.ts';
import { openToRead } from './open-to-read.ts';
import {
  configOption,
  dataOption,
  day,
  fromOption,
  toOption,
  requireOneDaybook,
  urlOption,
  requireDaysInOrder,
} from './options.ts';
import { showProgress } from './progress.ts';

interface ExportFlags {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out: string;
  readonly format: DayFileFormat;
  readonly closed: boolean;
  readonly fromLog: boolean;
  readonly data: string;
  readonly url?: string;
  readonly config: string;
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write raw records to files, one a business day')
    .addOption(new Option('--date <day>', 'one business day, YYYY-MM-DD').argParser(day).conflicts(['from', 'to']))
    .addOption(fromOption())
    .addOption(toOption())
    .requiredOption('--out <folder>', 'where the files go; made when it is not there')
    .addOption(new Option('--format <format>', 'of the files').choices(['parquet', 'csv', 'ndjson']).default('parquet'))
    .option('--closed', 'fail when a day of these is open, and write nothing', false)
    .addOption(
      new Option('--from-log', 'all records of a log that is not opened because some repeat others; not the repeats')
        .default(false)
        .conflicts(['date', 'from', 'to', 'closed', 'url']),
    )
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Parquet and CSV have the fields of the definition. What else a record had is in NDJSON, which has its line as it came, and stays
in the log.

A day is open until a sale more than its lateness (7 days, unless the definition says otherwise) newer has come. Till
then records of it are expected, so its file may not have all of them.

Examples:
  daybook export --date 2026-03-04 --out files
  daybook export --from 2026-03-01 --to 2026-03-31 --out files --format csv`,
    )
    .hook('preAction', requireOneDaybook)
    .action(exportCommand);
}

async function exportCommand(flags: ExportFlags): Promise<void> {
  const from = flags.date ?? flags.from;
  const to = flags.date ?? flags.to;
  if (from === undefined && to === undefined && !flags.fromLog)
    throw usageError('Say which days: --date, or --from and --to.');
  requireDaysInOrder({ from, to });
  const plan = await loadPlan(flags.config);
  const clock = machineClock();
  const signal = interruption(clock);
  const runtime = flags.fromLog ? await openLogAlone(plan, flags.data) : await openToRead(plan, flags, clock);
  const progress = showProgress('Exporting', clock);
  try {
    const files = await exportDays({
      runtime,
      range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      folder: flags.out,
      format: flags.format,
      isClosedOnly: flags.closed,
      signal,
      onProgress: (records, total) => progress.update(records, total, counted(records, 'record')),
    });
    progress.end();
    process.stdout.write(files.map((file) => `${fileLine(file, plan.stream.latenessDays)}\n`).join(''));
    if (files.length === 0) process.stdout.write('There are no records of these days; no file was written.\n');
  } finally {
    progress.end();
    await runtime.close();
  }
}

function fileLine({ day: name, path, records, bytes, complete }: DayFile, latenessDays: number): string {
  const closing = formatDay(present(parseDay(name), 'a file is of a day') + latenessDays + 1);
  const open = complete ? '' : `; the day is open until a sale of ${closing} or later has come: export it again then`;
  return `${path}: ${counted(records, 'record')}, ${counted(bytes, 'byte')}${open}`;
}
