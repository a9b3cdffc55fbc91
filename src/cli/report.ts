import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { ReportPlan } from '../plan/plan.ts';
import type { ReportPage, ReportQuery } from '../ports/rows.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { csvText, jsonText, ndjsonText } from '../runtimes/page-text.ts';
import { definedReport, loadPlan } from './config.ts';
import { openToRead } from './open-to-read.ts';
import {
  configOption,
  dataOption,
  fromOption,
  toOption,
  requireOneDaybook,
  urlOption,
  wholeNumber,
  requireDaysInOrder,
} from './options.ts';
import { tableText } from './table-text.ts';

const WRITERS: Readonly<Record<string, (report: ReportPlan, page: ReportPage) => string>> = {
  table: tableText,
  json: jsonText,
  csv: csvText,
  ndjson: ndjsonText,
};

interface ReportFlags {
  readonly data: string;
  readonly url?: string;
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  readonly search?: string;
  readonly sort?: string;
  readonly limit?: number;
  readonly format: string;
}

export function addReport(program: Command): void {
  program
    .command('report')
    .description('print a report')
    .addArgument(new Argument('<name>', 'the report, as the definition names it'))
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(new Option('--search <text>', 'only rows of which a text contains this'))
    .addOption(new Option('--sort <columns>', 'columns to sort by, a comma between them; - before one: largest first'))
    .addOption(
      new Option('--limit <number>', 'at most so many rows').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(new Option('--format <format>', 'how it is printed').choices(Object.keys(WRITERS)).default('table'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Examples:
  daybook report daily_pu_rev --from 2026-03-01
  daybook report daily_category_product --sort=-daily_rev --limit 10 --format csv`,
    )
    .hook('preAction', requireOneDaybook)
    .action(report);
}

async function report(name: string, flags: ReportFlags): Promise<void> {
  requireDaysInOrder(flags);
  const plan = await loadPlan(flags.config);
  const wanted = definedReport(plan, name, flags.config);
  const clock = machineClock();
  const folder = await openToRead(plan, flags, clock);
  try {
    const page = await folder.query(name, queryOf(flags));
    const write = WRITERS[flags.format] ?? tableText;
    process.stdout.write(write(wanted, page));
  } finally {
    await folder.close();
  }
}

function queryOf({ from, to, search, sort, limit }: ReportFlags): ReportQuery {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(search !== undefined && { search }),
    ...(limit !== undefined && { limit }),
    ...(sort !== undefined && { sort: sort.split(',').map(sortKey) }),
  };
}

function sortKey(text: string): { readonly column: string; readonly descending: boolean } {
  return text.startsWith('-') ? { column: text.slice(1), descending: true } : { column: text, descending: false };
}
