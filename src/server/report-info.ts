import { present } from '../base/assert.ts';
import type { MeasurePlan, ReportPlan } from '../plan/plan.ts';
import type { ReportInfo } from './protocol.ts';

/** What the API says of a report. Two are the same over the same stream when their columns and condition read the same, and only then. */
export function reportInfo(report: ReportPlan): ReportInfo {
  const of = new Map(report.measures.map((measure) => [measure.name, measureText(measure, report)]));
  // All of them must hold, in whatever order they are written.
  const where = report.where.map(({ field, test, values }) => {
    const texts = new Set(values.map((value) => JSON.stringify(value)));
    return `${field.name} ${test} ${[...texts].sort().join(', ')}`;
  });
  return {
    name: report.name,
    title: report.title,
    columns: report.columns.map((column) => ({ ...column, of: of.get(column.name) ?? null })),
    where: where.sort().join('; '),
  };
}

/** By the stream's fields alone: what a ratio's parts are called in its report says nothing of another's. */
function measureText(measure: MeasurePlan, report: ReportPlan): string {
  if (measure.kind === 'count') return 'count()';
  if (measure.kind !== 'ratio') return `${measure.kind}(${measure.field.name})`;
  const parts = [measure.numerator, measure.denominator].map((name) => {
    const part = report.measures.find((each) => each.name === name);
    return measureText(present(part, 'a ratio is of measures of its report'), report);
  });
  return `ratio(${parts.join(', ')})`;
}
