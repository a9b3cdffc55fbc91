import { DaybookError } from './errors.ts';

/** Money and other decimals: whole millionths (1e-6), so that sums are integer sums. */
export const MICROS_PER_UNIT = 1_000_000n;

const NUMBER_TEXT = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** An exponent further out than this leaves nothing of any number that fits in a record. */
const EXPONENT_MAX = 400;

/**
 * Reads a decimal from its text, exactly, and rounds it half-even to 6 places.
 * @param text  as in JSON: `422.23999999999995`, `1.2e3`, `-0.5`
 * @returns micro-units, of any magnitude; undefined when the text is no number
 */
export function parseMicros(text: string): bigint | undefined {
  const match = NUMBER_TEXT.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const digits = BigInt((match[2] ?? '') + fraction);
  if (digits === 0n) return 0n;
  const exponent = Number(match[4] ?? '0') - fraction.length + 6;
  if (exponent > EXPONENT_MAX) return match[1] === '-' ? -(10n ** 400n) : 10n ** 400n;
  if (exponent < -EXPONENT_MAX - fraction.length - (match[2] ?? '').length) return 0n;
  const magnitude = exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideHalfEven(digits, 10n ** BigInt(-exponent));
  return match[1] === '-' ? -magnitude : magnitude;
}

/**
 * Divides and rounds to the nearest whole number, a tie to the even one.
 * @throws DaybookError `DECIMAL_DIVISION_BY_ZERO`
 */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor === 0n) throw new DaybookError('DECIMAL_DIVISION_BY_ZERO', `Cannot divide ${dividend} by zero.`);
  const negative = dividend < 0n !== divisor < 0n;
  const n = dividend < 0n ? -dividend : dividend;
  const d = divisor < 0n ? -divisor : divisor;
  let quotient = n / d;
  const twiceRest = (n % d) * 2n;
  if (twiceRest > d || (twiceRest === d && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

/** Prints micro-units as the shortest decimal text: `-1234.5`, `0.000001`, `7`. */
export function microsText(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros;
  const whole = (magnitude / MICROS_PER_UNIT).toString();
  const fraction = (magnitude % MICROS_PER_UNIT).toString().padStart(6, '0').replace(/0+$/, '');
  return (micros < 0n ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`);
}
