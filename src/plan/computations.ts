import { present } from '../base/assert.ts';
import type { MeasurePlan, ReportPlan } from './plan.ts';

/** A measure that the plan itself names: a part of a ratio, or what a tile shows. */
export function measureOf({ measures }: ReportPlan, name: string): MeasurePlan {
  return present(
    measures.find((measure) => measure.name === name),
    'a ratio and a tile are of measures of their report',
  );
}

/**
 * How a measure is computed, by the stream's fields alone: what a ratio's parts are called in its report says nothing of
 * another's. Two measures are the same when their texts and their reports' conditions are, and only then.
 */
export function measureText(measure: MeasurePlan, report: ReportPlan): string {
  if (measure.kind === 'count') return 'count()';
  if (measure.kind !== 'ratio') return `${measure.kind}(${measure.field.name})`;
  const parts = [measure.numerator, measure.denominator].map((name) => measureText(measureOf(report, name), report));
  return `ratio(${parts.join(', ')})`;
}

/** Which records a report is of; empty: all. In whatever order its conditions are written, as all of them must hold. */
export function conditionText({ where }: ReportPlan): string {
  const conditions = where.map(({ field, test, values }) => {
    const texts = new Set(values.map((value) => JSON.stringify(value)));
    return `${field.name} ${test} ${[...texts].sort().join(', ')}`;
  });
  return conditions.sort().join('; ');
}
