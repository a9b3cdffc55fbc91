import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { present } from '../../base/assert.ts';

/** Where direct writes begin and end, in the file and in memory: a multiple of what usual disks ask for. */
const BLOCK_BYTES = 4096;
/** What is shorter gains nothing by it. */
const DIRECT_BYTES_MIN = 4 * 1024 * 1024;
/** So many bytes are gathered at once, */
const PART_BYTES = 4 * 1024 * 1024;
/** in so many rooms: so the disk goes on while the thread that gathers is busy with records for some 10 ms. */
const ROOM_COUNT = 4;
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
   * @param start  where its bytes begin in what the chunks are together; `end` is where they end
   * @returns false when it has to be written as usual
   * @throws what the system says, but for its not offering this
   */
  async write(position: number, chunks: readonly Uint8Array[], start: number, end: number): Promise<boolean> {
    const rooms = takeRooms();
    // Somebody else is writing something long.
    if (rooms === undefined) return false;
    try {
      this.#handle ??= await open(this.#path, constants.O_WRONLY | (DIRECT as number));
      await writeInTurns(rooms, this.#handle, position, new Gathering(chunks, start, end));
      return true;
    } catch (error) {
      // Whether a file system offers it is known only once it is tried.
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
      this.#isOffered = false;
      return false;
    } finally {
      giveBack(rooms);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

/**
 * Fills one room after the other while the disk takes those before; resolves, or fails, once it takes none any more.
 * @param rooms     at least two
 * @param position  where the bytes go in the file
 */
export async function writeInTurns(
  rooms: Rooms,
  file: Pick<FileHandle, 'write'>,
  position: number,
  gathering: Gathering,
): Promise<void> {
  const writing: Promise<void>[] = [];
  let at = position;
  try {
    for (let turn = 0; ; turn = (turn + 1) % rooms.length) {
      // Not for the first ones: whoever asked goes on with other work, and the disk is to be busy meanwhile.
      if (writing[turn] !== undefined) await writing[turn];
      const part = gathering.fill(present(rooms[turn], 'a turn is that of a room'));
      if (part.length === 0) break;
      const written = writeWhole(file, part, at);
      // It may fail while others are waited for; whoever waits for it hears of it all the same.
      written.catch(() => {});
      writing[turn] = written;
      at += part.length;
    }
    await Promise.all(writing);
  } finally {
    await Promise.allSettled(writing);
  }
}

/** A part of which the disk took no whole number of blocks goes on with `EINVAL`. */
async function writeWhole(file: Pick<FileHandle, 'write'>, part: Buffer, position: number): Promise<void> {
  for (let done = 0; done < part.length;) {
    const { bytesWritten } = await file.write(part, done, part.length - done, position + done);
    if (bytesWritten === 0) throw new Error(`Nothing was written at byte ${position + done}, and no reason was given.`);
    done += bytesWritten;
  }
}

/** TypeScript knows it of browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** Where bytes are gathered in turn. */
type Rooms = readonly Buffer[];

/** The same ones for all files: more than one long write at a time is rare. */
let idleRooms: Rooms | undefined;
let areRoomsMade = false;

function takeRooms(): Rooms | undefined {
  if (!areRoomsMade) {
    areRoomsMade = true;
    // What WebAssembly calls a memory begins at a page of the machine's, which no other array is sure to do.
    const { buffer } = new WebAssembly.Memory({ initial: (ROOM_COUNT * PART_BYTES) / WASM_PAGE_BYTES });
    idleRooms = Array.from({ length: ROOM_COUNT }, (_, room) => Buffer.from(buffer, room * PART_BYTES, PART_BYTES));
  }
  const rooms = idleRooms;
  idleRooms = undefined;
  return rooms;
}

function giveBack(rooms: Rooms): void {
  idleRooms = rooms;
}

/** Gathers the bytes from one place to another of what chunks are together. */
export class Gathering {
  readonly #chunks: readonly Uint8Array[];
  #chunk = 0;
  /** How much of it is left out or gathered. */
  #taken: number;
  #left: number;

  constructor(chunks: readonly Uint8Array[], start: number, end: number) {
    this.#chunks = chunks;
    this.#taken = start;
    this.#left = end - start;
  }

  /** The next bytes, as many as the room holds or there are. */
  fill(room: Buffer): Buffer {
    const wanted = Math.min(room.length, this.#left);
    for (let filled = 0; filled < wanted;) {
      const chunk = present(this.#chunks[this.#chunk], 'as many bytes as are to be gathered');
      if (this.#taken < chunk.length) {
        const piece = chunk.subarray(this.#taken, this.#taken + wanted - filled);
        // `set` copies byte by byte what threads share; this is the system's own copying, several times as fast.
        room.fill(piece, filled, filled + piece.length);
        filled += piece.length;
        this.#taken += piece.length;
      } else {
        this.#taken -= chunk.length;
        this.#chunk++;
      }
    }
    this.#left -= wanted;
    return room.subarray(0, wanted);
  }
}
