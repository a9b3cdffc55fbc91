import { compareNumberTexts } from '../base/decimal.ts';
import { DaybookError } from '../base/errors.ts';
import { textOfKey } from '../base/key-text.ts';
import { keepNumberText, NumberText } from '../base/number-text.ts';
import type { Plan } from '../plan/plan.ts';
import type { TopicFilter } from '../ports/topics.ts';

/** The kinds of fields and columns whose values are numbers. */
const NUMBERS = new Set(['integer', 'decimal', 'number']);

/**
 * Whether a record's text passes. What is no JSON object has no fields; a value that is null passes only `is` with nothing.
 * @throws DaybookError `BAD_QUERY` when a field of numbers is compared with what is none
 */
export function makeTopicTest(plan: Plan, { field, test, value }: TopicFilter): (text: string) => boolean {
  const isOfNumbers = isNumberField(plan, field);
  if (test === 'is' && value === '') return (text) => fieldOf(text, field) === null;
  if (isOfNumbers && test !== 'contains' && !isNumberText(value)) {
    throw new DaybookError('BAD_QUERY', `'value' is '${value}'; '${field}' is compared with a number.`);
  }
  // As keys are compared.
  const isUuid = plan.stream.fields.some(({ name, kind }) => name === field && kind === 'uuid');
  const fold = (text: string): string => (isUuid ? text.toLowerCase() : text);
  const wanted = fold(textOfKey(value));
  const wantedLower = value.toLowerCase();
  const limit = isNumberText(value) ? Number(value) : NaN;
  const orderOf = (text: string, own: unknown): number => {
    // Floats that differ are in the order of the numbers that they were read from; of others the digits tell.
    if (typeof own === 'number' && own !== limit && !Number.isNaN(limit)) return own - limit;
    const known = typeof own === 'number' ? digitsOf(text, field) : textOf(own);
    const isCounted = isOfNumbers || typeof own === 'number' || test !== 'is';
    return (isCounted ? compareNumberTexts(known, value) : undefined) ?? textOrder(fold(known), wanted);
  };
  return (text) => {
    const own = fieldOf(text, field);
    if (own === undefined || own === null) return false;
    if (test === 'contains') return textOf(own).toLowerCase().includes(wantedLower);
    const order = orderOf(text, own);
    return test === 'is' ? order === 0 : test === 'above' ? order > 0 : order < 0;
  };
}

/** Whether a field of the stream, or a column of a report, has numbers. */
function isNumberField({ stream, reports }: Plan, name: string): boolean {
  const columns = [...stream.fields, ...reports.flatMap((report) => report.columns)];
  return columns.some((column) => column.name === name && NUMBERS.has(column.kind));
}

/** A number as it stands in a record, with all of its digits. */
function digitsOf(text: string, field: string): string {
  const own = fieldOf(text, field, keepNumberText);
  return own instanceof NumberText ? own.text : '';
}

function textOf(own: unknown): string {
  return typeof own === 'string' ? own : JSON.stringify(own);
}

function isNumberText(text: string): boolean {
  return compareNumberTexts(text, text) !== undefined;
}

function textOrder(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function fieldOf(text: string, field: string, reviver?: typeof keepNumberText): unknown {
  try {
    const parsed: unknown = JSON.parse(text, reviver);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return Object.hasOwn(parsed, field) ? (parsed as Readonly<Record<string, unknown>>)[field] : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
