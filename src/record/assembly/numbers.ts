/** Says that a number is not written as usual. */
export const NO_NUMBER = i64.MIN_VALUE;
/** A decimal has so many places; what is behind them is rounded. */
const PLACES = 6;
/** More digits before the point are not usual. */
const WHOLE_DIGITS_MAX = 9;
/** So many digits are read at once. */
const WORD_DIGITS = 8;
/** So many bytes are looked at at once. */
const WINDOW = 16;
/** Up to so many digits, a number's digits are a whole number that a float holds exactly. */
const EXACT_DIGITS = 15;
const PLUS: u8 = 43;
const MINUS: u8 = 45;
const POINT: u8 = 46;
const ZERO: u8 = 48;
const LOWER_E: u8 = 101;
/** What makes a capital letter of ASCII a small one. */
const LOWER: u8 = 32;

const POWERS = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000,
]);

/** Where the number that was read last ends. */
export let numberEnd: usize = 0;

/** A decimal in millionths, rounded half-even at the seventh place; sets `numberEnd`. */
export function readDecimal(p: usize): i64 {
  const isNegative = load<u8>(p) === MINUS;
  if (isNegative) p++;
  const others = notDigits(p);
  const whole = ctz(others);
  if (whole > WORD_DIGITS) return readLongDecimal(p, isNegative);
  if (whole === 0 || (whole > 1 && load<u8>(p) === ZERO)) return NO_NUMBER;
  let micros = digitsAt(p, whole) * 1_000_000;
  const point = p + whole;
  if (load<u8>(point) === POINT) {
    const end = p + ctz(others & (others - 1));
    const places = ((end - point) as i32) - 1;
    if (places === 0) return NO_NUMBER;
    if (places > PLACES) return readLongDecimal(p, isNegative);
    micros += digitsAt(point + 1, places) * powerOfTen(PLACES - places);
    numberEnd = end;
  } else {
    numberEnd = point;
  }
  return isNegative ? 0 - micros : micros;
}

/** The same, digit by digit: with more digits than are read at once. `p` is behind the sign. */
function readLongDecimal(p: usize, isNegative: bool): i64 {
  const whole = readWhole(p);
  if (whole === NO_NUMBER) return NO_NUMBER;
  let micros = whole * 1_000_000;
  p = numberEnd;
  if (load<u8>(p) === POINT) {
    const first = ++p;
    let fraction: i64 = 0;
    while (isDigit(p) && ((p - first) as i32) < PLACES) fraction = fraction * 10 + digitAt(p++);
    if (p === first) return NO_NUMBER;
    micros += fraction * powerOfTen(PLACES - ((p - first) as i32));
    if (isDigit(p)) micros += roundsUp(p, fraction) as i64;
    while (isDigit(p)) p++;
    numberEnd = p;
  }
  return isNegative ? 0 - micros : micros;
}

/** Whether the digits from `p` on are more than half of the place before them, or half of it and that place is odd. */
function roundsUp(p: usize, before: i64): bool {
  const first = digitAt(p);
  if (first !== 5) return first > 5;
  while (isDigit(++p)) if (load<u8>(p) !== ZERO) return true;
  return (before & 1) === 1;
}

/** A whole number; sets `numberEnd`. */
export function readInteger(p: usize): i64 {
  const isNegative = load<u8>(p) === MINUS;
  const whole = readWhole(isNegative ? p + 1 : p);
  return isNegative && whole !== NO_NUMBER ? 0 - whole : whole;
}

/** Up to nine digits without a sign; sets `numberEnd`. */
function readWhole(p: usize): i64 {
  const first = p;
  let whole: i64 = 0;
  while (isDigit(p) && ((p - first) as i32) <= WHOLE_DIGITS_MAX) whole = whole * 10 + digitAt(p++);
  const digits = (p - first) as i32;
  if (digits === 0 || digits > WHOLE_DIGITS_MAX || (digits > 1 && load<u8>(first) === ZERO)) return NO_NUMBER;
  numberEnd = p;
  return whole;
}

