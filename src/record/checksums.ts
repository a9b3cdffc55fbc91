import { crc32 } from 'node:zlib';
import { combineCrc32 } from '../base/crc32-combine.ts';

/** A batch's CRC-32 is noted each so many bytes. As in `assembly/checksums.ts`. */
export const STEP_BYTES = 8192;

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
   * @param from     the bytes from here on
   * @param to       up to here stand where `stepsAt` finds them
   * @param stepsAt  the CRC-32 of something and of each of the steps behind it, which begin at a place in the batch
   */
  upTo(from: number, to: number, stepsAt: (place: number, steps: number, crc: number) => Checksums): void {
    const start = Math.ceil(from / STEP_BYTES);
    const end = Math.floor(to / STEP_BYTES);
    while (this.#next <= Math.min(start, end)) this.#noteOne();
    if (this.#next > end) return;
    const steps = end - this.#next + 1;
    const place = (this.#next - 1) * STEP_BYTES;
    this.#checksums.set(stepsAt(place, steps, this.#checksums[this.#next - 1] as number), this.#next);
    this.#next += steps;
  }

  /** Those of all steps. */
  all(): Checksums {
    while (this.#next < this.#checksums.length) this.#noteOne();
    return this.#checksums;
  }

  #noteOne(): void {
    const start = (this.#next - 1) * STEP_BYTES;
    const bytes = this.#bytes.subarray(start, start + STEP_BYTES);
    this.#checksums[this.#next] = crc32(bytes, this.#checksums[this.#next - 1]);
    this.#next++;
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
