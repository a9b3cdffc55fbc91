const QUOTE: u8 = 34;
const SLASH: u8 = 47;
const BACKSLASH: u8 = 92;
const LOWER_B: u8 = 98;
const LOWER_F: u8 = 102;
const LOWER_N: u8 = 110;
const LOWER_R: u8 = 114;
const LOWER_T: u8 = 116;
const LOWER_U: u8 = 117;
/** `\\u`, as it stands in memory. */
const UNICODE_ESCAPE: u16 = 0x755c;
/** How long such an escape is. */
const UNICODE_BYTES = 6;
const NO_UNIT = -1;

/**
 * Whether the bytes of a JSON string are a text: UTF-8 and whole escapes, without half a surrogate pair. Behind them stands
 * what goes on with no character, such as a quote.
 * Source: The Unicode Standard, table 3-7, Well-Formed UTF-8 Byte Sequences
 */
export function isText(from: usize, end: usize): bool {
  while (from < end) {
    const length = characterLength(from);
    if (length === 0) return false;
    from += length;
  }
  return true;
}

/** How many bytes the character at `p` has; 0 when it is none. */
function characterLength(p: usize): usize {
  const first = load<u8>(p);
  if (first < 0x80) return first === BACKSLASH ? escapeLength(p) : 1;
  const word = load<u32>(p);
  const second = load<u8>(p + 1);
  if ((word & 0xc0e0) === 0x80c0) return first >= 0xc2 ? 2 : 0;
  if ((word & 0xc0c0f0) === 0x8080e0) {
    // Neither longer than it need be nor a surrogate.
    if (first === 0xe0) return second >= 0xa0 ? 3 : 0;
    return first === 0xed && second >= 0xa0 ? 0 : 3;
  }
  if ((word & 0xc0c0c0f8) !== 0x808080f0) return 0;
  if (first === 0xf0) return second >= 0x90 ? 4 : 0;
  return first < 0xf4 || (first === 0xf4 && second < 0x90) ? 4 : 0;
}

/** The same of an escape, which is two where both halves of a surrogate pair are escaped. */
function escapeLength(p: usize): usize {
  const letter = load<u8>(p + 1);
  if (letter !== LOWER_U) return isShortEscape(letter) ? 2 : 0;
  const unit = unitAt(p);
  if (unit === NO_UNIT) return 0;
  if ((unit & 0xf800) !== 0xd800) return UNICODE_BYTES;
  const isPair = unit < 0xdc00 && (unitAt(p + UNICODE_BYTES) & 0xfc00) === 0xdc00;
  return isPair ? 2 * UNICODE_BYTES : 0;
}

function isShortEscape(letter: u8): bool {
  switch (letter) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
    case LOWER_B:
    case LOWER_F:
    case LOWER_N:
    case LOWER_R:
    case LOWER_T:
      return true;
    default:
      return false;
  }
}

/** The UTF-16 unit that is escaped at `p` by four hexadecimal digits; `NO_UNIT` when none is. */
function unitAt(p: usize): i32 {
  if (load<u16>(p) !== UNICODE_ESCAPE) return NO_UNIT;
  let unit = 0;
  for (let at = p + 2; at < p + UNICODE_BYTES; at++) {
    const digit = load<u8>(at);
    const letter = (digit | 32) - 97;
    if (digit - 48 < 10) unit = (unit << 4) | (digit - 48);
    else if (letter < 6) unit = (unit << 4) | (letter + 10);
    else return NO_UNIT;
  }
  return unit;
}
