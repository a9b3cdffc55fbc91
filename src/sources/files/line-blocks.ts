import { DaybookError } from '../../base/errors.ts';

const LINE_FEED = 0x0a;

/** A line, or a record of several lines, may have so many bytes; a longer one is no text file of records. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

/** Whole lines of a text file, in a shared buffer of their own; the file's last line may lack its line feed. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** 1-based number of the first line. */
  readonly firstLine: number;
}

/**
 * Cuts a stream of bytes into blocks of whole lines. Each byte is copied once, into the block that it goes out in.
 * @param blockBytes  how large a block is, about: it ends with the last whole line within, or a longer line is all of it
 * @param slackBytes  room left behind a block's bytes in its buffer, for who reads a word at a time
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` (details: line), not retryable
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockBytes: number,
  {
    lineBytesMax = LINE_BYTES_MAX,
    slackBytes = 0,
  }: { readonly lineBytesMax?: number; readonly slackBytes?: number } = {},
): AsyncGenerator<LineBlock> {
  let block = sharedBytes(blockBytes + slackBytes);
  let size = 0;
  let firstLine = 1;
  let unendedBytes = 0;
  for await (const chunk of chunks) {
    const feed = chunk.indexOf(LINE_FEED);
    const lineBytes = unendedBytes + (feed === -1 ? chunk.length : feed);
    if (lineBytes > lineBytesMax) throw lineTooLong(firstLine + countLineFeeds(block.subarray(0, size)), lineBytesMax);
    unendedBytes = feed === -1 ? lineBytes : chunk.length - 1 - chunk.lastIndexOf(LINE_FEED);
    for (let taken = 0; taken < chunk.length;) {
      const room = block.length - slackBytes - size;
      const count = Math.min(chunk.length - taken, room);
      block.set(chunk.subarray(taken, taken + count), size);
      taken += count;
      size += count;
      if (count < room) break;
      const end = block.subarray(0, size).lastIndexOf(LINE_FEED) + 1;
      const next = sharedBytes(Math.max(blockBytes, (size - end) * 2) + slackBytes);
      next.set(block.subarray(end, size));
      if (end > 0) {
        const bytes = block.subarray(0, end);
        yield { bytes, firstLine };
        firstLine += countLineFeeds(bytes);
      }
      block = next;
      size -= end;
    }
  }
  if (size > 0) yield { bytes: block.subarray(0, size), firstLine };
}

/** Blocks are in memory that threads share, so that another one can read them as they stand. */
function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function lineTooLong(line: number, lineBytesMax: number): DaybookError {
  return new DaybookError(
    'IMPORT_LINE_TOO_LONG',
    `Line ${line} is longer than ${lineBytesMax} bytes, so the import stopped there. ` +
      'Look whether a line feed or a closing quote is missing, or whether this is no text file at all.',
    { details: { line, lineBytesMax } },
  );
}

function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
