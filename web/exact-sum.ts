const MICROS_PER_UNIT = 1e6;

/** The sum of numbers with at most six places, exact. */
export function exactSum(values: readonly number[]): number {
  const micros = values.reduce((sum, value) => sum + BigInt(Math.round(value * MICROS_PER_UNIT)), 0n);
  return Number(`${micros}e-6`);
}
