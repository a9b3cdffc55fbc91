import { MICROS_PER_UNIT } from '../base/decimal.ts';
import type { Cell } from '../ports/rows.ts';

/**
 * One carry. A sum of whole numbers is kept exact as two floats: a low part, which stays below a carry either way, so that
 * adding a value below it is exact, and a high part, in carries; `assembly/group-rows.ts` has it too, where records are added.
 * Those who use it in a loop give it a name of their own: V8 looks up what is another module's each time, which makes an
 * addition take 1.15 of the time.
 */
export const CARRY = 2 ** 52;

/** All of a sum. */
export function exactSum(low: number, high: number): bigint {
  return BigInt(high) * BigInt(CARRY) + BigInt(low);
}

/** A number that sorts like a sum. */
export function sumSortNumber(low: number, high: number): number {
  return high * CARRY + low;
}

/** A sum in its column's units as a report's cell. */
export function sumCell(sum: bigint, isDecimal: boolean): Cell {
  if (isDecimal) return sum;
  const number = Number(sum);
  return Number.isSafeInteger(number) ? number : sum * MICROS_PER_UNIT;
}
