import type { Condition } from '../definition/report.ts';
import type { ConditionPlan, FieldPlan } from './plan.ts';

type Value = string | number | null;
const COMPARISONS = ['above', 'atLeast', 'below', 'atMost'] as const;

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

function isObject(condition: Condition): condition is Exclude<Condition, Value | readonly Value[]> {
  return typeof condition === 'object' && condition !== null && !Array.isArray(condition);
}

function listOf(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}
