import { DaybookError } from './errors.ts';

/** Money and other decimals: whole millionths (1e-6), so that sums are integer sums. */
export const MICROS_PER_UNIT = 1_000_000n;

const NUMBER_TEXT = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Numbers of more digits before the point are all as good as infinite. */
const DIGITS_MAX = 400;
const BEYOND = 10n ** BigInt(DIGITS_MAX);

/** A number's text, taken apart: the number is `digits` × 10^`exponent`. */
interface NumberParts {
  readonly negative: boolean;
  /** Without zeros at either end; empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

/**
 * Reads a decimal from its text, exactly, and rounds it half-even to 6 places. Takes time in proportion to the text.
 * @param text  as in JSON: `422.23999999999995`, `1.2e3`, `-0.5`
 * @returns micro-units, ±10^400 for anything beyond; undefined when the text is no number
 */
export function parseMicros(text: string): bigint | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { negative, digits } = parts;
  const exponent = parts.exponent + 6;
  const size = digits.length + exponent;
  if (digits === '' || size < 0) return 0n;
  if (exponent >= 0 || size > DIGITS_MAX) return signed(negative, scaledUp(digits, exponent));
  // One digit behind the whole ones, and whether anything follows it, are all that rounding asks for.
  const kept = digits.slice(0, size + 1) + (digits.length > size + 1 ? '1' : '0');
  return signed(negative, divideHalfEven(BigInt(kept), 100n));
}

/**
 * Reads the whole number that a text such as `3`, `3.0` or `3e2` holds, exactly. Takes time in proportion to the text.
 * @returns ±10^400 for anything beyond; undefined when the text is no number, or the number is not whole
 */
export function parseWhole(text: string): bigint | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { negative, digits, exponent } = parts;
  if (digits === '') return 0n;
  return exponent < 0 ? undefined : signed(negative, scaledUp(digits, exponent));
}

/**
 * Compares two numbers by their texts, exactly, whatever their digits.
 * @returns negative when `a` is below `b`, 0 when they are the same number; undefined when either text is no number
 */
export function compareNumberTexts(a: string, b: string): number | undefined {
  const [x, y] = [partsOf(a), partsOf(b)];
  if (x === undefined || y === undefined) return undefined;
  const [signX, signY] = [signOf(x), signOf(y)];
  if (signX !== signY || signX === 0) return signX - signY;
  const size = x.digits.length + x.exponent - y.digits.length - y.exponent;
  // Of as many digits before the point, and with no zeros at their ends, digits are in the order of their texts.
  if (size === 0 && x.digits === y.digits) return 0;
  return signX * (size || (x.digits < y.digits ? -1 : 1));
}

function signOf({ negative, digits }: NumberParts): number {
  return digits === '' ? 0 : negative ? -1 : 1;
}

function partsOf(text: string): NumberParts | undefined {
  const match = NUMBER_TEXT.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const all = (match[2] ?? '') + fraction;
  let start = 0;
  let end = all.length;
  while (start < end && all[start] === '0') start++;
  while (end > start && all[end - 1] === '0') end--;
  const exponent = Number(match[4] ?? '0') - fraction.length + (all.length - end);
  return { negative: match[1] === '-', digits: all.slice(start, end), exponent };
}

/** `digits` × 10^`exponent`, unless that is beyond what is exact. */
function scaledUp(digits: string, exponent: number): bigint {
  return digits.length + exponent > DIGITS_MAX ? BEYOND : BigInt(digits) * 10n ** BigInt(exponent);
}

function signed(negative: boolean, magnitude: bigint): bigint {
  return negative ? -magnitude : magnitude;
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

/**
 * The same of numbers, many times as fast.
 * @param dividend  a safe integer
 * @param divisor   a safe integer above 0
 */
export function divideNumbersHalfEven(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  const quotient = (dividend - rest) / divisor;
  const twiceRest = Math.abs(rest) * 2;
  if (twiceRest < divisor || (twiceRest === divisor && quotient % 2 === 0)) return quotient;
  return quotient + Math.sign(dividend);
}

/** Prints micro-units as the shortest decimal text: `-1234.5`, `0.000001`, `7`. */
export function microsText(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros;
  const whole = (magnitude / MICROS_PER_UNIT).toString();
  const fraction = (magnitude % MICROS_PER_UNIT).toString().padStart(6, '0').replace(/0+$/, '');
  return (micros < 0n ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`);
}
