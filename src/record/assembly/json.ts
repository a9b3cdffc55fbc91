import { jsonNumberEnd } from './numbers';
import { isQuote, oddTextEnd, textEnd } from './texts';
import { isText } from './utf8';

const SPACE: u8 = 32;
const TAB: u8 = 9;
const COMMA: u8 = 44;
const COLON: u8 = 58;
const OPEN_BRACKET: u8 = 91;
const CLOSE_BRACKET: u8 = 93;
const LOWER_F: u8 = 102;
const OPEN_BRACE: u8 = 123;
const CLOSE_BRACE: u8 = 125;
/** As they stand in memory. */
const NULL: u32 = 0x6c6c756e;
export const NULL_BYTES = 4;
const TRUE: u32 = 0x65757274;
const ALSE: u32 = 0x65736c61;

export function isNull(p: usize): bool {
  return load<u32>(p) === NULL;
}

/**
 * Where the JSON value at `p` ends, of which nobody wants anything.
 * @param levels  so many objects and arrays may stand within each other
 * @returns 0 when it is none, or not a usual one
 */
export function valueEnd(p: usize, levels: i32): usize {
  const first = load<u8>(p);
  if (isQuote(p)) return stringEnd(p);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return levels === 0 ? 0 : nestedEnd(p, levels - 1);
  if (isNull(p)) return p + NULL_BYTES;
  if (load<u32>(p) === TRUE) return p + 4;
  if (first === LOWER_F) return load<u32>(p + 1) === ALSE ? p + 5 : 0;
  return jsonNumberEnd(p);
}

/** The end of a string whose opening quote stands at `p`. */
function stringEnd(p: usize): usize {
  let end = textEnd(p + 1);
  if (!isQuote(end)) {
    const odd = end;
    end = oddTextEnd(odd);
    if (end === 0 || !isText(odd, end)) return 0;
  }
  return end + 1;
}

/** The end of an object or an array. */
function nestedEnd(p: usize, levels: i32): usize {
  const isObject = load<u8>(p) === OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  p = spacesEnd(p + 1);
  if (load<u8>(p) === close) return p + 1;
  while (true) {
    if (isObject) {
      const nameEnd = isQuote(p) ? stringEnd(p) : 0;
      if (nameEnd === 0) return 0;
      p = spacesEnd(nameEnd);
      if (load<u8>(p) !== COLON) return 0;
      p = spacesEnd(p + 1);
    }
    const end = valueEnd(p, levels);
    if (end === 0) return 0;
    p = spacesEnd(end);
    const behind = load<u8>(p++);
    if (behind === close) return p;
    if (behind !== COMMA) return 0;
    p = spacesEnd(p);
  }
}

function spacesEnd(p: usize): usize {
  while (load<u8>(p) === SPACE || load<u8>(p) === TAB) p++;
  return p;
}
