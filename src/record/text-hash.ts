/**
 * A hash of texts, four bytes at a time. What lies behind the text's end does not count.
 * Source: multiply and shift of each word, after MurmurHash3 (Austin Appleby), with other constants and fewer rounds; it
 * need not be strong, as whoever finds an equal hash compares the texts.
 */
const WORD_FACTOR = 0x9e3779b1;
const LAST_FACTOR = 0x85ebca6b;

/** The hash of the bytes from `start` to `end`; up to three bytes behind `end` are read, so they must be there. */
export function textHash(view: DataView, start: number, end: number): number {
  let hash = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), WORD_FACTOR);
    hash ^= hash >>> 15;
  }
  return lastStep(hash, at < end ? view.getInt32(at, true) : 0, end - at);
}

/** Takes in the last 0 to 3 bytes of a word. */
function lastStep(hash: number, word: number, count: number): number {
  const mixed = Math.imul(hash ^ (word & ((1 << (count << 3)) - 1)), LAST_FACTOR);
  return mixed ^ (mixed >>> 13);
}
