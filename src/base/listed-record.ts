/** A list of several records has those whole that are no longer than this, so that a page of it has its bounds. */
export const LISTED_BYTES_MAX = 16 * 1024;
/** Of longer ones it has so many bytes. */
export const LISTED_START_BYTES = 1024;

/** The start of a long record, not cut in the middle of a character. @param bytes  of it, more than are listed */
export function listedStart(bytes: Uint8Array): Uint8Array {
  let end = Math.min(LISTED_START_BYTES, bytes.length);
  // What comes behind a character's first byte in UTF-8 begins with these bits; there are three at most.
  while (end > LISTED_START_BYTES - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
