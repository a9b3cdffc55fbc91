import { present } from '../../base/assert.ts';
import { formatDay, parseDay } from '../../base/calendar.ts';
import { parseMicros } from '../../base/decimal.ts';
import type { ColumnKind, Plan, ReportPlan } from '../../plan/plan.ts';
import { reportNamed } from '../../plan/query-names.ts';
import { TREND_DAYS_MAX } from '../../plan/trend-days.ts';
import type {
  Cell,
  Extent,
  Reading,
  Readings,
  ReportPage,
  ReportQuery,
  Row,
  TotalsPage,
  TotalsQuery,
} from '../../ports/rows.ts';
import type { Statement } from '../../compile/postgres/readings.ts';
import {
  countStatement,
  daysStatement,
  rowsStatement,
  totalsCountStatement,
  totalsStatement,
  trendsStatement,
  wholeFrameStatement,
} from '../../compile/postgres/readings.ts';
import type { PostgresDatabase, Run, TextRow } from './database.ts';

/** Reads the reports from PostgreSQL. Throws what `PostgresDatabase` does. */
export interface PostgresReportReader {
  /** What the tables are whole as of; undefined while they are between two frames. */
  wholeFrame(): Promise<number | undefined>;
  /**
   * Answers questions as of one frame.
   * @returns undefined while the tables are between two frames
   * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY`
   */
  read(readings: readonly Reading[]): Promise<Readings | undefined>;
}

export function postgresReportReader(database: PostgresDatabase, plan: Plan): PostgresReportReader {
  const wholeFrame = wholeFrameStatement(plan);
  return {
    async wholeFrame() {
      const [row] = await database.query(wholeFrame);
      return frameOf(row);
    },
    read: (readings) =>
      database.transaction(async (run) => {
        const { rows } = await run(wholeFrame);
        const frame = frameOf(rows[0]);
        if (frame === undefined) return undefined;
        const answers: (ReportPage | TotalsPage)[] = [];
        for (const reading of readings) {
          const report = reportNamed(plan, reading.report);
          answers.push(
            reading.kind === 'rows'
              ? await readRows(run, report, reading.query, frame)
              : await readTotals(run, report, reading.query, frame),
          );
        }
        return { frame, answers };
      }, 'repeatable read'),
  };
}

function frameOf(row: TextRow | undefined): number | undefined {
  const frame = row?.['frame'] ?? null;
  return frame === null ? undefined : Number(frame);
}

async function rowsOf(run: Run, { text, values }: Statement): Promise<readonly TextRow[]> {
  return (await run(text, values)).rows;
}

async function readRows(run: Run, report: ReportPlan, query: ReportQuery, frame: number): Promise<ReportPage> {
  const { total, extent } = await counted(run, countStatement(report, query, query.extentOf));
  const rows = await rowsOf(run, rowsStatement(report, query));
  return {
    frame,
    total,
    rows: rows.map((row) => cellsOf(report, row)),
    extent: query.extentOf === undefined ? undefined : extent,
  };
}

async function readTotals(run: Run, report: ReportPlan, query: TotalsQuery, frame: number): Promise<TotalsPage> {
  const { total, extent } = await counted(run, totalsCountStatement(report, query));
  const rows = await rowsOf(run, totalsStatement(report, query));
  const days = await trendDays(run, daysStatement(report, query));
  return {
    frame,
    total,
    rows: rows.map((row) => cellsOf(report, row)),
    extent,
    trends: query.trend === true && days !== undefined ? await trendsOf(run, report, query, days, rows.length) : [],
    days: days && { from: formatDay(days.first), to: formatDay(days.last) },
    // What changed since an older frame is not known; whoever asked for that is given all of it.
    isWhole: true,
  };
}

async function trendsOf(
  run: Run,
  report: ReportPlan,
  query: TotalsQuery,
  { first, last }: Days,
  count: number,
): Promise<readonly (readonly Cell[])[]> {
  const kind = kindOf(report, query.measure);
  const zero = kind === 'decimal' ? 0n : 0;
  const trends = Array.from({ length: count }, () => Array.from({ length: last - first + 1 }, (): Cell => zero));
  for (const { at, day, value } of await rowsOf(run, trendsStatement(report, query, formatDay(first)))) {
    const trend = trends[Number(at) - 1];
    const index = present(parseDay(day ?? ''), 'PostgreSQL gives days that exist') - first;
    if (trend !== undefined) trend[index] = cellOf(kind, value ?? null);
  }
  return trends;
}

/** The days of trends, both included. */
interface Days {
  readonly first: number;
  readonly last: number;
}

async function trendDays(run: Run, statement: Statement): Promise<Days | undefined> {
  const [row] = await rowsOf(run, statement);
  const [first, last] = [parseDay(row?.['first'] ?? ''), parseDay(row?.['last'] ?? '')];
  if (first === undefined || last === undefined) return undefined;
  return { first: Math.max(first, last - TREND_DAYS_MAX + 1), last };
}

async function counted(
  run: Run,
  statement: Statement,
): Promise<{ readonly total: number; readonly extent: Extent | undefined }> {
  const [row] = await rowsOf(run, statement);
  const [least, greatest] = [row?.['least'] ?? null, row?.['greatest'] ?? null];
  return {
    total: Number(row?.['total'] ?? 0),
    extent: least === null || greatest === null ? undefined : { min: Number(least), max: Number(greatest) },
  };
}

/** The cells of those of a report's columns that a row has. */
function cellsOf(report: ReportPlan, row: TextRow): Row {
  return Object.fromEntries(
    report.columns
      .filter(({ name }) => Object.hasOwn(row, name))
      .map(({ name, kind }) => [name, cellOf(kind, row[name] ?? null)]),
  );
}

function kindOf(report: ReportPlan, name: string): ColumnKind {
  return report.columns.find((column) => column.name === name)?.kind ?? 'text';
}

function cellOf(kind: ColumnKind, text: string | null): Cell {
  if (text === null) return null;
  switch (kind) {
    case 'text':
    case 'date':
      return text;
    case 'number':
      return Number(text);
    case 'decimal':
      return parseMicros(text) ?? null;
    case 'integer':
      return Number.isSafeInteger(Number(text)) ? Number(text) : (parseMicros(text) ?? null);
  }
}
