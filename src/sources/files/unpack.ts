import { pipeline, Readable } from 'node:stream';
import type { ZstdDecompress } from 'node:zlib';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DaybookError } from '../../base/errors.ts';
import type { Compression } from './format.ts';
import { ZstdFrames } from './zstd-frames.ts';

const UNPACKED_CHUNK_BYTES = 256 * 1024;

/** What comes out of a packed file. */
export interface Unpacked {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** To be destroyed by who no longer reads. */
  readonly stream: Readable;
}

/**
 * Unpacks as fast as it is read.
 * @param name  of the file, for messages
 * @throws DaybookError `IMPORT_FILE_DAMAGED`, or an error of zlib, while it is read: behind what could be unpacked
 */
export function unpack(packed: AsyncIterable<Uint8Array>, compression: Compression, name: string): Unpacked {
  if (compression === 'zstd') {
    const stream = createZstdDecompress({ chunkSize: UNPACKED_CHUNK_BYTES });
    return { chunks: zstdText(packed, stream, name), stream };
  }
  const stream = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES });
  // A failure destroys the unpacker with its error, which whoever reads from it is then given.
  pipeline(Readable.from(packed, { objectMode: false }), stream, () => undefined);
  return { chunks: stream, stream };
}

async function* zstdText(
  packed: AsyncIterable<Uint8Array>,
  unpacker: ZstdDecompress,
  name: string,
): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames();
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed) {
      yield* frames.split(chunk);
      if (frames.fault !== undefined) return;
    }
  };
  // As objects, so that no two pieces are joined. A failure destroys the unpacker with its error.
  pipeline(Readable.from(pieces(), { objectMode: true }), unpacker, () => undefined);
  yield* unpacker as AsyncIterable<Uint8Array>;
  // Only now, so that what is before the damage was read.
  if (frames.faultAtEnd !== undefined) throw damaged(name, frames.faultAtEnd);
}

/** A packed file that cannot be unpacked to its end. */
export function damaged(name: string, why: string, cause?: Error): DaybookError {
  const advice = 'It may not have been copied whole: copy it again. What was read before counts.';
  return new DaybookError('IMPORT_FILE_DAMAGED', `${name} is damaged and cannot be unpacked: ${why}. ${advice}`, {
    details: { file: name },
    ...(cause === undefined ? {} : { cause }),
  });
}
