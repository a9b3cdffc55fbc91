import { DaybookError } from '../base/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { NewFrame } from '../ports/log.ts';

/** What a file system may need for itself, and the frame for its header. */
const SPARE_BYTES = 64 * 1024;

/**
 * What a full disk refused. There is room again once so much has some, not when something smaller has: who was refused
 * would be told that all is well, send the same again, and be refused again.
 */
export class MissingRoom {
  #bytes = 0;
  #error: DaybookError | undefined;

  /** A frame could not be written. */
  note(frame: NewFrame, error: unknown): void {
    if (!(error instanceof DaybookError) || error.code !== 'DISK_FULL') return;
    this.#bytes = Math.max(this.#bytes, bytesOf(frame));
    this.#error = error;
  }

  /** Whether nothing is known to be missing any more, now that a frame was written. */
  isEndedBy(frame: NewFrame): boolean {
    if (this.#error !== undefined && bytesOf(frame) >= this.#bytes) this.#forget();
    return this.#error === undefined;
  }

  /** @throws DaybookError `DISK_FULL` what the disk refused the frame with, if it would again */
  async tryAgain(disk: Disk): Promise<void> {
    if (this.#error === undefined) return;
    try {
      await disk.tryRoom(this.#bytes + SPARE_BYTES);
    } catch (error) {
      throw error instanceof DaybookError && error.code === 'DISK_FULL' ? this.#error : error;
    }
    this.#forget();
  }

  #forget(): void {
    this.#bytes = 0;
    this.#error = undefined;
  }
}

function bytesOf({ records, quarantine, places }: NewFrame): number {
  const pieces = records instanceof Uint8Array ? [records] : records;
  const others = quarantine.length + (places?.length ?? 0);
  return pieces.reduce((sum, piece) => sum + piece.length, others);
}
