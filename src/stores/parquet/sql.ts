import type { FieldPlan } from '../../plan/plan.ts';

export const INT32_MIN = -(2 ** 31);
export const INT32_MAX = 2 ** 31 - 1;

/** Whether a field's whole numbers are in a column of 32 bits; others are in one of 64. */
export function fitsInt32({ min, max }: FieldPlan): boolean {
  return min >= INT32_MIN && max <= INT32_MAX;
}
