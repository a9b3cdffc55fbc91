import type { Disk, DiskFile } from '../../src/ports/disk.ts';

/** A disk that syncs nothing while it is held: as slow as a test wants it to be. */
export class HeldDisk implements Disk {
  readonly #disk: Disk;
  #released: PromiseWithResolvers<void> | undefined;
  /** How many syncs wait. */
  waiting = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** From now on every sync waits. */
  hold(): void {
    this.#released ??= Promise.withResolvers<void>();
  }

  release(): void {
    this.#released?.resolve();
    this.#released = undefined;
  }

  list(folder: string): Promise<readonly string[]> {
    return this.#disk.list(folder);
  }

  makeFolder(folder: string): Promise<void> {
    return this.#disk.makeFolder(folder);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#disk.read(path);
  }

  async open(path: string, mode: 'append' | 'create' | 'read'): Promise<DiskFile> {
    const file = await this.#disk.open(path, mode);
    return {
      path: file.path,
      size: () => file.size(),
      readAt: (position, length) => file.readAt(position, length),
      writeAt: (position, chunks) => file.writeAt(position, chunks),
      truncate: (size) => file.truncate(size),
      sync: async () => {
        await this.#wait();
        await file.sync();
      },
      close: () => file.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#disk.remove(path);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#wait();
    await this.#disk.syncFolder(folder);
  }

  tryRoom(bytes: number): Promise<void> {
    return this.#disk.tryRoom(bytes);
  }

  async #wait(): Promise<void> {
    this.waiting++;
    await this.#released?.promise;
    this.waiting--;
  }
}
