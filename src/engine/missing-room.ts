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
  #isTrialDue = false;

  /** What the disk refused a frame with; undefined: nothing is known to be missing. */
  get error(): DaybookError | undefined {
    return this.#error;
  }

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

  /** Has the disk be tried before the next frame. */
  tryNext(): void {
    this.#isTrialDue = true;
  }

  /** Tries the disk when that is due. Nothing else is written to the log meanwhile, which it would take the room from. */
  async tryWhenDue(disk: Disk): Promise<void> {
    if (!this.#isTrialDue) return;
    this.#isTrialDue = false;
    if (this.#error === undefined) return;
    try {
      await disk.tryRoom(this.#bytes + SPARE_BYTES);
      this.#forget();
    } catch {
      // As it was.
    }
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
