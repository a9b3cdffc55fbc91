import { pipeline, Readable } from 'node:stream';
import type { Gunzip, ZstdDecompress } from 'node:zlib';
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
  return { chunks: gzipText(packed, stream, name), stream };
}

async function* gzipText(
  packed: AsyncIterable<Uint8Array>,
  unpacker: Gunzip,
  name: string,
): AsyncGenerator<Uint8Array> {
  const feeding = feed(packed, unpacker);
  // Whoever reads from the unpacker is given what failed before it.
  feeding.catch((error: Error) => unpacker.destroy(error));
  yield* unpacker as AsyncIterable<Uint8Array>;
  const fault = await feeding;
  if (fault !== undefined) throw damaged(name, fault);
}

/**
 * Gives chunks to an unpacker one by one. It ends at a zero behind a member, as if only padding could follow, such as
 * tapes have; whether more does is seen here.
 * @returns what is wrong with what it left
 */
async function feed(packed: AsyncIterable<Uint8Array>, unpacker: Gunzip): Promise<string | undefined> {
  let given = 0;
  let isPadding = false;
  for await (const chunk of packed) {
    if (!isPadding) await write(unpacker, chunk);
    given += chunk.length;
    const left = given - unpacker.bytesWritten;
    isPadding = left > 0;
    if (isPadding && chunk.subarray(-left).some((byte) => byte !== 0)) return 'more than padding follows its end';
  }
  if (!isPadding) unpacker.end();
  return undefined;
}

/** Waits until a chunk is unpacked, or nothing is any more. */
async function write(unpacker: Gunzip, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      unpacker.off('close', done);
      if (error) reject(error);
      else resolve();
    };
    unpacker.once('close', done);
    unpacker.write(chunk, done);
  });
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
    cause,
  });
}
