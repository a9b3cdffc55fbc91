/**
 * Room behind bytes that are read as words, so that the last word may reach over their end. Who reads a body or a file
 * leaves it, and who scans the lines need not copy them.
 */
export const SLACK_BYTES = 8;

/** The same bytes at the beginning of a buffer with room behind them. */
export function withSlack(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + SLACK_BYTES);
  larger.set(bytes);
  return larger.subarray(0, bytes.length);
}

/** Whether there is room behind the bytes in their buffer; what stands in it does not matter. */
export function hasSlack(bytes: Uint8Array): boolean {
  return bytes.byteOffset + bytes.length + SLACK_BYTES <= bytes.buffer.byteLength;
}
