import type { MeasurePlan, ReportPlan } from '../plan/plan.ts';
import type { ReportInfo } from './protocol.ts';

/** What the API says of a report. Two whose columns and condition read the same are the same over the same stream. */
export function reportInfo(report: ReportPlan): ReportInfo {
  const of = new Map(report.measures.map((measure) => [measure.name, measureText(measure)]));
  const where = report.where.map(
    ({ field, test, values }) => `${field.name} ${test} ${values.map((value) => JSON.stringify(value)).join(', ')}`,
  );
  return {
    name: report.name,
    title: report.title,
    columns: report.columns.map((column) => ({ ...column, of: of.get(column.name) ?? null })),
    where: where.join('; '),
  };
}

function measureText(measure: MeasurePlan): string {
  if (measure.kind === 'count') return 'count()';
  if (measure.kind === 'ratio') return `ratio(${measure.numerator}, ${measure.denominator})`;
  return `${measure.kind}(${measure.field.name})`;
}
