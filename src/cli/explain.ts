import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Explanation } from '../ports/explanation.ts';
import type { Row } from '../ports/rows.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { ndjsonText } from '../runtimes/page-text.ts';
import { definedReport, loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import { openToRead } from './open-to-read.ts';
import { configOption, dataOption, requireOneDaybook, urlOption, wholeNumber } from './options.ts';
import { printableLines } from './printable.ts';
import { tableLines } from './table-text.ts';

const LISTED_DEFAULT = 20;
const LISTED_MAX = 10_000;

interface ExplainFlags {
  readonly data: string;
  readonly url?: string;
  readonly config: string;
  readonly limit: number;
  readonly format: string;
}

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('the records that a report’s row is made of, with their offsets')
    .addArgument(new Argument('<name>', 'the report, as the definition names it'))
    .addArgument(new Argument('<key...>', 'the row: a value for each dimension, in the report’s order'))
    .addOption(
      new Option('--limit <number>', 'how many records are listed')
        .default(LISTED_DEFAULT)
        .argParser(wholeNumber(0, LISTED_MAX)),
    )
    .addOption(new Option('--format <format>', 'ndjson: the records alone').choices(['text', 'ndjson']).default('text'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
A value that is null is given as '', one that is an empty text as '""'. Where the log is a topic of several partitions, a
record's offset is told as partition/offset.

Exit code 0: the row or records of it are there; 1: there is no such row, or it failed.

Examples:
  daybook explain daily_pu_rev 2026-03-04
  daybook explain daily_category_product 2026-03-04 Furniture Chairs "Stacking chair"`,
    )
    .hook('preAction', requireOneDaybook)
    .action(explain);
}

async function explain(name: string, values: readonly string[], flags: ExplainFlags): Promise<void> {
  const plan = await loadPlan(flags.config);
  const report = definedReport(plan, name, flags.config);
  const dimensions = report.dimensions.map((field) => field.name);
  if (values.length !== dimensions.length) {
    throw usageError(
      `A row of ${name} is told by ${dimensions.join(', ')}; you gave ${counted(values.length, 'value')}.`,
    );
  }
  const key = Object.fromEntries(dimensions.map((dimension, index) => [dimension, values[index] ?? '']));
  const clock = machineClock();
  const folder = await openToRead(plan, flags, clock);
  try {
    const query = { report: name, key, limit: flags.limit, offset: 0 };
    const explanation = await folder.explain(query, new AbortController().signal);
    const text =
      flags.format === 'ndjson' ? recordsText(explanation) : explanationText(report, explanation, flags.limit);
    process.stdout.write(text);
    if (explanation.row === null && explanation.total === 0) process.exitCode = 1;
  } finally {
    await folder.close();
  }
}

function recordsText({ records }: Explanation): string {
  return records.map(({ value }) => `${value}\n`).join('');
}

/** @param limit  so many records and so many repeats are listed */
export function explanationText(report: ReportPlan, explanation: Explanation, limit: number): string {
  const { frame, row, computed, waiting, total, records, duplicates, amendments } = explanation;
  if (row === null && total === 0) return `There is no such row, and no record of it (frame ${frame}).\n`;
  const page = { frame, total: 1, rows: row === null ? [] : [row] };
  // On one machine there is one partition, of which nobody speaks.
  const isOfSeveral = records.some(({ partition }) => partition > 0);
  const listed = records.map(
    ({ partition, offset, value }) => `  ${isOfSeveral ? `${partition}/` : ''}${offset}  ${value}`,
  );
  const isEqual = row !== null && computed !== null && isSame(report, row, computed);
  const parts = [
    ...tableLines(report, page.rows),
    `${counted(total, 'record')}, which ${givesText(total, isEqual, waiting)}:`,
    ...listed,
    ...moreLine(total - records.length, 'more record'),
    ...keptLine(duplicates.length),
    ...duplicates
      .slice(0, limit)
      .map(({ offset, origin, line, record }) => `  before ${offset}, from ${origin}, line ${line}  ${record}`),
    ...moreLine(duplicates.length - limit, 'more repeat'),
    ...(amendments.length > 0 ? [`${counted(amendments.length, 'change')} after the day was closed:`] : []),
    ...amendments.map(({ frame: changedIn, firstOffset, before, after }) => {
      const line = (each: Row): string => ndjsonText(report, { ...page, rows: [each] }).trim();
      const was = before === null ? 'there was no such row' : line(before);
      // On the stack a frame is no offset, and nobody knows which records changed the row.
      const by = firstOffset < changedIn ? `by records from offset ${firstOffset} on` : `in frame ${changedIn}`;
      return `  ${by}: ${was}; then ${line(after)}`;
    }),
  ];
  return printableLines(parts);
}

function givesText(records: number, isEqual: boolean, waiting: number): string {
  if (isEqual) return `${records === 1 ? 'gives' : 'give'} just this row`;
  if (waiting > 0) {
    const late = `${waiting} of its day came late and ${waiting === 1 ? 'waits' : 'wait'} until the day is computed again`;
    return `${records === 1 ? 'does' : 'do'} not give this row yet: ${late}`;
  }
  return `${records === 1 ? 'does' : 'do'} NOT give this row; run daybook verify`;
}

/** More may have been left out than are kept. */
function keptLine(repeats: number): readonly string[] {
  if (repeats === 0) return [];
  const [were, are] = repeats === 1 ? ['was', 'is'] : ['were', 'are'];
  return [`${counted(repeats, 'repeat')} of these that ${were} left out ${are} kept:`];
}

function moreLine(count: number, what: string): readonly string[] {
  return count > 0 ? [`  … ${counted(count, what)}; see --limit`] : [];
}

function isSame(report: ReportPlan, a: Row, b: Row): boolean {
  return report.columns.every(({ name }) => a[name] === b[name]);
}
