const QUOTE: u8 = 34;
const BACKSLASH: u8 = 92;
const SPACE: u8 = 32;

/**
 * Where the first byte is, from `p` on, that does not simply belong to a text: a quote, a backslash, a control character,
 * or what is no ASCII, whose bytes are negative when they have a sign.
 */
export function textEnd(p: usize): usize {
  let marks = marksAt(p);
  while (marks === 0) {
    p += 16;
    marks = marksAt(p);
  }
  return p + ctz(marks);
}

/** A bit for each of 16 bytes. */
function marksAt(p: usize): i32 {
  const bytes = v128.load(p);
  return i8x16.bitmask(v128.or(stops(bytes), i8x16.lt_s(bytes, i8x16.splat(SPACE))));
}

function stops(bytes: v128): v128 {
  return v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)));
}

/** Where the quote is that ends a text of which `p` is the first odd byte, as `textEnd` gave it; 0 when no quote ends it. */
export function oddTextEnd(p: usize): usize {
  p = anyTextEnd(p);
  while (load<u8>(p) === BACKSLASH) {
    // What is escaped is looked at once somebody reads the text; here it is enough that it ends nothing.
    if (load<u8>(p + 1) < SPACE) return 0;
    p = anyTextEnd(p + 2);
  }
  return isQuote(p) ? p : 0;
}

/** As `textEnd`, but what is no ASCII belongs to the text. */
function anyTextEnd(p: usize): usize {
  let marks = anyMarksAt(p);
  while (marks === 0) {
    p += 16;
    marks = anyMarksAt(p);
  }
  return p + ctz(marks);
}

function anyMarksAt(p: usize): i32 {
  const bytes = v128.load(p);
  return i8x16.bitmask(v128.or(stops(bytes), i8x16.lt_u(bytes, i8x16.splat(SPACE))));
}

export function isQuote(p: usize): bool {
  return load<u8>(p) === QUOTE;
}
