const HYPHEN: u8 = 45;

/**
 * Reads a UUID of 36 characters at `p`, and puts its bits at `to`: four words, each with its first digit highest.
 * @returns false when it is none
 */
export function readUuid(p: usize, to: usize): bool {
  // What is looked at ends with the last digit.
  const a = v128.load(p);
  const b = v128.load(p + 16);
  const c = v128.load(p + 20);
  if (load<u8>(p + 8) !== HYPHEN || load<u8>(p + 13) !== HYPHEN) return false;
  if (load<u8>(p + 18) !== HYPHEN || load<u8>(p + 23) !== HYPHEN) return false;
  const high = v128.shuffle<u8>(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17);
  const low = v128.shuffle<u8>(b, c, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 28, 29, 30, 31);
  const noDigits = v128.or(notHexadecimal(high), notHexadecimal(low));
  if (v128.any_true(noDigits)) return false;
  const bytes = i8x16.narrow_i16x8_u(inPairs(valuesOf(high)), inPairs(valuesOf(low)));
  v128.store(to, v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  return true;
}

/** Whether a UUID has capital letters, which its bits do not say. */
export function hasCapitals(p: usize): bool {
  // A capital letter is told from a digit, a hyphen and a small letter by its sixth bit, which becomes the first.
  const all = v128.and(v128.and(v128.load(p), v128.load(p + 16)), v128.load(p + 20));
  return i8x16.bitmask(i16x8.shl(all, 2)) !== 0xffff;
}

function isDecimal(characters: v128): v128 {
  return i8x16.lt_u(i8x16.sub(characters, i8x16.splat(48)), i8x16.splat(10));
}

/** How far the letters are behind `a`, whether small or capital. */
function behindA(characters: v128): v128 {
  return i8x16.sub(v128.or(characters, i8x16.splat(32)), i8x16.splat(97));
}

function notHexadecimal(characters: v128): v128 {
  return v128.not(v128.or(isDecimal(characters), i8x16.lt_u(behindA(characters), i8x16.splat(6))));
}

/** The values of hexadecimal digits. */
function valuesOf(digits: v128): v128 {
  const decimals = i8x16.sub(digits, i8x16.splat(48));
  const letters = i8x16.add(behindA(digits), i8x16.splat(10));
  return v128.bitselect(decimals, letters, isDecimal(digits));
}

/** Two digits' values, the first one the higher, as one number of 16 bits. */
function inPairs(values: v128): v128 {
  const first = i16x8.shl(v128.and(values, i16x8.splat(0xff)), 4);
  return v128.or(first, i16x8.shr_u(values, 8));
}
