const QUOTE: u8 = 34;
const BACKSLASH: u8 = 92;
const SPACE: u8 = 32;

/** Where the first byte is, from `p` on, that does not simply belong to a text: a quote, a backslash, a control character. */
export function textEnd(p: usize): usize {
  let marks = marksAt(p) | (marksAt(p + 16) << 16);
  while (marks === 0) {
    p += 32;
    marks = marksAt(p) | (marksAt(p + 16) << 16);
  }
  return p + ctz(marks);
}

/** A bit for each of 16 bytes. */
function marksAt(p: usize): i32 {
  const bytes = v128.load(p);
  const quotes = i8x16.eq(bytes, i8x16.splat(QUOTE));
  const others = v128.or(i8x16.eq(bytes, i8x16.splat(BACKSLASH)), i8x16.lt_u(bytes, i8x16.splat(SPACE)));
  return i8x16.bitmask(v128.or(quotes, others));
}

/** Where the quote is that ends a text with escapes, of which `p` is the first backslash; 0 when no quote ends it. */
export function escapedTextEnd(p: usize): usize {
  while (load<u8>(p) === BACKSLASH) {
    // What is escaped is looked at once somebody reads the text; here it is enough that it ends nothing.
    if (load<u8>(p + 1) < SPACE) return 0;
    p = textEnd(p + 2);
  }
  return load<u8>(p) === QUOTE ? p : 0;
}

export function isBackslash(p: usize): bool {
  return load<u8>(p) === BACKSLASH;
}
