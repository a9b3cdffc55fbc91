import { DaybookError } from '../../base/errors.ts';
import type { ByteSource } from './byte-source.ts';

const LINE_FEED = 0x0a;

/**
 * A line, or a record of several lines, may have so many bytes; a longer one is no text file of records. It is half of what a
 * request to a running Daybook may hold, so that a row that grows as it becomes JSON fits into one too.
 */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** Whole lines of a text file, in a shared buffer of their own; the file's last line may lack its line feed. */
export class LineBlock {
  readonly bytes: Uint8Array;
  /** The one before, until its last line is known. */
  #before: LineBlock | undefined;
  #firstLine: number | undefined;
  #lines: number | undefined;
  readonly #onRelease: () => void;

  constructor(bytes: Uint8Array, before: LineBlock | undefined, onRelease: () => void) {
    this.bytes = bytes;
    this.#before = before;
    this.#onRelease = onRelease;
  }

  /** 1-based number of the first line. */
  get firstLine(): number {
    this.#firstLine ??= this.#before?.nextLine ?? 1;
    this.#before = undefined;
    return this.#firstLine;
  }

  /** The number of the first line behind it. Lines that nobody counted are counted now. */
  get nextLine(): number {
    this.#lines ??= countLineFeeds(this.bytes);
    return this.firstLine + this.#lines;
  }

  /** Takes the word of somebody who has counted the lines. */
  linesCounted(lines: number): void {
    this.#lines = lines;
  }

  /** Gives the buffer back, for one of the next blocks. */
  release(): void {
    // The next one may ask when the bytes are no longer there.
    void this.nextLine;
    this.#onRelease();
  }
}

/**
 * Cuts bytes into blocks of whole lines. A line that does not fit into a block has one as large as it needs.
 * @param blockBytes  how large a block is, about: it ends with the last whole line within, or a longer line is all of it
 * @param firstBlockBytes  how large the first one is; the others are twice as large as the one before, up to `blockBytes`
 * @param slackBytes  room left behind a block's bytes in its buffer, for who reads a word at a time
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` (details: line) at one above `lineBytesMax` that fits into no block; not retryable
 */
export async function* lineBlocks(
  source: ByteSource,
  blockBytes: number,
  {
    lineBytesMax = LINE_BYTES_MAX,
    slackBytes = 0,
    firstBlockBytes = blockBytes,
  }: { readonly lineBytesMax?: number; readonly slackBytes?: number; readonly firstBlockBytes?: number } = {},
): AsyncGenerator<LineBlock> {
  const free: Uint8Array[] = [];
  const blockOf = (length: number): Uint8Array =>
    (length === blockBytes ? free.pop() : undefined) ?? sharedBytes(length + slackBytes);
  let wanted = Math.min(firstBlockBytes, blockBytes);
  let block = blockOf(wanted);
  let size = 0;
  let last: LineBlock | undefined;
  for (;;) {
    const room = block.subarray(size, block.length - slackBytes);
    const count = await source.readInto(room);
    size += count;
    if (count > 0 && count < room.length) continue;
    const end = count === 0 ? size : block.lastIndexOf(LINE_FEED, size - 1) + 1;
    if (end === 0 && size > lineBytesMax) throw lineTooLong(last?.nextLine ?? 1, lineBytesMax);
    if (end > 0) {
      const bytes = block.subarray(0, end);
      const buffer = block;
      last = new LineBlock(bytes, last, () => void (buffer.length === blockBytes + slackBytes && free.push(buffer)));
      yield last;
    }
    if (count === 0) return;
    wanted = Math.min(wanted * 2, blockBytes);
    const next = blockOf(Math.max(wanted, Math.min((size - end) * 2, lineBytesMax + 1)));
    next.set(block.subarray(end, size));
    block = next;
    size -= end;
  }
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
