import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Where direct writes begin and end, in the file and in memory: a multiple of what usual disks ask for. */
const BLOCK_BYTES = 4096;
/** What is shorter gains nothing by it. */
const DIRECT_BYTES_MIN = 1024 * 1024;
/** So many bytes are gathered while the disk takes those before. */
const PART_BYTES = 8 * 1024 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;
/** Undefined on systems that have no such thing. */
const DIRECT = constants.O_DIRECT as number | undefined;

/**
 * Writes of a file past the system's own memory (O_DIRECT), for what is long and not soon read again: nothing is copied
 * there, and no pages are taken for it. Where a file system does not offer it, everything is written as usual.
 */
export class DirectWrites {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #isOffered = DIRECT !== undefined;

  /** @param path  of the file, which must be there once something is written */
  constructor(path: string) {
    this.#path = path;
  }

  /** The part of a write that can be direct; empty when it is better written as usual. */
  partOf(position: number, length: number): { readonly from: number; readonly to: number } {
    if (!this.#isOffered || length < DIRECT_BYTES_MIN) return { from: position, to: position };
    const from = Math.ceil(position / BLOCK_BYTES) * BLOCK_BYTES;
    return { from, to: Math.floor((position + length) / BLOCK_BYTES) * BLOCK_BYTES };
  }

  /**
   * Writes a part that `partOf` gave.
   * @returns how many bytes of it were written; the rest has to be written as usual
   * @throws what the system says, but for its not offering this
   */
  async write(position: number, chunks: readonly Uint8Array[]): Promise<number> {
    const rooms = takeRooms();
    // Somebody else is writing something long.
    if (rooms === undefined) return 0;
    try {
      return await this.#writeFrom(rooms, position, chunks);
    } catch (error) {
      // Whether a file system offers it is known only once it is tried.
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
      this.#isOffered = false;
      return 0;
    } finally {
      giveBack(rooms);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #writeFrom(rooms: Rooms, position: number, chunks: readonly Uint8Array[]): Promise<number> {
    this.#handle ??= await open(this.#path, constants.O_WRONLY | (DIRECT as number));
    const gathering = gatherInto(rooms, chunks);
    let written = 0;
    for (let part = gathering.next(); part.done !== true;) {
      const { length } = part.value;
      const writing = this.#handle.write(part.value, 0, length, position + written);
      part = gathering.next();
      const { bytesWritten } = await writing;
      written += bytesWritten;
      if (bytesWritten < length) break;
    }
    return written;
  }
}

/** TypeScript knows it of browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** Where bytes are gathered in turn. */
type Rooms = readonly [Buffer, Buffer];

/** One pair for all files: more than one long write at a time is rare. */
let idleRooms: Rooms | undefined;
let areRoomsMade = false;

function takeRooms(): Rooms | undefined {
  if (!areRoomsMade) {
    areRoomsMade = true;
    // What WebAssembly calls a memory begins at a page of the machine's, which no other array is sure to do.
    const { buffer } = new WebAssembly.Memory({ initial: (2 * PART_BYTES) / WASM_PAGE_BYTES });
    idleRooms = [Buffer.from(buffer, 0, PART_BYTES), Buffer.from(buffer, PART_BYTES)];
  }
  const rooms = idleRooms;
  idleRooms = undefined;
  return rooms;
}

function giveBack(rooms: Rooms): void {
  idleRooms = rooms;
}

/** Fills the rooms in turn: each may be filled again once the next but one is asked for. */
function* gatherInto(rooms: Rooms, chunks: readonly Uint8Array[]): Generator<Buffer> {
  let turn = 0;
  let filled = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const room = rooms[turn % 2 === 0 ? 0 : 1];
      const taken = chunk.subarray(at, at + PART_BYTES - filled);
      // `set` copies byte by byte what threads share; this is the system's own copying, several times as fast.
      room.fill(taken, filled, filled + taken.length);
      filled += taken.length;
      at += taken.length;
      if (filled < PART_BYTES) continue;
      yield room;
      turn++;
      filled = 0;
    }
  }
  if (filled > 0) yield rooms[turn % 2 === 0 ? 0 : 1].subarray(0, filled);
}
