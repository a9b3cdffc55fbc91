import { conditionText, measureText } from '../plan/computations.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { ReportInfo } from './protocol.ts';

/** What the API says of a report. Two are the same over the same stream when their columns and condition read the same, and only then. */
export function reportInfo(report: ReportPlan): ReportInfo {
  const of = new Map(report.measures.map((measure) => [measure.name, measureText(measure, report)]));
  return {
    name: report.name,
    title: report.title,
    columns: report.columns.map((column) => ({ ...column, of: of.get(column.name) ?? null })),
    where: conditionText(report),
  };
}
