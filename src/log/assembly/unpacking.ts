/** Unpacks records: `ports/packed-records.ts` says how they are packed. */

/** How a value is packed. As in `ports/packed-records.ts`. */
const AS_FORM: u8 = 1;
const AS_UUID: u8 = 2;
const AS_MOMENT: u8 = 3;
const LINE: u8 = 0;
const LINE_FEED: u8 = 10;
const HYPHEN: u8 = 45;
const NO_FORM: u32 = 0xffff;
const TEMPLATES_MAX = 256;
const FORMS_MAX: u32 = 65_536;
const UUID_BYTES: usize = 36;
const BLOCK: usize = 16;
const PAGE_SHIFT = 16;

/** By number: where a template begins behind its number, 0 when there is none; and where a form does. */
const templates = memory.data(TEMPLATES_MAX * 4);
const forms = memory.data(65_536 * 4);
let formsCount: u32 = 0;

/** Where the next packed byte is read, and where they end. */
let p: usize = 0;
let end: usize = 0;
/** Where the next byte goes, and where there is no more room. */
let at: usize = 0;
let roomEnd: usize = 0;

/** Room for so many bytes, which are anything. @returns where it is */
export function reserve(bytes: usize): usize {
  const wanted = ((__heap_base + bytes + 0xffff) >> PAGE_SHIFT) as i32;
  const missing = wanted - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return __heap_base;
}

/**
 * Unpacks a block without its header.
 * @param block   where its templates begin; forms and records stand behind them
 * @param to      room for the records, and for 16 bytes more
 * @param length  of the records
 * @returns false when it is no block whose records are so long
 */
export function unpack(
  block: usize,
  templatesLength: usize,
  formsLength: usize,
  recordsLength: usize,
  to: usize,
  length: usize,
): bool {
  if (!findTemplates(block, block + templatesLength)) return false;
  const formsAt = block + templatesLength;
  if (!findForms(formsAt, formsAt + formsLength)) return false;
  p = formsAt + formsLength;
  end = p + recordsLength;
  at = to;
  roomEnd = to + length;
  while (p < end) if (!unpackRecord()) return false;
  return at === roomEnd;
}

function findTemplates(template: usize, templatesEnd: usize): bool {
  memory.fill(templates, 0, TEMPLATES_MAX * 4);
  while (template < templatesEnd) {
    if (template + 3 > templatesEnd) return false;
    const number = load<u8>(template) as usize;
    const members = load<u16>(template, 1) as i32;
    if (members === 0) return false;
    store<u32>(templates + (number << 2), template as u32);
    template += 3;
    for (let i = 0; i < members; i++) {
      if (template + 3 > templatesEnd) return false;
      template += 3 + (load<u16>(template, 1) as usize);
    }
  }
  return template === templatesEnd;
}

function findForms(form: usize, formsEnd: usize): bool {
  formsCount = 0;
  while (form < formsEnd && formsCount < FORMS_MAX) {
    store<u32>(forms + ((formsCount++ as usize) << 2), form as u32);
    form += 1 + (load<u8>(form) as usize);
  }
  return form === formsEnd;
}

function unpackRecord(): bool {
  const number = load<u8>(p++);
  if (number === LINE) return unpackLine();
  let member = load<u32>(templates + ((number as usize) << 2)) as usize;
  if (member === 0) return false;
  const members = load<u16>(member, 1) as i32;
  member += 3;
  for (let i = 1; i < members; i++) {
    const literalLength = load<u16>(member, 1) as usize;
    if (!put(member + 3, literalLength) || !unpackValue(load<u8>(member))) return false;
    member += 3 + literalLength;
  }
  return put(member + 3, load<u16>(member, 1) as usize) && putByte(LINE_FEED);
}

/** A line that is not packed, with its line feed. */
function unpackLine(): bool {
  const start = p;
  while (p < end && load<u8>(p) !== LINE_FEED) p++;
  return p < end && put(start, ++p - start);
}

function unpackValue(packedAs: u8): bool {
  switch (packedAs) {
    case AS_FORM:
      return unpackForm();
    case AS_UUID:
      return unpackUuid();
    case AS_MOMENT:
      return unpackForm() && unpackBytes();
    default:
      return unpackBytes();
  }
}

function unpackBytes(): bool {
  if (p >= end) return false;
  const length = load<u8>(p++) as usize;
  const start = p;
  p += length;
  return p <= end && put(start, length);
}

function unpackForm(): bool {
  if (p + 2 > end) return false;
  const form = load<u16>(p) as u32;
  p += 2;
  if (form === NO_FORM) return unpackBytes();
  if (form >= formsCount) return false;
  const place = load<u32>(forms + ((form as usize) << 2)) as usize;
  return put(place + 1, load<u8>(place) as usize);
}

function unpackUuid(): bool {
  if (p + BLOCK > end || at + UUID_BYTES > roomEnd) return false;
  const words = v128.load(p);
  p += BLOCK;
  const bytes = v128.shuffle<u8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const high = digitsOf(i8x16.shr_u(bytes, 4));
  const low = digitsOf(v128.and(bytes, i8x16.splat(15)));
  const first = v128.shuffle<u8>(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const last = v128.shuffle<u8>(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const hyphens = i8x16.splat(HYPHEN);
  const start = v128.shuffle<u8>(first, hyphens, 0, 1, 2, 3, 4, 5, 6, 7, 16, 8, 9, 10, 11, 16, 12, 13);
  v128.store(at, start);
  store<u16>(at, i16x8.extract_lane_u(first, 7), 16);
  store<u8>(at, HYPHEN, 18);
  store<u32>(at, i32x4.extract_lane(last, 0), 19);
  store<u8>(at, HYPHEN, 23);
  v128.store(at, v128.shuffle<u8>(last, last, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0), 24);
  at += UUID_BYTES;
  return true;
}

/** The hexadecimal digits of numbers from 0 to 15. */
function digitsOf(numbers: v128): v128 {
  const digits = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  return i8x16.swizzle(digits, numbers);
}

/** Puts bytes behind those that there are. @returns false when there is no room for them */
function put(from: usize, length: usize): bool {
  if (at + length > roomEnd) return false;
  v128.store(at, v128.load(from));
  for (let done = BLOCK; done < length; done += BLOCK) v128.store(at + done, v128.load(from + done));
  at += length;
  return true;
}

function putByte(byte: u8): bool {
  if (at >= roomEnd) return false;
  store<u8>(at++, byte);
  return true;
}
