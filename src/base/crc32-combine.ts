/** CRC-32's polynomial, without its highest power; the highest bit is the lowest power. */
const POLYNOMIAL = 0xedb88320;
/** x to the power of 8: one byte of zeros. */
const ONE_BYTE = 0x0080_0000;
/** By bit of a length: x to the power of 8 times that many. */
const POWERS = Int32Array.from({ length: 31 }, (_, bit) => powerAt(bit));

/**
 * The CRC-32 of some bytes and others behind them, of the CRC-32 of each: nobody needs to look at the bytes again.
 * @param secondBytes  how many bytes the second one is of; below 2^31
 * @returns as zlib's `crc32` does, from 0 to below 2^32
 * Source: zlib's `crc32_combine`, Mark Adler: the first one is multiplied by x^(8 n), modulo the polynomial
 */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  let moved = first | 0;
  for (let bit = 0, left = secondBytes; left !== 0; bit++, left >>>= 1) {
    if ((left & 1) !== 0) moved = product(POWERS[bit] as number, moved);
  }
  return (moved ^ second) >>> 0;
}

function powerAt(bit: number): number {
  let power = ONE_BYTE;
  for (let squared = 0; squared < bit; squared++) power = product(power, power);
  return power;
}

/** The product of two polynomials, modulo CRC-32's. */
function product(a: number, b: number): number {
  let sum = 0;
  let times = b;
  for (let left = a; left !== 0; left <<= 1) {
    // Without branches, which no processor could foretell.
    sum ^= times & (left >> 31);
    times = (times >>> 1) ^ (POLYNOMIAL & -(times & 1));
  }
  return sum;
}
