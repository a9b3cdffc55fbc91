import { crc32 } from 'node:zlib';
import { combineCrc32 } from '../base/crc32-combine.ts';

/** A batch's CRC-32 is noted each so many bytes. */
const STEP_BYTES = 8192;

/** CRC-32 of a batch's bytes up to each multiple of `STEP_BYTES`, from none on: that of any piece follows from two of them. */
export type Checksums = Uint32Array;

export function checksumsOf(bytes: Uint8Array): Checksums {
  const checksums = new Uint32Array(Math.floor(bytes.length / STEP_BYTES) + 1);
  let crc = 0;
  for (let step = 1; step < checksums.length; step++) {
    crc = crc32(bytes.subarray((step - 1) * STEP_BYTES, step * STEP_BYTES), crc);
    checksums[step] = crc;
  }
  return checksums;
}

/**
 * The CRC-32 of something and of a piece of a batch's bytes behind it; only the ends of the piece are looked at.
 * @param crc        of what is before the piece; 0 when that is nothing
 * @param bytes      the batch's; what stands behind them may be part of the piece
 * @param checksums  as `checksumsOf` gave them for the batch
 */
export function crcWith(crc: number, bytes: Uint8Array, start: number, end: number, checksums: Checksums): number {
  const first = Math.ceil(start / STEP_BYTES);
  const last = Math.min(Math.floor(end / STEP_BYTES), checksums.length - 1);
  if (last <= first) return crc32(bytes.subarray(start, end), crc);
  const before = crc32(bytes.subarray(start, first * STEP_BYTES), crc);
  // The CRC of what is between two steps is that of all up to the second, less that of all up to the first when this is moved
  // along. What was before is moved as far, so both are moved at once.
  const moved = before ^ (checksums[first] as number);
  const upTo = combineCrc32(moved, checksums[last] as number, (last - first) * STEP_BYTES);
  return crc32(bytes.subarray(last * STEP_BYTES, end), upTo);
}
