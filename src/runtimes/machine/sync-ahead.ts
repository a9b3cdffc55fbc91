import type { FileHandle } from 'node:fs/promises';

type SyncedFile = Pick<FileHandle, 'datasync' | 'close'>;

/**
 * Syncs a file, and what was written of it so far while more is being written, so that the disk is not idle until all of
 * a long write stands in the system's memory. What such a sync fails with, `sync` fails with: the system says it once.
 */
export class SyncAhead {
  readonly #file: SyncedFile;
  #underWay: Promise<void> | undefined;
  #failure: unknown;

  constructor(file: SyncedFile) {
    this.#file = file;
  }

  /** Begins to sync what was written, unless it is doing so. */
  begin(): void {
    this.#underWay ??= this.#file
      .datasync()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  async sync(): Promise<void> {
    await this.#underWay;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#underWay;
    await this.#file.close();
  }
}
