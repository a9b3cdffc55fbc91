import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const LINE_FEED = 0x0a;
const READ_BYTES = 256 * 1024;
/** Lines held in memory before they are written: enough that years of mixed days are written in large pieces. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;

/** A day's records, gathered. */
export interface SpooledDay {
  readonly day: string;
  /** A file of NDJSON, each line as it was accepted, in log order. */
  readonly path: string;
  readonly records: number;
}

/**
 * Sorts lines into a file a day, in a folder of its own. No file is kept open: a day's lines are held until there are
 * enough of all days, then each day's file is opened, appended to and closed.
 */
export class DaySpool {
  readonly #folder: string;
  readonly #heldBytesMax: number;
  readonly #records = new Map<string, number>();
  #held = new Map<string, Uint8Array[]>();
  #heldBytes = 0;
  #recordCount = 0;

  constructor(folder: string, heldBytesMax: number = HELD_BYTES_MAX) {
    this.#folder = folder;
    this.#heldBytesMax = heldBytesMax;
  }

  /** How many were added. */
  get records(): number {
    return this.#recordCount;
  }

  /**
   * Adds all lines of a chunk.
   * @param dayOf  the day of a line
   */
  async add(chunk: Uint8Array, dayOf: (line: string) => string): Promise<void> {
    for (const line of cutLines(chunk)) {
      const day = dayOf(toText(line));
      const held = this.#held.get(day);
      if (held === undefined) this.#held.set(day, [line, NEW_LINE]);
      else held.push(line, NEW_LINE);
      this.#records.set(day, (this.#records.get(day) ?? 0) + 1);
      this.#recordCount++;
      this.#heldBytes += line.length + 1;
    }
    if (this.#heldBytes >= this.#heldBytesMax) await this.#write();
  }

  /** All days, oldest first; nothing is added from then on. */
  async days(): Promise<readonly SpooledDay[]> {
    await this.#write();
    return [...this.#records]
      .map(([day, records]) => ({ day, records, path: this.#pathOf(day) }))
      .toSorted((a, b) => (a.day < b.day ? -1 : 1));
  }

  async #write(): Promise<void> {
    const held = this.#held;
    this.#held = new Map();
    this.#heldBytes = 0;
    for (const [day, lines] of held) {
      const file = await open(this.#pathOf(day), 'a');
      try {
        await file.appendFile(Buffer.concat(lines));
      } finally {
        await file.close();
      }
    }
  }

  #pathOf(day: string): string {
    return join(this.#folder, `${day}.spooled`);
  }
}

const NEW_LINE = new Uint8Array([LINE_FEED]);

/** The lines of a file that ends with a line feed, a few at a time. */
export async function* readLines(path: string): AsyncGenerator<readonly string[]> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const read of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>) {
    const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    if (end > 0) yield textLines(bytes.subarray(0, end));
  }
}

/** The lines of some bytes, without empty ones. */
export function textLines(bytes: Uint8Array): readonly string[] {
  return cutLines(bytes).map(toText);
}

function cutLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 ? bytes.length : feed;
    if (end > start) lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function toText(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8');
}
