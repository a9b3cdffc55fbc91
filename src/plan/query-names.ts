import { DaybookError } from '../base/errors.ts';
import { badQuery } from '../base/query-values.ts';
import type { MeasurePlan, Plan, ReportPlan } from './plan.ts';

/** The report that a question names. @throws DaybookError `UNKNOWN_REPORT` */
export function reportNamed({ reports }: Plan, name: string): ReportPlan {
  const report = reports.find((each) => each.name === name);
  if (report !== undefined) return report;
  throw new DaybookError('UNKNOWN_REPORT', `There is no report '${name}'; there are ${namesOf(reports)}.`, {
    details: { name },
  });
}

/** A dimension's place in its report. @throws DaybookError `BAD_QUERY` */
export function dimensionNamed({ name: report, dimensions }: ReportPlan, name: string): number {
  const index = dimensions.findIndex((field) => field.name === name);
  if (index >= 0) return index;
  throw badQuery(`'${name}' is no dimension of report '${report}', which has ${namesOf(dimensions)}.`);
}

/** The places in their report of dimensions to sum up by. @throws DaybookError `BAD_QUERY` */
export function dimensionsNamed(report: ReportPlan, names: readonly string[]): readonly number[] {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw badQuery(`'${twice}' is named twice among the dimensions to sum up by.`);
  return names.map((name) => dimensionNamed(report, name));
}

/** @throws DaybookError `BAD_QUERY` when the report has no such column to sort by */
export function requireColumn({ name: report, columns }: ReportPlan, name: string): void {
  if (columns.some((column) => column.name === name)) return;
  throw badQuery(`'${name}' is no column of report '${report}' to sort by; it has ${namesOf(columns)}.`);
}

/** A measure's place among those of its report. @throws DaybookError `BAD_QUERY` */
export function measureNamed({ name: report, measures }: ReportPlan, name: string): number {
  const index = measures.findIndex((measure) => measure.name === name);
  if (index >= 0) return index;
  throw badQuery(`'${name}' is no measure of report '${report}'; it has ${namesOf(measures)}.`);
}

/** The place among those of its report of a measure that can be summed over rows. @throws DaybookError `BAD_QUERY` */
export function summableNamed({ name: report, measures }: ReportPlan, name: string): number {
  const index = measures.findIndex((measure) => measure.name === name && isSummable(measure));
  if (index >= 0) return index;
  const what = name === '' ? "'measure' is missing: it must name a measure" : `'${name}' is no measure`;
  const names = namesOf(measures.filter(isSummable)) || 'none';
  throw badQuery(`${what} of report '${report}' that can be summed up; it has ${names}.`);
}

/** @throws DaybookError `BAD_QUERY` when totals have no such column to sort by */
export function requireTotalsColumn(
  { by, measure }: { readonly by: readonly string[]; readonly measure: string },
  column: string,
): void {
  if (column === measure || by.includes(column)) return;
  throw badQuery(`'${column}' is none of ${[...by, measure].join(', ')} to sort by.`);
}

function isSummable({ kind }: MeasurePlan): boolean {
  return kind === 'sum' || kind === 'count' || kind === 'countDistinct';
}

function namesOf(things: readonly { readonly name: string }[]): string {
  return things.map(({ name }) => name).join(', ');
}
