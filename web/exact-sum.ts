const MICROS_PER_UNIT = 1e6;

/** The sum of numbers with at most six places, exact. */
export function exactSum(values: readonly number[]): number {
  let sum = 0n;
  // Whole numbers that doubles hold are added as such, which is quick.
  let part = 0;
  for (const value of values) {
    const micros = Math.round(value * MICROS_PER_UNIT);
    if (Math.abs(part) + Math.abs(micros) > Number.MAX_SAFE_INTEGER) {
      sum += BigInt(part);
      part = 0;
    }
    if (Number.isSafeInteger(micros)) part += micros;
    else sum += BigInt(micros);
  }
  return Number(`${sum + BigInt(part)}e-6`);
}
