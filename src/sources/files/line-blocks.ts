import { DaybookError } from '../../base/errors.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line, or a record of several lines, may have so many bytes; a longer one is no text file of records. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

/** Whole lines of a text file, in bytes of their own; the file's last line may lack its line feed. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** 1-based number of the first line. */
  readonly firstLine: number;
}

/**
 * Cuts a stream of bytes into blocks of whole lines.
 * @param blockBytes  how large a block is, about: the last whole line within it ends it, or a longer line is all of it
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` (details: line), not retryable
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockBytes: number,
  lineBytesMax: number = LINE_BYTES_MAX,
): AsyncGenerator<LineBlock> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let unendedBytes = 0;
  let firstLine = 1;
  for await (const chunk of chunks) {
    const feed = chunk.indexOf(LINE_FEED);
    const lineBytes = unendedBytes + (feed === -1 ? chunk.length : feed);
    if (lineBytes > lineBytesMax) throw lineTooLong(firstLine + countLineFeeds(Buffer.concat(pending)), lineBytesMax);
    unendedBytes = feed === -1 ? lineBytes : chunk.length - 1 - chunk.lastIndexOf(LINE_FEED);
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < blockBytes || pendingBytes === unendedBytes) continue;
    let rest: Uint8Array = Buffer.concat(pending);
    for (let end = blockEnd(rest, blockBytes); end !== 0; end = blockEnd(rest, blockBytes)) {
      const bytes = rest.slice(0, end);
      rest = rest.subarray(end);
      yield { bytes, firstLine };
      firstLine += countLineFeeds(bytes);
    }
    pending = [rest];
    pendingBytes = rest.length;
  }
  if (pendingBytes > 0) yield { bytes: new Uint8Array(Buffer.concat(pending)), firstLine };
}

/** Where the block at the beginning of the bytes ends; 0 when more bytes are needed. */
function blockEnd(bytes: Uint8Array, blockBytes: number): number {
  if (bytes.length < blockBytes) return 0;
  const within = bytes.lastIndexOf(LINE_FEED, blockBytes - 1);
  return (within === -1 ? bytes.indexOf(LINE_FEED, blockBytes) : within) + 1;
}

export function lineTooLong(line: number, lineBytesMax: number): DaybookError {
  return new DaybookError(
    'IMPORT_LINE_TOO_LONG',
    `Line ${line} is longer than ${lineBytesMax} bytes, so the import stopped there. ` +
      'Look whether a line feed or a closing quote is missing, or whether this is no text file at all.',
    { details: { line, lineBytesMax } },
  );
}

export function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/** How many lines hold more than white space, which is how many records they are. */
export function countRecords(bytes: Uint8Array): number {
  let count = 0;
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 ? bytes.length : feed;
    if (!isBlank(bytes, start, end)) count++;
    start = end + 1;
  }
  return count;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}

/** The same lines, ended by line feeds alone; the same bytes when they are so already. */
export function withoutCarriageReturns(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = view.indexOf('\r\n');
  if (at === -1) return bytes;
  const kept = new Uint8Array(bytes.length);
  let start = 0;
  let length = 0;
  for (; at !== -1; at = view.indexOf('\r\n', start)) {
    kept.set(bytes.subarray(start, at), length);
    length += at - start;
    // The line feed itself is kept with what follows it.
    start = at + 1;
  }
  kept.set(bytes.subarray(start), length);
  return kept.slice(0, length + bytes.length - start);
}
