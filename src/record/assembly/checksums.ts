/**
 * CRC-32 with few looks at tables. A multiple of its polynomial says where each block of bytes can be added further on,
 * so that it need not be looked at any more; what is left in the end is looked up. What holds for bits holds for blocks of 128
 * of them: as the coefficients are 0 and 1, squaring a polynomial, seven times, does nothing but double its exponents.
 * Source: Sam Russell, Chorba: A novel CRC32 implementation (arXiv:2412.16398, 2024), with other multiples; for the tables
 * M. Kounavis and F. Berry, A systematic approach to building high performance CRC generators (2005).
 */
import { allocate } from './memory';

/** So many bytes it is worked out of at once. As in `checksums.ts` of the folder above. */
const STEP_BYTES: usize = 8192;
const BLOCK: usize = 16;
/**
 * x^137 + x^84 + x^80 + x^70 + x^29 + x^8 + 1 is a multiple: a block goes into those that are 137 less each exponent further
 * on. There are shorter ones of seven terms, but what is loaded was stored at least 53 blocks before, so no load waits for a store.
 */
const FAR: usize = 137 * BLOCK;
/** The first blocks get nothing. */
const FAR_FIRST: usize = (137 - 84) * BLOCK;
/** The polynomial itself has 15 terms. */
const NEAR: usize = 32 * BLOCK;
const POLYNOMIAL: u32 = 0xedb88320;
/** What is known of a byte: 16 words, as so many bytes are looked up at once. */
const ROW_BYTES: usize = BLOCK * 4;

/** Blocks with what has gone into them; those before them are always 0. */
const blocks = allocate(FAR + STEP_BYTES) + FAR;
/** What is left. */
const rest = allocate(FAR);
const tables = makeTables();

/** By byte: its CRC, that with a byte behind it that is 0, with two of them, and so on. */
function makeTables(): usize {
  const made = allocate(256 * ROW_BYTES);
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? POLYNOMIAL : 0);
    store<u32>(made + (byte as usize) * ROW_BYTES, crc);
  }
  for (let row = made; row < made + 256 * ROW_BYTES; row += ROW_BYTES) {
    for (let at = row + 4; at < row + ROW_BYTES; at += 4) {
      const crc = load<u32>(at - 4);
      store<u32>(at, (crc >>> 8) ^ load<u32>(made + ((crc & 0xff) as usize) * ROW_BYTES));
    }
  }
  return made;
}

/**
 * Puts the CRC-32 of something and of each step behind it at `to`.
 * @param crc  of what is before; 0 when that is nothing
 */
export function stepChecksums(from: usize, steps: i32, crc: u32, to: usize): void {
  for (const end = to + ((steps as usize) << 2); to < end; from += STEP_BYTES, to += 4) {
    crc = stepChecksum(from, crc);
    store<u32>(to, crc);
  }
}

function stepChecksum(from: usize, crc: u32): u32 {
  memory.copy(blocks, from, FAR_FIRST);
  // What is before goes into the first bytes.
  store<u32>(blocks, load<u32>(blocks) ^ ~crc);
  const farEnd = STEP_BYTES - FAR;
  addFar(from + FAR_FIRST, from + farEnd, blocks + FAR_FIRST - FAR, blocks + FAR_FIRST);
  memory.fill(blocks + farEnd, 0, FAR);
  addFar(from + farEnd, from + STEP_BYTES, blocks + farEnd - FAR, rest);
  const nearEnd = FAR - NEAR;
  addNear(rest, rest + nearEnd, blocks - NEAR, blocks);
  memory.fill(blocks + nearEnd, 0, NEAR);
  addNear(rest + nearEnd, rest + FAR, blocks + nearEnd - NEAR, rest);
  return ~lookedUp(rest, rest + NEAR);
}

/**
 * Adds to each block from `from` to `end` what goes into it.
 * @param at  where the block is, 137 before it, of which something does
 * @param to  where it is put
 */
function addFar(from: usize, end: usize, at: usize, to: usize): void {
  for (; from < end; from += BLOCK, at += BLOCK, to += BLOCK) {
    const a = v128.xor(v128.load(at), v128.load(at, 8 * BLOCK));
    const b = v128.xor(v128.load(at, 29 * BLOCK), v128.load(at, 70 * BLOCK));
    const c = v128.xor(v128.load(at, 80 * BLOCK), v128.load(at, 84 * BLOCK));
    v128.store(to, v128.xor(v128.xor(v128.load(from), a), v128.xor(b, c)));
  }
}

/** The same by the polynomial itself: x^32 + x^26 + x^23 + x^22 + x^16 + ... + 1. */
function addNear(from: usize, end: usize, at: usize, to: usize): void {
  for (; from < end; from += BLOCK, at += BLOCK, to += BLOCK) {
    let sum = v128.xor(v128.load(from), v128.load(at));
    sum = v128.xor(sum, v128.xor(v128.load(at, 1 * BLOCK), v128.load(at, 2 * BLOCK)));
    sum = v128.xor(sum, v128.xor(v128.load(at, 4 * BLOCK), v128.load(at, 5 * BLOCK)));
    sum = v128.xor(sum, v128.xor(v128.load(at, 7 * BLOCK), v128.load(at, 8 * BLOCK)));
    sum = v128.xor(sum, v128.xor(v128.load(at, 10 * BLOCK), v128.load(at, 11 * BLOCK)));
    sum = v128.xor(sum, v128.xor(v128.load(at, 12 * BLOCK), v128.load(at, 16 * BLOCK)));
    sum = v128.xor(sum, v128.xor(v128.load(at, 22 * BLOCK), v128.load(at, 23 * BLOCK)));
    v128.store(to, v128.xor(sum, v128.load(at, 26 * BLOCK)));
  }
}

/** The CRC of whole blocks, neither inverted before nor behind. */
function lookedUp(from: usize, end: usize): u32 {
  const known = tables;
  let crc: u32 = 0;
  for (; from < end; from += BLOCK) {
    const word = load<u32>(from) ^ crc;
    const late = byteAt(known, from, 12) ^ byteAt(known, from, 13) ^ byteAt(known, from, 14) ^ byteAt(known, from, 15);
    const middle = byteAt(known, from, 8) ^ byteAt(known, from, 9) ^ byteAt(known, from, 10) ^ byteAt(known, from, 11);
    const early = byteAt(known, from, 4) ^ byteAt(known, from, 5) ^ byteAt(known, from, 6) ^ byteAt(known, from, 7);
    const first = entry(known, word & 0xff, 0) ^ entry(known, (word >>> 8) & 0xff, 1);
    crc = late ^ middle ^ early ^ first ^ entry(known, (word >>> 16) & 0xff, 2) ^ entry(known, word >>> 24, 3);
  }
  return crc;
}

function byteAt(known: usize, from: usize, place: usize): u32 {
  return entry(known, load<u8>(from + place), place);
}

/** What is known of a byte that stands at a place in its block. */
function entry(known: usize, byte: u32, place: usize): u32 {
  return load<u32>(known + (byte as usize) * ROW_BYTES + (BLOCK - 1 - place) * 4);
}
