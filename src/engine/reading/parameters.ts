import { present } from '../../base/assert.ts';
import { parseDay } from '../../base/calendar.ts';
import { parseMicros } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import { textOfKey } from '../../base/key-text.ts';
import type { FieldPlan, ReportPlan } from '../../plan/plan.ts';
import { TextDictionary } from '../../record/text-dictionary.ts';
import type { EngineState } from '../state.ts';

export function reportNamed(state: EngineState, name: string): ReportPlan {
  const report = state.plan.reports.find((each) => each.name === name);
  if (report !== undefined) return report;
  const names = state.plan.reports.map((each) => each.name).join(', ');
  throw new DaybookError('UNKNOWN_REPORT', `There is no report '${name}'; there are ${names}.`, { details: { name } });
}

export function badQuery(message: string): DaybookError {
  return new DaybookError('BAD_QUERY', message);
}

export function dayParameter(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = parseDay(text);
  if (day === undefined) throw badQuery(`'${name}' is '${text}'; it must be a day that exists, as YYYY-MM-DD.`);
  return day;
}

export function wholeParameter(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw badQuery(`'${name}' is ${value}; it must be a whole number from 0 on.`);
}

/** What is searched for, as it is compared; empty where nothing is. */
export function searchText(search = ''): string {
  return search.trim().toLowerCase();
}

/** A dimension's place in the report. @throws DaybookError `BAD_QUERY` */
export function dimensionOf(report: ReportPlan, name: string): number {
  const dimension = report.dimensions.findIndex((field) => field.name === name);
  if (dimension >= 0) return dimension;
  const names = report.dimensions.map((each) => each.name).join(', ');
  throw badQuery(`'${name}' is no dimension of report '${report.name}', which has ${names}.`);
}

/** What to say of a column to sort by that is none of the report's. */
export function unknownColumn(report: ReportPlan, column: string): DaybookError {
  const names = report.columns.map((plan) => plan.name).join(', ');
  return badQuery(`'${column}' is no column of report '${report.name}' to sort by; it has ${names}.`);
}

/** The id of a value as `keyText` spells it; undefined: no record has it. */
export function idOf(state: EngineState, field: FieldPlan, value: string): number | undefined {
  if (value === '' && field.nullable) return 0;
  const dictionary = present(state.dictionaries[field.index], 'a dimension is interned');
  if (dictionary instanceof TextDictionary) return dictionary.findText(textOfKey(value));
  const number =
    field.kind === 'date' ? parseDay(value) : field.kind === 'decimal' ? parseMicros(value) : Number(value);
  // `Number` reads more than people write as numbers: 0x25, Infinity, nothing.
  const isNumber = field.kind === 'date' || (Number.isFinite(Number(value)) && parseMicros(value) !== undefined);
  if (number === undefined || !isNumber) {
    throw badQuery(`'${field.name}' is '${value}'; it must be a ${field.kind}.`);
  }
  return dictionary.find(Number(number));
}
