import type { FileHandle } from 'node:fs/promises';

/** Bytes that are read into memory that the reader brings. */
export interface ByteSource {
  /** Reads some bytes, at least one; 0 at the end. One call at a time. */
  readonly readInto: (room: Uint8Array) => Promise<number>;
}

/** Bytes out of chunks, each copied once. */
export function chunkBytes(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async readInto(room) {
      while (rest.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return 0;
        rest = next.value;
      }
      const taken = rest.subarray(0, room.length);
      room.set(taken);
      rest = rest.subarray(taken.length);
      return taken.length;
    },
  };
}

/** The bytes of a file from a position on, read straight to where they are wanted. */
export function fileBytes(file: FileHandle, start: number, onRead: (bytes: number) => void): ByteSource {
  let position = start;
  return {
    async readInto(room) {
      const { bytesRead } = await file.read(room, 0, room.length, position);
      position += bytesRead;
      onRead(bytesRead);
      return bytesRead;
    },
  };
}
