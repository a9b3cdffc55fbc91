import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { DaybookError } from '../../base/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { chunkBytes, fileBytes } from './byte-source.ts';
import type { FileFormat } from './format.ts';
import { compressionOf, formatOf, HEAD_BYTES, hasUtf8Bom, isDamagedPack, isUtf16, isWorkbook } from './format.ts';
import { damaged, unpack } from './unpack.ts';

const READ_BYTES = 256 * 1024;
const BOM_BYTES = 3;

/** A file, or standard input, opened: unpacked, its format known, its byte order mark gone. */
export interface Input {
  /** What people know it by; also the origin of its records. */
  readonly name: string;
  readonly format: FileFormat;
  /** As the file is on disk; undefined when that is not known before its end. */
  readonly bytesTotal: number | undefined;
  /** Bytes read of the file as it is on disk. */
  readonly bytesRead: () => number;
  /** To be read once, like `chunks`, and not both. A failure is a DaybookError. */
  readonly bytes: ByteSource;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Lets go of the file; who still reads it gets an error. Idempotent. */
  readonly close: () => void;
}

export interface InputOptions {
  /** When it is known; else it is told from the name and the first bytes. */
  readonly format: FileFormat | undefined;
  readonly stdin: Readable;
  /** Closes the input when it is aborted. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a file, or standard input for `-`.
 * @throws DaybookError `IMPORT_FILE_MISSING`, `IMPORT_FILE_UNREADABLE`, `IMPORT_FILE_DAMAGED`, `IMPORT_ENCODING`,
 *   `IMPORT_FORMAT` (a workbook, packed twice or with too large a window, Parquet that cannot be read as a stream)
 */
export async function openInput(path: string, options: InputOptions): Promise<Input> {
  const name = path === '-' ? 'stdin' : basename(path);
  const bytesTotal = path === '-' ? undefined : await sizeOf(path);
  const source = path === '-' ? options.stdin : createReadStream(path, { highWaterMark: READ_BYTES });
  const streams: Readable[] = [source];
  const files: FileHandle[] = [];
  const close = (): void => {
    options.signal?.removeEventListener('abort', close);
    for (const stream of streams) stream.destroy();
    // One that is being read is closed when that is done; nobody waits for it.
    for (const file of files) void file.close().catch(() => undefined);
  };
  // A read that waits for its next bytes ends only when its file is closed.
  options.signal?.addEventListener('abort', close);
  let bytesRead = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytesRead += bytes.length;
      yield bytes;
    }
  };
  try {
    const packed = await peek(counted());
    if (isDamagedPack(path, packed.head)) throw damagedPack(name);
    const compression = compressionOf(packed.head);
    const unpacked = compression === undefined ? undefined : unpack(packed.chunks, compression, name);
    if (unpacked !== undefined) streams.push(unpacked.stream);
    const isPacked = unpacked !== undefined;
    const { head, chunks } = isPacked ? await peek(unpacked.chunks) : packed;
    if (isPacked && compressionOf(head) !== undefined) throw packedTwice(name);
    if (isWorkbook(head)) throw workbook(name);
    if (isUtf16(head)) throw utf16(name);
    const found = options.format ?? formatOf(path, head);
    if (found === 'parquet' && (path === '-' || isPacked || bytesTotal === undefined)) throw notAFile(name);
    const start = hasUtf8Bom(head) ? BOM_BYTES : 0;
    const text = translated(start === 0 ? chunks : withoutFirst(chunks, start), name);
    const opened = { name, format: found, bytesTotal, bytesRead: () => bytesRead, chunks: () => text, close };
    if (bytesTotal === undefined || isPacked) return { ...opened, bytes: chunkBytes(text) };
    const file = await open(path);
    files.push(file);
    bytesRead = start;
    return {
      ...opened,
      bytes: translatedBytes(
        fileBytes(file, start, (count) => (bytesRead += count)),
        name,
      ),
    };
  } catch (error) {
    close();
    throw translate(error, name);
  }
}

/** @returns undefined for what has no size, such as a pipe */
async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    throw translate(error, path);
  });
  if (!status.isDirectory()) return status.isFile() ? status.size : undefined;
  throw new DaybookError('IMPORT_FILE_UNREADABLE', `${path} is a folder. Name the files in it.`, { details: { path } });
}

interface Peeked {
  readonly head: Uint8Array;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Reads as much as it takes to see what a file is; `chunks` still gives all of it. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let failure: { readonly error: unknown } | undefined;
  try {
    while (head.length < HEAD_BYTES) {
      const next = await iterator.next();
      if (next.done === true) break;
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
  } catch (error) {
    if (head.length === 0) throw error;
    // What is before the fault counts.
    failure = { error };
  }
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      if (failure !== undefined) throw failure.error;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  return { head, chunks: chunks() };
}

async function* withoutFirst(chunks: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const chunk of chunks) {
    const bytes = left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
    if (bytes.length > 0) yield bytes;
  }
}

async function* translated(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw translate(error, name);
  }
}

function translatedBytes(source: ByteSource, name: string): ByteSource {
  return {
    readInto: (room) =>
      source.readInto(room).catch((error: unknown) => {
        throw translate(error, name);
      }),
  };
}

function translate(error: unknown, name: string): unknown {
  if (error instanceof DaybookError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const options = { details: { file: name }, cause: error };
  if (code === 'ENOENT') {
    return new DaybookError('IMPORT_FILE_MISSING', `There is no file ${name}. Look at its name and folder.`, options);
  }
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') return windowTooLarge(name, error);
  if (code.startsWith('Z_') || code.startsWith('ZSTD_') || code.startsWith('ERR_ZLIB') || code.startsWith('ERR_ZSTD')) {
    return damaged(name, error.message, error);
  }
  return new DaybookError('IMPORT_FILE_UNREADABLE', `${name} cannot be read: ${error.message}.`, options);
}

function damagedPack(name: string): DaybookError {
  const advice = 'It may not have been copied whole: copy it again.';
  return new DaybookError('IMPORT_FILE_DAMAGED', `${name} is not gzip or zstd, though it is named so. ${advice}`, {
    details: { file: name },
  });
}

/** Room for a window is taken at once, before anything is unpacked. */
function windowTooLarge(name: string, cause: Error): DaybookError {
  return new DaybookError(
    'IMPORT_FORMAT',
    `${name} is packed with a window above 128 MiB (zstd --long=28 or more), which takes as much memory to unpack. ` +
      `Unpack it first: zstd -dc --long=31 ${name} | daybook import -`,
    { details: { file: name }, cause },
  );
}

function packedTwice(name: string): DaybookError {
  return new DaybookError('IMPORT_FORMAT', `${name} is packed twice. Unpack it once and import that.`, {
    details: { file: name },
  });
}

function workbook(name: string): DaybookError {
  const advice = 'Save the sheet as CSV with commas, in UTF-8, or unpack the archive, and import that.';
  return new DaybookError('IMPORT_FORMAT', `${name} is a workbook or a zip archive. ${advice}`, {
    details: { file: name },
  });
}

function utf16(name: string): DaybookError {
  return new DaybookError('IMPORT_ENCODING', `${name} is in UTF-16. Save it as UTF-8 and import that.`, {
    details: { file: name },
  });
}

function notAFile(name: string): DaybookError {
  const advice = 'Its end must be read first: save it, unpacked, as a file, and import that.';
  return new DaybookError('IMPORT_FORMAT', `${name} is Parquet, which cannot be read as a stream. ${advice}`, {
    details: { file: name },
  });
}