/** A float; sets `numberEnd`. NaN when it is not written as usual, or has more digits than a float holds exactly. */
export function readFloat(p: usize): f64 {
  const isNegative = load<u8>(p) === MINUS;
  if (isNegative) p++;
  const first = p;
  let digits: u64 = 0;
  while (isDigit(p)) digits = digits * 10 + (digitAt(p++) as u64);
  const whole = (p - first) as i32;
  if (whole === 0 || (whole > 1 && load<u8>(first) === ZERO)) return NaN;
  let places = 0;
  if (load<u8>(p) === POINT) {
    const behindPoint = ++p;
    while (isDigit(p)) digits = digits * 10 + (digitAt(p++) as u64);
    places = (p - behindPoint) as i32;
    if (places === 0) return NaN;
  }
  numberEnd = p;
  if (whole + places > EXACT_DIGITS) return NaN;
  // Both the digits and the power of ten are exact, so the division rounds once (Clinger 1990).
  const value = (digits as f64) / (load<u64>(POWERS + (places << 3)) as f64);
  return isNegative && value !== 0 ? -value : value;
}

/** Whether a number goes on at `p`, where it was thought to end: with a fraction or an exponent. */
export function goesOn(p: usize): bool {
  const byte = load<u8>(p);
  return byte === POINT || (byte | LOWER) === LOWER_E;
}

/** Where a number began of which the part before `p` was read. */
export function numberStart(p: usize): usize {
  while (isDigit(p - 1) || load<u8>(p - 1) === POINT || load<u8>(p - 1) === MINUS) p--;
  return p;
}

/** Where the number at `p` ends, however JSON lets it be written; 0 when it is none. */
export function jsonNumberEnd(p: usize): usize {
  if (load<u8>(p) === MINUS) p++;
  const whole = digitsFrom(p);
  if (whole === 0 || (whole > 1 && load<u8>(p) === ZERO)) return 0;
  p += whole;
  if (load<u8>(p) === POINT) {
    const places = digitsFrom(p + 1);
    if (places === 0) return 0;
    p += places + 1;
  }
  if ((load<u8>(p) | LOWER) !== LOWER_E) return p;
  const first = load<u8>(p + 1) === PLUS || load<u8>(p + 1) === MINUS ? p + 2 : p + 1;
  const digits = digitsFrom(first);
  return digits === 0 ? 0 : first + digits;
}

/** How many digits stand from `p` on. */
export function digitsFrom(p: usize): usize {
  const first = p;
  while (isDigit(p)) p++;
  return p - first;
}

/** Where the bytes end, from `p` on, of which a number without an exponent is made: `-./0123456789`. */
export function numberFormEnd(p: usize): usize {
  let others = notOfNumbers(p);
  while (others === 0) {
    p += WINDOW;
    others = notOfNumbers(p);
  }
  return p + ctz(others);
}

function notOfNumbers(p: usize): i32 {
  return i8x16.bitmask(i8x16.ge_u(i8x16.sub(v128.load(p), i8x16.splat(MINUS)), i8x16.splat(13)));
}

/** A bit for each of the next 16 bytes, which is set when it is no digit; and bits behind them. */
function notDigits(p: usize): i32 {
  const outside = i8x16.ge_u(i8x16.sub(v128.load(p), i8x16.splat(ZERO)), i8x16.splat(10));
  return i8x16.bitmask(outside) | (-1 << WINDOW);
}

/**
 * The number of 1 to 8 digits, all at once: pairs of digits, then pairs of pairs, then both halves.
 * Source: Johnny Lee, Fast numeric string to int (2016); Daniel Lemire, Quickly parsing eight digits (2018)
 */
function digitsAt(p: usize, count: i32): i64 {
  // The digits are moved to the end of the word; what comes before them is 0.
  let word = (load<u64>(p) ^ 0x3030303030303030) << (((WORD_DIGITS - count) << 3) as u64);
  word = word * 10 + (word >> 8);
  const pairs = (word & 0x000000ff000000ff) * 0x000f424000000064;
  const others = ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
  return ((pairs + others) >> 32) as i64;
}

function powerOfTen(exponent: i32): i64 {
  return load<i64>(POWERS + (exponent << 3));
}

function isDigit(p: usize): bool {
  return load<u8>(p) - ZERO < 10;
}

function digitAt(p: usize): i64 {
  return (load<u8>(p) - ZERO) as i64;
}
