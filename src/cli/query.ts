import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import { csvCell } from '../base/csv-cell.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { QueryResult } from '../runtimes/query.ts';
import { query } from '../runtimes/query.ts';
import { loadPlan } from './config.ts';
import { interruption } from './interruption.ts';
import { openToRead } from './open-to-read.ts';
import { configOption, dataOption, requireOneDaybook, urlOption } from './options.ts';
import { showProgress } from './progress.ts';
import { alignedLines } from './table-text.ts';

const WRITERS: Readonly<Record<string, (result: QueryResult) => string>> = {
  table: tableText,
  json: jsonText,
  csv: csvText,
};

const DIGITS = /^-?\d/;

interface QueryFlags {
  readonly data: string;
  readonly url?: string;
  readonly config: string;
  readonly format: string;
}

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('read-only SQL over the raw records and the reports')
    .addArgument(new Argument('<sql>', 'one SELECT, in DuckDB’s SQL; tables are named as the stream and the reports'))
    .addOption(new Option('--format <format>', 'how it is printed').choices(Object.keys(WRITERS)).default('table'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Each report is as of one offset. A query that names the stream reads all raw records first.

Examples:
  daybook query "SHOW TABLES"
  daybook query "SELECT ts_date, daily_rev / daily_pu AS basket FROM daily_pu_rev ORDER BY ts_date DESC LIMIT 7"
  daybook query "SELECT segment, count(*), sum(revenue) FROM daily_records GROUP BY segment" --format csv`,
    )
    .hook('preAction', requireOneDaybook)
    .action(runQueryCommand);
}

async function runQueryCommand(sql: string, flags: QueryFlags): Promise<void> {
  const plan = await loadPlan(flags.config);
  const clock = machineClock();
  const signal = interruption(clock);
  const runtime = await openToRead(plan, flags, clock);
  const progress = showProgress('Reading', clock);
  try {
    const result = await query({
      runtime,
      clock,
      sql,
      signal,
      onProgress: (done, total) => progress.update(done, total, counted(done, 'record')),
    });
    progress.end();
    const write = WRITERS[flags.format] ?? tableText;
    process.stdout.write(write(result));
  } finally {
    progress.end();
    await runtime.close();
  }
}

function tableText({ columns, rows }: QueryResult): string {
  const lines = alignedLines(
    columns.map(({ name, isNumber }, index) => {
      // An empty text is told from null as in the table of a report.
      const cells = rows.map((row) => (row[index] === '' ? '""' : (cellText(row[index] ?? null) ?? '')));
      return { name, isNumber, cells };
    }),
  );
  return `${lines.join('\n')}\n${counted(rows.length, 'row')}\n`;
}

/** One object a line; numbers have all their digits, and what is none in JSON is a text, such as "NaN". */
function jsonText({ columns, rows }: QueryResult): string {
  const lines = rows.map((row) => {
    const cells = columns.map(({ name, isNumber }, index) => {
      const cell = row[index] ?? null;
      return `${JSON.stringify(name)}:${isNumber && typeof cell === 'string' && DIGITS.test(cell) ? cell : JSON.stringify(cell)}`;
    });
    return `{${cells.join(',')}}`;
  });
  return `[${lines.join(',\n')}]\n`;
}

function csvText({ columns, rows }: QueryResult): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => row.map(cellText))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function cellText(cell: QueryResult['rows'][number][number]): string | null {
  if (cell === null) return null;
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
