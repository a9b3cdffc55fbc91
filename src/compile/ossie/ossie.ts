import { present } from '../../base/assert.ts';
import { quotedName, quotient } from '../../base/sql-text.ts';
import { measureOf } from '../../plan/computations.ts';
import type { ColumnKind, ColumnPlan, MeasurePlan, Plan, ReportPlan } from '../../plan/plan.ts';
import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';

/** A semantic model: what tools need to know of tables to ask them sensible questions. Members as in the format. */
export interface OssieDocument {
  readonly version: '0.2.0.dev0';
  readonly semantic_model: readonly [OssieModel];
}

export interface OssieModel {
  readonly name: string;
  readonly description: string;
  readonly datasets: readonly OssieDataset[];
  readonly metrics: readonly OssieMetric[];
}

export interface OssieDataset {
  readonly name: string;
  readonly source: string;
  readonly primary_key: readonly string[];
  readonly description: string;
  readonly fields: readonly OssieField[];
}

export interface OssieField {
  readonly name: string;
  readonly expression: OssieExpression;
  readonly description?: string;
  readonly datatype: OssieType;
  readonly dimension?: { readonly is_time: boolean };
}

export interface OssieMetric {
  readonly name: string;
  readonly expression: OssieExpression;
  readonly description: string;
  readonly datatype: OssieType;
}

interface OssieExpression {
  readonly dialects: readonly [{ readonly dialect: 'ANSI_SQL'; readonly expression: string }];
}

type OssieType = 'String' | 'Integer' | 'Decimal' | 'Float' | 'Date';

/**
 * The reports' tables as an Apache Ossie model: a dataset a report. Its metrics are the measures that may be added up over
 * rows; the others (a distinct count, an average) are fields of their rows and say that they may not.
 * Source: Apache Ossie core specification 0.2.0.dev0.
 */
export function ossie(plan: Plan): OssieDocument {
  return {
    version: '0.2.0.dev0',
    semantic_model: [
      {
        name: plan.stream.name,
        description: `${plan.dashboard.title}. Money is in ${plan.stream.currency}; days are business days in ${plan.stream.timeZone}.`,
        datasets: plan.reports.map(datasetOf),
        metrics: plan.reports.flatMap(metricsOf),
      },
    ],
  };
}

function datasetOf(report: ReportPlan): OssieDataset {
  return {
    name: report.name,
    source: `${REPORTS_SCHEMA}.${report.name}`,
    primary_key: report.dimensions.map((field) => field.name),
    description: report.title,
    fields: report.columns.map((column) => fieldOf(column, report)),
  };
}

function fieldOf(column: ColumnPlan, report: ReportPlan): OssieField {
  const field = {
    name: column.name,
    expression: ansi(quotedName(column.name)),
    datatype: typeOf(column.kind),
  };
  if (column.role === 'dimension') return { ...field, dimension: { is_time: column.kind === 'date' } };
  const measure = measureOf(report, column.name);
  return { ...field, description: `${meaningOf(measure)}, ${addingUp(measure, report)}` };
}

function metricsOf(report: ReportPlan): readonly OssieMetric[] {
  return report.measures.flatMap((measure) => {
    const expression = totalOf(measure, report);
    if (expression === undefined) return [];
    const column = present(
      report.columns.find((each) => each.name === measure.name),
      'a measure has a column',
    );
    return [
      {
        // Names are unique in a model, and a measure's only in its report.
        name: `${report.name}.${measure.name}`,
        expression: ansi(expression),
        description: `${meaningOf(measure)}: ${report.title}`,
        datatype: typeOf(column.kind),
      },
    ];
  });
}

/** A measure over any rows of its report; undefined when the rows do not tell it. */
function totalOf(measure: MeasurePlan, report: ReportPlan): string | undefined {
  const column = `${quotedName(report.name)}.${quotedName(measure.name)}`;
  switch (measure.kind) {
    case 'count':
    case 'sum':
      return `SUM(${column})`;
    case 'min':
    case 'max':
      return `${measure.kind.toUpperCase()}(${column})`;
    case 'avg':
    case 'countDistinct':
      return undefined;
    case 'ratio': {
      const [over, under] = [measure.numerator, measure.denominator].map((name) =>
        totalOf(measureOf(report, name), report),
      );
      return over === undefined || under === undefined ? undefined : quotient(over, under);
    }
  }
}

function meaningOf(measure: MeasurePlan): string {
  switch (measure.kind) {
    case 'count':
      return 'Number of records';
    case 'sum':
      return `Sum of ${measure.field.name}`;
    case 'avg':
      return `Average of ${measure.field.name}`;
    case 'min':
      return `Smallest ${measure.field.name}`;
    case 'max':
      return `Largest ${measure.field.name}`;
    case 'countDistinct':
      return `Number of different ${measure.field.name}`;
    case 'ratio':
      return `${measure.numerator} over ${measure.denominator}`;
  }
}

function addingUp(measure: MeasurePlan, report: ReportPlan): string {
  const total = totalOf(measure, report);
  return total === undefined ? 'of this row alone: it does not follow for several rows' : `over several rows ${total}`;
}

function typeOf(kind: ColumnKind): OssieType {
  switch (kind) {
    case 'date':
      return 'Date';
    case 'text':
      return 'String';
    case 'integer':
      return 'Integer';
    case 'decimal':
      return 'Decimal';
    case 'number':
      return 'Float';
  }
}

function ansi(expression: string): OssieExpression {
  return { dialects: [{ dialect: 'ANSI_SQL', expression }] };
}
