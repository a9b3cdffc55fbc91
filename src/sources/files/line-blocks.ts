import { startOf, WHOLE_BYTES_MAX } from './batches.ts';
import type { ByteSource } from './byte-source.ts';

const LINE_FEED = 0x0a;

/** Whole lines of a text file, in a shared buffer of their own; the file's last line may lack its line feed. */
export class LineBlock {
  readonly bytes: Uint8Array;
  /** How many bytes the one line has of which `bytes` is the start, as it is too long; undefined: the lines are whole. */
  readonly cutFrom: number | undefined;
  /** The one before, until its last line is known. */
  #before: LineBlock | undefined;
  #firstLine: number | undefined;
  #lines: number | undefined;
  readonly #onRelease: () => void;

  constructor(bytes: Uint8Array, before: LineBlock | undefined, onRelease: () => void, cutFrom?: number) {
    this.bytes = bytes;
    this.cutFrom = cutFrom;
    if (cutFrom !== undefined) this.#lines = 1;
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
 * Cuts bytes into blocks of whole lines. A line that does not fit into a block has one as large as it needs; of one that is
 * longer than `lineBytesMax` its start is given, in a block of its own. Where reading fails, the whole lines before come first.
 * @param blockBytes  how large a block is, about: it ends with the last whole line within, or a longer line is all of it
 * @param firstBlockBytes  how large the first one is; the others are twice as large as the one before, up to `blockBytes`
 * @param slackBytes  room left behind a block's bytes in its buffer, for who reads a word at a time
 */
export async function* lineBlocks(
  source: ByteSource,
  blockBytes: number,
  {
    lineBytesMax = WHOLE_BYTES_MAX,
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
  let failure: { readonly error: unknown } | undefined;
  for (;;) {
    const room = block.subarray(size, block.length - slackBytes);
    let count = 0;
    try {
      count = await source.readInto(room);
    } catch (error) {
      failure = { error };
    }
    size += count;
    if (count > 0 && count < room.length) continue;
    // Where more should follow, the last line is not whole.
    const isEnd = count === 0 && failure === undefined;
    let end = isEnd ? size : block.subarray(0, size).lastIndexOf(LINE_FEED) + 1;
    if (failure !== undefined && end === 0) throw failure.error;
    if (end === 0 && size > lineBytesMax) {
      const start = startOf(block.subarray(0, size));
      const passed = await passOver(source, block.subarray(0, blockBytes), size);
      last = new LineBlock(start, last, () => undefined, passed.lineBytes);
      yield last;
      if (passed.size === 0) return;
      ({ end, size } = passed);
    } else if (end > 0) {
      const bytes = block.subarray(0, end);
      const buffer = block;
      last = new LineBlock(bytes, last, () => void (buffer.length === blockBytes + slackBytes && free.push(buffer)));
      yield last;
    }
    if (failure !== undefined) throw failure.error;
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

/**
 * Reads on to the end of a line.
 * @param before  how many bytes of it were read
 * @returns how many it has, and what stands in the room at last: its rest up to `end`, and what is behind it up to `size`
 */
async function passOver(
  source: ByteSource,
  room: Uint8Array,
  before: number,
): Promise<{ readonly lineBytes: number; readonly end: number; readonly size: number }> {
  let lineBytes = before;
  for (;;) {
    const count = await source.readInto(room);
    const lineFeed = room.subarray(0, count).indexOf(LINE_FEED);
    if (count === 0 || lineFeed !== -1) {
      return { lineBytes: lineBytes + Math.max(lineFeed, 0), end: lineFeed + 1, size: count };
    }
    lineBytes += count;
  }
}

function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
