import type { Definition } from '../definition/daybook.ts';
import type { Field, FieldKind } from '../definition/fields.ts';
import type { Measure } from '../definition/measures.ts';
import type { Report } from '../definition/report.ts';
import { conditionsOf } from './conditions.ts';
import { stateFingerprint } from './fingerprints.ts';
import type { ColumnKind, ColumnPlan, FieldPlan, MeasurePlan, Plan, ReportPlan, StreamPlan } from './plan.ts';
import { fieldRange } from './ranges.ts';
import { checkDefinition } from './validate.ts';

/**
 * Checks a definition and makes it a plan.
 * @throws DaybookError `DEFINITION_WRONG`: one sentence a mistake, each naming the report and the field
 */
export function makePlan(definition: Definition): Plan {
  checkDefinition(definition);
  const stream = planStream(definition);
  const reports = definition.reports.map((report, index) => planReport(report, index, stream));
  return Object.freeze({
    stream,
    reports: Object.freeze(reports),
    dashboard: definition.dashboard,
    schedules: definition.schedules ?? [],
    fingerprint: stateFingerprint({ stream, reports }),
  });
}

function planStream(definition: Definition): StreamPlan {
  const { stream } = definition;
  const fields = Object.entries(stream.fields).map(([name, field], index) =>
    planField(name, index, field, name === stream.businessDate),
  );
  const byName = (name: string): FieldPlan => fields.find((field) => field.name === name) as FieldPlan;
  return Object.freeze({
    name: stream.name,
    timeZone: stream.timeZone,
    currency: stream.currency,
    businessDayEndsAtHour: stream.businessDayEndsAtHour,
    latenessDays: stream.latenessDays,
    fields: Object.freeze(fields),
    primaryKey: byName(stream.primaryKey),
    eventTime: byName(stream.eventTime),
    businessDate: byName(stream.businessDate),
  });
}

function planField(name: string, index: number, field: Field, optional: boolean): FieldPlan {
  const { low, high } = fieldRange(field);
  return Object.freeze({
    name,
    index,
    kind: field.kind,
    nullable: field.nullable,
    optional,
    quoted: field.quoted,
    min: low,
    max: high,
    maxLength: field.maxLength,
  });
}

function planReport(report: Report, index: number, stream: StreamPlan): ReportPlan {
  const fieldOf = (name: string): FieldPlan => stream.fields.find((field) => field.name === name) as FieldPlan;
  const dimensions = report.dimensions.map(fieldOf);
  const measures = Object.entries(report.measures).map(([name, measure]) => planMeasure(name, measure, fieldOf));
  const columns: ColumnPlan[] = [
    ...dimensions.map((field): ColumnPlan => ({
      name: field.name,
      kind: columnKind(field.kind),
      role: 'dimension',
      nullable: field.nullable,
    })),
    ...measures.map((measure): ColumnPlan => ({
      name: measure.name,
      kind: measureColumnKind(measure),
      role: 'measure',
      nullable: measure.kind === 'avg' || measure.kind === 'ratio',
    })),
  ];
  return Object.freeze({
    name: report.name,
    title: report.title,
    index,
    dimensions: Object.freeze(dimensions),
    measures: Object.freeze(measures),
    where: Object.freeze(conditionsOf(report.where, fieldOf)),
    columns: Object.freeze(columns),
  });
}

function planMeasure(name: string, measure: Measure, fieldOf: (name: string) => FieldPlan): MeasurePlan {
  switch (measure.kind) {
    case 'count':
      return { kind: 'count', name };
    case 'ratio':
      return { kind: 'ratio', name, numerator: measure.numerator, denominator: measure.denominator };
    case 'sum':
    case 'avg':
    case 'min':
    case 'max':
    case 'countDistinct':
      return { kind: measure.kind, name, field: fieldOf(measure.field) };
  }
}

function columnKind(kind: FieldKind): ColumnKind {
  return kind === 'uuid' || kind === 'timestamp' ? 'text' : kind;
}

function measureColumnKind(measure: MeasurePlan): ColumnKind {
  switch (measure.kind) {
    case 'count':
    case 'countDistinct':
      return 'integer';
    case 'avg':
    case 'ratio':
      return 'decimal';
    case 'sum':
    case 'min':
    case 'max':
      return columnKind(measure.field.kind);
  }
}
