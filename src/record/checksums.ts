import { crc32 } from 'node:zlib';
import { combineCrc32 } from '../base/crc32-combine.ts';

/** A batch's CRC-32 is noted each so many bytes. As in `assembly/checksums.ts`. */
const STEP_BYTES = 8192;

/** CRC-32 of a batch's bytes up to each multiple of `STEP_BYTES`, from none on: that of any piece follows from two of them. */
export type Checksums = Uint32Array;

/** Notes the CRC-32 of a batch's bytes, step by step, while they are read: then they are in the processor's cache. */
export class ChecksumNotes {
  readonly #bytes: Uint8Array;
  readonly #checksums: Checksums;
  #next = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#checksums = new Uint32Array(Math.floor(bytes.length / STEP_BYTES) + 1);
  }

  /**
   * Notes those of the steps up to a place in the batch.
   * @param from    the bytes from here on
   * @param to      up to here are where the next one looks at them
   * @param stepAt  the CRC-32 of something and of the step's bytes behind it, which begin at a place in the batch
   */
  upTo(from: number, to: number, stepAt: (place: number, crc: number) => number): void {
    for (; this.#next * STEP_BYTES <= to; this.#next++) {
      const start = (this.#next - 1) * STEP_BYTES;
      const crc = this.#checksums[this.#next - 1] as number;
      this.#checksums[this.#next] = start < from ? this.#stepAt(start, crc) : stepAt(start, crc);
    }
  }

  /** Those of all steps. */
  all(): Checksums {
    const end = this.#bytes.length;
    this.upTo(end, end, (start, crc) => this.#stepAt(start, crc));
    return this.#checksums;
  }

  #stepAt(start: number, crc: number): number {
    return crc32(this.#bytes.subarray(start, start + STEP_BYTES), crc);
  }
}

/** The CRC-32 of pieces of a batch's bytes; most of the bytes are not looked at. */
export class PieceChecksums {
  readonly #bytes: Uint8Array;
  readonly #checksums: Checksums;
  /** The CRC-32 of all bytes before this place. */
  #at = 0;
  #upTo = 0;

  /**
   * @param bytes      the batch's; what stands behind them may be part of a piece
   * @param checksums  as `ChecksumNotes` gave them for the batch
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
