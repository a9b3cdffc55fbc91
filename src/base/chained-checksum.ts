/** FNV-1a's. It is odd, so that two checksums that differ still do behind any equal ones. */
const PRIME = 0x0100_0193;

/** The checksum of a sequence of checksums: of those before (0 when there are none) and the next one. 32 bits. */
export function chainedChecksum(before: number, next: number): number {
  return Math.imul(before ^ next, PRIME) >>> 0;
}
