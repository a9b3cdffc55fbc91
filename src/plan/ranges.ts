import { parseDay } from '../base/calendar.ts';
import { microsText, parseMicros } from '../base/decimal.ts';
import type { Field } from '../definition/fields.ts';
import type { FieldPlan } from './plan.ts';

/** Integers up to here, either way, still add up in 64 bits when there are a million million of them. */
const SUMMED_IN_BIGINT_MAX = 9_000_000;

/** Of which kind a field is, and its bounds if any. */
type Bounded = Pick<Field, 'kind' | 'min' | 'max'>;

/** Numbers as a field's column holds them, both included; none when `low` is above `high`. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** A definition's value as the field's column holds it: days, micro-units, NaN for null. */
export function columnNumber({ kind }: Pick<Field, 'kind'>, value: string | number | null): number {
  if (value === null) return NaN;
  if (kind === 'date') return parseDay(String(value)) ?? NaN;
  if (kind === 'decimal') return Number(parseMicros(String(value)) ?? NaN);
  return Number(value);
}

/** A number of a column as people write it. */
export function columnText({ kind }: Pick<Field, 'kind'>, value: number): string {
  return kind === 'decimal' ? microsText(BigInt(value)) : String(value);
}

/** What is exact in a column of the field's kind. */
export function exactRange({ kind }: Pick<Field, 'kind'>): ValueRange {
  const high = kind === 'number' ? Number.MAX_VALUE : Number.MAX_SAFE_INTEGER;
  return { low: -high, high };
}

/** What a field takes: what is exact, and within its bounds. */
export function fieldRange({ kind, min, max }: Bounded): ValueRange {
  const { low, high } = exactRange({ kind });
  const atLeast = min === undefined ? low : Math.max(low, columnNumber({ kind }, min));
  const atMost = max === undefined ? high : Math.min(high, columnNumber({ kind }, max));
  return kind === 'integer' ? { low: Math.ceil(atLeast), high: Math.floor(atMost) } : { low: atLeast, high: atMost };
}

/** Whether a column of 64 bits has room for the sum of a field's whole numbers. */
export function isSummedInBigint({ min, max }: Pick<FieldPlan, 'min' | 'max'>): boolean {
  return Math.max(Math.abs(min), Math.abs(max)) <= SUMMED_IN_BIGINT_MAX;
}
