import { crc32 } from 'node:zlib';
import { combineCrc32 } from '../base/crc32-combine.ts';

/** The CRC-32 of bytes is noted each so many of them. */
const STEP_BYTES = 8192;

/** CRC-32 of bytes up to each multiple of `STEP_BYTES`, from none on: that of any piece follows from two of them. */
export type Checksums = Uint32Array;

/** Those of bytes. They are worked out once something has been written there, when they are in the processor's cache. */
export function stepChecksums(bytes: Uint8Array): Checksums {
  const checksums = new Uint32Array(Math.floor(bytes.length / STEP_BYTES) + 1);
  for (let step = 1; step < checksums.length; step++) {
    const piece = bytes.subarray((step - 1) * STEP_BYTES, step * STEP_BYTES);
    checksums[step] = crc32(piece, checksums[step - 1]);
  }
  return checksums;
}

/** The CRC-32 of pieces of bytes; most of the bytes are not looked at. */
export class PieceChecksums {
  readonly #bytes: Uint8Array;
  readonly #checksums: Checksums;
  /** The CRC-32 of all bytes before this place. */
  #at = 0;
  #upTo = 0;

  /**
   * @param bytes      those that the checksums are of
   * @param checksums  as `stepChecksums` gave them
   */
  constructor(bytes: Uint8Array, checksums: Checksums) {
    this.#bytes = bytes;
    this.#checksums = checksums;
  }

  /**
   * The CRC-32 of something and of a piece behind it. Pieces come in their order.
   * @param crc  of what is before the piece; 0 when that is nothing
   */
  with(crc: number, start: number, end: number): number {
    // That of a piece is that of all up to its end, less that of all up to its start when this is moved along. What was
    // before is moved as far, so both are moved at once.
    const moved = crc ^ this.#upToPlace(start);
    return combineCrc32(moved, this.#upToPlace(end), end - start);
  }

  /** From the nearest place before it of which it is known. */
  #upToPlace(place: number): number {
    const step = Math.min(Math.floor(place / STEP_BYTES), this.#checksums.length - 1);
    if (step * STEP_BYTES > this.#at) {
      this.#at = step * STEP_BYTES;
      this.#upTo = this.#checksums[step] as number;
    }
    if (place > this.#at) this.#upTo = crc32(this.#bytes.subarray(this.#at, place), this.#upTo);
    this.#at = place;
    return this.#upTo;
  }
}
