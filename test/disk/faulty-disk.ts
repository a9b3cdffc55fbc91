import { DaybookError } from '../../src/base/errors.ts';
import type { Disk, DiskFile } from '../../src/ports/disk.ts';
import type { Chance } from '../chance.ts';
import { chanceFrom } from '../chance.ts';

/** What reaches the disk at a crash is decided sector by sector; small, so that short frames are torn too. */
const SECTOR_BYTES = 16;

/** The process is dead: every call after the crash fails with this. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** A file: what programs see, what the disk has, and the changes between the two. */
interface Content {
  seen: Uint8Array;
  durable: Uint8Array;
  unsynced: Change[];
}

/** Names that came (with their content) or went, all of them or none. */
type NameChange = readonly { readonly path: string; readonly content: Content | undefined }[];

/**
 * A disk in memory that fails as disks do. What was not synced is lost at a crash, or kept, or torn, as chance has it;
 * names are durable after `syncFolder`. After a failed sync the unsynced changes count as written, whether or not they
 * were: as on Linux, no later sync writes them again.
 */
export class FaultyDisk implements Disk {
  /** Bytes that may still be written before the disk is full; a write takes what fits, and fails. */
  roomBytes = Number.POSITIVE_INFINITY;
  /** How many of the next syncs (of files and folders) fail. */
  syncsToFail = 0;
  /** How many of the next truncations fail. */
  truncatesToFail = 0;
  /** How many of the next removals fail. */
  removesToFail = 0;
  /** Whether a call fails of itself, as hardware does: a read, a write (of which part stands), a sync, a change of names. */
  fails: (call: string) => boolean = () => false;
  /** How many more changes of files and folders (writes, syncs, …) happen before the process dies. */
  callsUntilCrash = Number.POSITIVE_INFINITY;
  /** What happened, in order: `write log/…`, `sync log/…`. */
  readonly calls: string[] = [];

  #seen = new Map<string, Content>();
  #durable = new Map<string, Content>();
  #nameChanges: NameChange[] = [];
  #chance: Chance;

  constructor(chance: Chance = chanceFrom(1)) {
    this.#chance = chance;
  }

  /** The process is killed and another begins: all that was written is seen, synced or not. Faults end. */
  restart(): FaultyDisk {
    this.roomBytes = Number.POSITIVE_INFINITY;
    this.callsUntilCrash = Number.POSITIVE_INFINITY;
    this.syncsToFail = 0;
    this.truncatesToFail = 0;
    this.removesToFail = 0;
    this.fails = () => false;
    return this;
  }

