const BACKSLASH: u8 = 92;

/**
 * Whether bytes are UTF-8 without a backslash. Behind them stands what goes on with no character, such as a quote.
 * Source: The Unicode Standard, table 3-7, Well-Formed UTF-8 Byte Sequences
 */
export function isPlainUtf8(from: usize, end: usize): bool {
  while (from < end) {
    const length = characterLength(from);
    if (length === 0) return false;
    from += length;
  }
  return true;
}

/** How many bytes the character at `p` has; 0 when it is none, or a backslash. */
function characterLength(p: usize): usize {
  const first = load<u8>(p);
  if (first < 0x80) return first === BACKSLASH ? 0 : 1;
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
