import { measureOf } from '../../plan/computations.ts';
import type { MeasurePlan, ReportPlan } from '../../plan/plan.ts';
import { quotedName } from '../../base/sql-text.ts';

/** Wide enough for any sum, and for a sum that is scaled up before it is divided. */
const WIDE = 'HUGEINT';
const MICROS_PER_UNIT = `CAST(1000000 AS ${WIDE})`;

/** A measure over a group of records `r`: whole numbers, decimals in micro-units, a float for the extremes of floats. */
export function measureSql(measure: MeasurePlan, report: ReportPlan): string {
  switch (measure.kind) {
    case 'count':
      return 'count(*)';
    case 'sum':
    case 'min':
    case 'max':
      return `${measure.kind}(${column(measure.field.name)})`;
    case 'countDistinct':
      return `count(DISTINCT ${column(measure.field.name)})`;
    case 'avg':
      return `half_even(${inMicros(`sum(${column(measure.field.name)})`, measure.field.kind === 'decimal')}, count(*))`;
    case 'ratio': {
      const [over, under] = [measure.numerator, measure.denominator].map((name) => partSql(name, report));
      return `half_even(${over} * ${MICROS_PER_UNIT}, ${under})`;
    }
  }
}

/** A ratio's part in micro-units. */
function partSql(name: string, report: ReportPlan): string {
  const part = measureOf(report, name);
  const isDecimal = 'field' in part && part.kind !== 'countDistinct' && part.field.kind === 'decimal';
  return inMicros(measureSql(part, report), isDecimal);
}

function inMicros(value: string, isDecimal: boolean): string {
  return isDecimal ? `CAST(${value} AS ${WIDE})` : `${value} * ${MICROS_PER_UNIT}`;
}

function column(name: string): string {
  return `r.${quotedName(name)}`;
}
