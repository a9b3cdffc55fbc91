import { parseDay } from '../base/calendar.ts';
import type { Field } from '../definition/fields.ts';
import type { Condition } from '../definition/report.ts';
import type { ConditionPlan, FieldPlan } from './plan.ts';
import { columnNumber, columnText, exactRange, fieldRange } from './ranges.ts';
import { isObject, shown } from './shapes.ts';

type Value = string | number | null;
const COMPARISONS = ['above', 'atLeast', 'below', 'atMost'] as const;
type Comparisons = Readonly<Partial<Record<(typeof COMPARISONS)[number], Value>>>;

/** A report's `where` as a list of tests that must all hold. */
export function conditionsOf(
  where: Readonly<Record<string, Condition>>,
  fieldOf: (name: string) => FieldPlan,
): readonly ConditionPlan[] {
  return Object.entries(where).flatMap(([name, condition]) => testsOf(fieldOf(name), condition));
}

function testsOf(field: FieldPlan, condition: Condition): readonly ConditionPlan[] {
  if (!isObject(condition)) return [{ field, test: 'in', values: listOf(condition) }];
  if ('not' in condition) return [{ field, test: 'notIn', values: listOf(condition.not) }];
  return COMPARISONS.flatMap((test): readonly ConditionPlan[] => {
    const value = condition[test];
    return value === undefined ? [] : [{ field, test, values: [value] }];
  });
}

/** What is wrong with a condition on a field of texts, dates or numbers: one sentence a mistake. */
export function conditionMistakes(name: string, condition: Condition, field: Field): readonly string[] {
  if (!isObject(condition)) {
    const values = listOf(condition);
    const mistakes = listMistakes(values, field);
    if (mistakes.length > 0 || field.kind === 'text' || values.some((value) => isMet(field, value))) return mistakes;
    return [letsNoneThrough(name, field, values.join(' or '))];
  }
  if (!('not' in condition)) return comparisonMistakes(name, condition, field);
  const beside = Object.keys(condition).filter((key) => key !== 'not');
  return beside.length > 0
    ? [`'not' stands alone; leave it or '${beside.join("', '")}' out`]
    : listMistakes(listOf(condition.not), field);
}

function listMistakes(values: readonly Value[], field: Field): readonly string[] {
  if (values.length === 0) return ['its list is empty; name a value, or leave it out'];
  return values
    .filter((value) => !(value === null && field.nullable))
    .filter((value) => !isComparable(value, field) || (field.kind === 'integer' && !Number.isInteger(value)))
    .map((value) => isNone(value, field));
}

function comparisonMistakes(name: string, condition: Comparisons, field: Field): readonly string[] {
  const tests = Object.entries(condition);
  const known: readonly string[] = COMPARISONS;
  const mistakes = tests.flatMap(([test, value]) => {
    if (!known.includes(test))
      return [
        `'${test}' is no comparison; write the value itself or a list of values, or use ${COMPARISONS.join(', ')} or not`,
      ];
    if (field.kind === 'text') return [`a text is compared by value only, not by '${test}'`];
    if (value === null) return [`'${test}' needs a value`];
    return isComparable(value, field) ? [] : [isNone(value, field)];
  });
  if (tests.length === 0) return [`it compares with nothing; use ${COMPARISONS.join(', ')} or not, or leave it out`];
  if (mistakes.length > 0 || canBeMet(condition, field)) return mistakes;
  return [letsNoneThrough(name, field, tests.map((test) => test.join(' ')).join(' and '))];
}

/** Whether a field may be compared with a value; a whole number also with one that is not whole. */
function isComparable(value: unknown, field: Field): value is Value {
  if (field.kind === 'text') return typeof value === 'string';
  if (field.kind === 'date') return typeof value === 'string' && parseDay(value) !== undefined;
  return typeof value === 'number' && Math.abs(columnNumber(field, value)) <= exactRange(field).high;
}

function isNone(value: unknown, field: Field): string {
  const { low, high } = exactRange(field);
  const isBeyond =
    field.kind !== 'text' && field.kind !== 'date' && Number.isFinite(value) && !isComparable(value, field);
  const why = isBeyond ? `: those are from ${columnText(field, low)} to ${columnText(field, high)}` : '';
  return `${shown(value)} is no ${field.kind}${why}`;
}

/** Whether the field takes the value; of one whose bounds are wrong that is not asked. */
function isMet(field: Field, value: Value): boolean {
  const { low, high } = fieldRange(field);
  const number = columnNumber(field, value);
  return value === null || (number >= low && number <= high) || !(low <= high);
}

/** Whether anything that the field takes compares so; of one whose bounds are wrong that is not asked. */
function canBeMet({ above, atLeast, below, atMost }: Comparisons, field: Field): boolean {
  const numberOf = (value: Value | undefined, other: number): number =>
    value === undefined ? other : columnNumber(field, value);
  const range = fieldRange(field);
  if (!(range.low <= range.high)) return true;
  const low = Math.max(range.low, numberOf(atLeast, -Infinity), numberOf(above, -Infinity));
  const high = Math.min(range.high, numberOf(atMost, Infinity), numberOf(below, Infinity));
  const isLowOut = low === numberOf(above, -Infinity);
  const isHighOut = high === numberOf(below, Infinity);
  if (field.kind === 'number') return low < high || (low === high && !isLowOut && !isHighOut);
  // Whole: numbers, millionths or days.
  return (isLowOut ? Math.floor(low) + 1 : Math.ceil(low)) <= (isHighOut ? Math.ceil(high) - 1 : Math.floor(high));
}

function letsNoneThrough(name: string, field: Field, wanted: string): string {
  const { low, high } = fieldRange(field);
  const nothing =
    field.kind === 'date'
      ? 'no day'
      : `nothing from ${columnText(field, low)} to ${columnText(field, high)}, which is what '${name}' takes,`;
  return `it lets no record through: ${nothing} is ${wanted}; widen it, or leave it out`;
}

function listOf(value: Value | readonly Value[]): readonly Value[] {
  // With `undefined` for a hole, which is no value.
  return Array.isArray(value) ? Array.from(value as readonly Value[]) : [value as Value];
}
