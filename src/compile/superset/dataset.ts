import { present } from '../../base/assert.ts';
import { quotedName, quotient } from '../../base/sql-text.ts';
import { measureOf } from '../../plan/computations.ts';
import type { ColumnKind, MeasurePlan, Plan, ReportPlan } from '../../plan/plan.ts';
import type { JsonObject } from '../../base/json.ts';
import { columnLabel } from './words.ts';

/** Superset's word for a type, by which it offers filters and aggregates. */
const TYPES: Readonly<Record<ColumnKind, string>> = {
  date: 'DATE',
  text: 'TEXT',
  integer: 'BIGINT',
  decimal: 'NUMERIC',
  number: 'DOUBLE PRECISION',
};

/** A report's table as a dataset: its columns, and a metric a measure, under the measure's own name. */
export function dataset(
  plan: Plan,
  report: ReportPlan,
  ids: { readonly uuid: string; readonly databaseUuid: string; readonly schema: string },
): JsonObject {
  const { name: date } = plan.stream.businessDate;
  return {
    version: '1.0.0',
    uuid: ids.uuid,
    database_uuid: ids.databaseUuid,
    schema: ids.schema,
    table_name: report.name,
    description: report.title,
    main_dttm_col: date,
    filter_select_enabled: true,
    columns: report.columns.map((column) => ({
      column_name: column.name,
      verbose_name: columnLabel(plan, report, column),
      type: TYPES[column.kind],
      is_dttm: column.kind === 'date',
      groupby: column.role === 'dimension',
      filterable: true,
      is_active: true,
    })),
    metrics: report.measures.map((measure, index) => ({
      metric_name: measure.name,
      verbose_name: columnLabel(
        plan,
        report,
        present(report.columns[report.dimensions.length + index], 'a column a measure'),
      ),
      expression: metricSql(measure, report),
    })),
  };
}

/**
 * A measure over some rows of its report. Over one row it is that row's value. Over several, sums, counts and extremes
 * go together; a ratio is that of its parts; an average of averages would be wrong, so there is none. Distinct counts
 * are added up, as on the built-in dashboard: over several days they are customer days.
 */
export function metricSql(measure: MeasurePlan, report: ReportPlan): string {
  const column = quotedName(measure.name);
  switch (measure.kind) {
    case 'count':
    case 'sum':
    case 'countDistinct':
      return `SUM(${column})`;
    case 'min':
    case 'max':
      return `${measure.kind.toUpperCase()}(${column})`;
    case 'avg':
      return `CASE WHEN COUNT(*) = 1 THEN MAX(${column}) END`;
    case 'ratio': {
      const part = (name: string): string => metricSql(measureOf(report, name), report);
      const ofParts = quotient(part(measure.numerator), part(measure.denominator));
      return `CASE WHEN COUNT(*) = 1 THEN MAX(${column}) ELSE ${ofParts} END`;
    }
  }
}
