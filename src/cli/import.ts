import type { Command } from 'commander';
import { Argument } from 'commander';
import { counted } from '../base/counted.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataFolder } from '../runtimes/data-folder.ts';
import { openDataFolder } from '../runtimes/data-folder.ts';
import type { ImportedFile } from '../runtimes/import-files.ts';
import { checkFilesExist, importFiles, nameOf } from '../runtimes/import-files.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { markAtOnce } from '../runtimes/machine/marking.ts';
import { areWorthScanThread } from '../runtimes/scan-thread.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import { notices } from './notices.ts';
import { configOption, dataOption, stateBytes, stateOption } from './options.ts';
import { printableLines } from './printable.ts';
import { showProgress } from './progress.ts';

/** So many refusals, and places not found, are listed; the rest is counted. */
const LISTED_MAX = 5;

interface ImportFlags {
  readonly data: string;
  readonly config: string;
  readonly stateMb: number;
}

export function addImport(program: Command): void {
  program
    .command('import')
    .description('import sales from files; a file imported twice counts once')
    .addArgument(
      new Argument('<file...>', 'CSV, NDJSON or JSON, also packed with gzip or zstd, or Parquet; - is standard input'),
    )
    .addOption(dataOption())
    .addOption(stateOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
A table has the columns of a record, or those of order lines (superstore: order_id, row_id, order_date, sales, …);
the README lists both.
Exit code 0: something of each file is in; 1: nothing of one is (no records, or none that could be accepted), or it failed.

Examples:
  daybook import sales.csv more.ndjson.gz --data ../my-shop
  cat sales.ndjson | daybook import -`,
    )
    .action(importCommand);
}

async function importCommand(paths: readonly string[], flags: ImportFlags): Promise<void> {
  const plan = await loadPlan(flags.config);
  checkFilesExist(paths);
  const clock = machineClock();
  const signal = interruption(clock);
  const { onNotice, onProgress } = notices(clock);
  const folder = await openDataFolder({
    plan,
    root: flags.data,
    clock,
    create: true,
    scansElsewhere: areWorthScanThread(paths),
    stateBytesMax: stateBytes(flags.stateMb),
    onNotice,
    onProgress,
  });
  try {
    await importAll(paths, folder, clock, signal);
    // All records are durable and counted by now.
    await folder
      .fileDays(signal)
      .catch((error: unknown) => onNotice(error instanceof Error ? error.message : String(error)));
  } finally {
    await folder.close();
  }
}

async function importAll(
  paths: readonly string[],
  runtime: DataFolder,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const progress = showProgress('Importing', clock);
  markAtOnce();
  try {
    const files = importFiles({
      paths,
      runtime,
      clock,
      signal,
      refusalsMax: LISTED_MAX,
      onProgress: (path, bytesRead, bytesTotal, records) =>
        progress.update(bytesRead, bytesTotal, `${counted(records, 'record')} of ${path}`),
    });
    for await (const file of files) {
      progress.end();
      if (file.accepted + file.duplicates === 0) process.exitCode = 1;
      process.stdout.write(printableLines(summaryLines(file, runtime.url)));
    }
  } finally {
    progress.end();
  }
}

/** What became of so many that were refused: the same bytes are one entry of the quarantine. */
function kept(quarantined: number): string {
  return quarantined === 1 ? 'It is kept' : 'All of them are kept, those that are alike once';
}

/** @param url  of the Daybook that runs, if one does */
function summaryLines(file: ImportedFile, url: string | undefined): readonly string[] {
  const { path, accepted, duplicates, quarantined, refusals, placesNotFound } = file;
  const where = url === undefined ? 'the page /records of a running Daybook (daybook start)' : `${url}/records`;
  const placeless = placesNotFound.reduce((sum, place) => sum + place.count, 0);
  return [
    file.lines === 0
      ? `${nameOf(path)}: there are no records in it`
      : `${nameOf(path)}: ${accepted} accepted, ${counted(duplicates, 'duplicate')}, ${quarantined} quarantined`,
    ...refusals.map(({ line, reason }) => `  ${file.numbered} ${line}: ${reason}`),
    ...(quarantined > refusals.length ? [`  and ${quarantined - refusals.length} more`] : []),
    ...(quarantined > 0 ? [`  ${kept(quarantined)}: see ${where}.`] : []),
    ...(placeless > 0
      ? [`  counted, but not on the map, as the place was not found: ${counted(placeless, 'record')}`]
      : []),
    ...placesNotFound.map(({ city, state, count }) => `  ${city}, ${state}: ${count}`),
  ];
}
