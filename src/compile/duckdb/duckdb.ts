import type { Plan } from '../../plan/plan.ts';
import type { ZoneOffset } from '../../base/zone-offsets.ts';
import { MACROS, zoneOffsetsSql } from './macros.ts';
import { CREATE_REPEATS, createRecords, insertRecords } from './records.ts';
import type { ReportSql } from './reports.ts';
import { COUNT_COMPARED, differencesSql, reportSql } from './reports.ts';

/** Statements for DuckDB that compute each report from the raw records, and compare it with the rows that are kept. */
export interface DuckDbSql {
  /** Once, before all else: macros, the table of records, a table a report for the engine's rows. */
  readonly setUp: readonly string[];
  /** Adds a file of records. */
  readonly insertRecords: (path: string) => string;
  /** Once, when all records are there. */
  readonly findRepeats: string;
  /** In the plan's order. */
  readonly reports: readonly (ReportSql & { readonly differences: string })[];
  readonly countCompared: string;
}

/**
 * Compiles a plan to DuckDB's SQL. Nothing of the engine is used: texts of JSON become exact numbers, days, groups and
 * measures in SQL alone, so that an agreement of the two means something.
 * @param offsets  of the stream's time zone, oldest first; where they say nothing, DuckDB's own rules hold
 */
export function duckDbSql(plan: Plan, offsets: readonly ZoneOffset[]): DuckDbSql {
  const reports = plan.reports.map((report) => ({
    ...reportSql(report, plan.stream),
    differences: differencesSql(report),
  }));
  return {
    setUp: [...zoneOffsetsSql(offsets), ...MACROS, createRecords(plan), ...reports.map((report) => report.createKept)],
    insertRecords: (path) => insertRecords(plan, path),
    findRepeats: CREATE_REPEATS,
    reports,
    countCompared: COUNT_COMPARED,
  };
}
