import type { ReportPlan } from '../../plan/plan.ts';
import type { RowsOfReport, VersionedRow } from '../../ports/report-rows.ts';

/** What a message of a report's topic became. */
export interface RowOfReport {
  readonly report: ReportPlan;
  readonly row: VersionedRow;
}

/** The newest row of each key, by report; of equal frames the last one. */
export function newestRows(rows: Iterable<RowOfReport>): readonly RowsOfReport[] {
  const reports = new Map<ReportPlan, Map<string, VersionedRow>>();
  for (const { report, row } of rows) {
    let newest = reports.get(report);
    if (newest === undefined) reports.set(report, (newest = new Map<string, VersionedRow>()));
    const before = newest.get(row.key);
    if (before === undefined || before.frame <= row.frame) newest.set(row.key, row);
  }
  return [...reports].map(([report, newest]) => ({ report, rows: [...newest.values()] }));
}
