/**
 * The files of one data folder. Paths are relative to it, with `/`. What was written is durable only after `sync`
 * (a file's content) and `syncFolder` (that a file exists, was renamed, or is gone).
 * Every method may fail with DaybookError `DISK_FULL` (retryable), `DISK_FAILED` (details: path, operation).
 */
export interface Disk {
  /** Names in a folder, sorted; none when it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  makeFolder(folder: string): Promise<void>;
  /** The whole file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** @param mode `append` opens or creates; `create` fails when it exists; `read` fails when it does not */
  open(path: string, mode: 'append' | 'create' | 'read'): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /** Fails where so many more bytes could not be written and synced; leaves nothing. For that long, others may find no room. */
  tryRoom(bytes: number): Promise<void>;
}

export interface DiskFile {
  readonly path: string;
  size(): Promise<number>;
  /** Reads up to `length` bytes at `position`; fewer only at the end of the file. */
  readAt(position: number, length: number): Promise<Uint8Array>;
  /** Writes all bytes at `position`, or fails; after a failure any part of them may stand in the file. */
  writeAt(position: number, chunks: readonly Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