  /** The power goes: the disk as the next process finds it, without faults. */
  crash(): FaultyDisk {
    const after = new FaultyDisk(this.#chance);
    for (const change of this.#nameChanges) if (this.#chance() < 0.5) applyName(this.#durable, change);
    for (const [path, content] of this.#durable) {
      const bytes = afterCrash(content.durable, content.unsynced, this.#chance);
      const kept = { seen: bytes, durable: bytes, unsynced: [] };
      after.#seen.set(path, kept);
      after.#durable.set(path, kept);
    }
    return after;
  }

  /** Changes a file behind everybody's back, durably. */
  tamper(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const bytes = change(Uint8Array.from(this.#seen.get(path)?.seen ?? []));
    const content = { seen: bytes, durable: bytes, unsynced: [] };
    this.#seen.set(path, content);
    this.#durable.set(path, content);
  }

  /** All files, sorted. */
  get paths(): readonly string[] {
    return [...this.#seen.keys()].toSorted();
  }

  /** What programs see in a file. */
  peek(path: string): Uint8Array | undefined {
    return this.#seen.get(path)?.seen;
  }

  /** Removes a file behind everybody's back, durably. */
  lose(path: string): void {
    this.#seen.delete(path);
    this.#durable.delete(path);
  }

  async list(folder: string): Promise<readonly string[]> {
    this.#mayFail('list', folder);
    const names = [...this.#seen.keys()].filter((path) => folderOf(path) === folder);
    return names.map((path) => path.slice(folder.length + 1)).toSorted();
  }

  async makeFolder(folder: string): Promise<void> {
    this.#happens('makeFolder');
    this.#mayFail('makeFolder', folder);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    this.#mayFail('read', path);
    const content = this.#seen.get(path);
    return content && Uint8Array.from(content.seen);
  }

  async open(path: string, mode: 'append' | 'create' | 'read'): Promise<DiskFile> {
    this.#mayFail('open', path);
    const existing = this.#seen.get(path);
    if (mode === 'read' || (mode === 'append' && existing !== undefined)) {
      if (existing === undefined) throw failed('open', path);
      return this.#file(path, existing);
    }
    this.#happens(`create ${path}`);
    if (existing !== undefined) throw failed('create', path);
    const content = { seen: new Uint8Array(0), durable: new Uint8Array(0), unsynced: [] };
    this.#rename([{ path, content }]);
    return this.#file(path, content);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#happens(`rename ${from}`);
    this.#mayFail('rename', from);
    const content = this.#seen.get(from);
    if (content === undefined) throw failed('rename', from);
    this.#rename([
      { path: to, content },
      { path: from, content: undefined },
    ]);
  }

  async remove(path: string): Promise<void> {
    this.#happens(`remove ${path}`);
    this.#mayFail('remove', path);
    if (this.removesToFail > 0) {
      this.removesToFail -= 1;
      throw failed('remove', path);
    }
    this.#rename([{ path, content: undefined }]);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#happens(`syncFolder ${folder}`);
    if (this.#syncFails(folder)) throw failed('sync', folder);
    const isInside = (change: NameChange): boolean => change.some(({ path }) => folderOf(path) === folder);
    for (const change of this.#nameChanges) if (isInside(change)) applyName(this.#durable, change);
    this.#nameChanges = this.#nameChanges.filter((change) => !isInside(change));
  }

  async tryRoom(bytes: number): Promise<void> {
    this.#happens('tryRoom');
    this.#mayFail('tryRoom', '');
    if (this.roomBytes < bytes) throw full('');
  }

  #file(path: string, content: Content): DiskFile {
    return {
      path,
      size: async () => {
        this.#mayFail('size', path);
        return content.seen.byteLength;
      },
      readAt: async (position, length) => {
        this.#mayFail('read', path);
        return content.seen.slice(position, position + length);
      },
      writeAt: async (position, chunks) => {
        this.#write(path, content, position, Buffer.concat(chunks));
      },
      truncate: async (size) => {
        this.#happens(`truncate ${path}`);
        this.#mayFail('truncate', path);
        if (this.truncatesToFail > 0) {
          this.truncatesToFail -= 1;
          throw failed('truncate', path);
        }
        content.seen = resized(content.seen, size);
        content.unsynced.push({ kind: 'truncate', size });
      },
      sync: async () => {
        this.#happens(`sync ${path}`);
        const fails = this.#syncFails(path);
        if (fails) content.durable = afterCrash(content.durable, content.unsynced, this.#chance);
        else for (const change of content.unsynced) content.durable = applied(content.durable, change);
        content.unsynced = [];
        if (fails) throw failed('sync', path);
      },
      close: async () => undefined,
    };
  }

  #write(path: string, content: Content, position: number, bytes: Uint8Array): void {
    const put = (length: number): void => {
      const change = { kind: 'write', position, bytes: bytes.slice(0, length) } as const;
      content.seen = applied(content.seen, change);
      content.unsynced.push(change);
      this.roomBytes -= length;
    };
    this.#mustLive();
    try {
      this.#happens(`write ${path}`);
    } catch (error) {
      put(Math.floor(bytes.byteLength * this.#chance()));
      throw error;
    }
    if (this.fails(`write ${path}`)) {
      put(Math.floor(bytes.byteLength * this.#chance()));
      throw failed('write', path);
    }
    const fitting = Math.min(bytes.byteLength, this.roomBytes);
    put(fitting);
    if (fitting === bytes.byteLength) return;
    throw full(path);
  }

  #syncFails(path: string): boolean {
    if (this.syncsToFail === 0) return this.fails(`sync ${path}`);
    this.syncsToFail -= 1;
    return true;
  }

  #mayFail(operation: string, path: string): void {
    if (this.fails(`${operation} ${path}`)) throw failed(operation, path);
  }

  #rename(change: NameChange): void {
    applyName(this.#seen, change);
    this.#nameChanges.push(change);
  }

  #happens(call: string): void {
    this.#mustLive();
    this.callsUntilCrash -= 1;
    if (this.callsUntilCrash <= 0) throw new Crashed('The process dies.');
    this.calls.push(call);
  }

  #mustLive(): void {
    if (this.callsUntilCrash <= 0) throw new Crashed('The process is dead.');
  }
}

function failed(operation: string, path: string): DaybookError {
  return new DaybookError('DISK_FAILED', `Could not ${operation} ${path}.`, { details: { path, operation } });
}

function full(path: string): DaybookError {
  return new DaybookError('DISK_FULL', `The disk is full: ${path}.`, { retryable: true, details: { path } });
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function applyName(names: Map<string, Content>, change: NameChange): void {
  for (const { path, content } of change) {
    if (content === undefined) names.delete(path);
    else names.set(path, content);
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const resizedBytes = new Uint8Array(size);
  resizedBytes.set(bytes.subarray(0, size));
  return resizedBytes;
}

function applied(bytes: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'truncate') return resized(bytes, change.size);
  const result = resized(bytes, Math.max(bytes.byteLength, change.position + change.bytes.byteLength));
  result.set(change.bytes, change.position);
  return result;
}

/** Unsynced changes come through whole, in part, or not at all. */
function afterCrash(durable: Uint8Array, unsynced: readonly Change[], chance: Chance): Uint8Array {
  let bytes = durable;
  for (const change of unsynced) {
    const fate = chance();
    if (fate < 0.35) continue;
    if (fate < 0.65 || change.kind === 'truncate') {
      bytes = applied(bytes, change);
      continue;
    }
    for (let at = 0; at < change.bytes.byteLength; at += SECTOR_BYTES) {
      if (chance() < 0.5) continue;
      const sector = change.bytes.subarray(at, at + SECTOR_BYTES);
      bytes = applied(bytes, { kind: 'write', position: change.position + at, bytes: sector });
    }
  }
  return bytes;
}
