import { Buffer } from 'node:buffer';
import type { Unreadable } from '../../ports/runtime.ts';

/** Lines handed to the engine together. Large enough to make an fsync cheap, small enough to hold a few of them. */
export const BATCH_BYTES = 4 * 1024 * 1024;

/** A record is kept whole up to so many bytes, which fit into a request to a running Daybook, with what is said of them. */
export const WHOLE_BYTES_MAX = 16 * 1024 * 1024 - 64 * 1024;
/** Of a longer one so many are kept: whoever looks into the quarantine sees what it is. */
export const START_BYTES = 64 * 1024;
/** Bytes of a record that is taken; longer ones go to the quarantine, whatever is in them. */
const TAKEN_BYTES_MAX = 1_048_576;

/** The start of a record that is too long to be kept, in memory of its own; no character of a text is cut. */
export function startOf(bytes: Uint8Array): Uint8Array {
  let end = START_BYTES;
  while (end > START_BYTES - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}

/** A record of which only the start could be kept. @param length  how many bytes it has */
export function cutRecord(line: number, start: Uint8Array, length: number): Unreadable {
  const kept = `of one above ${WHOLE_BYTES_MAX} the first ${start.length} are kept`;
  return { line, record: start, code: 'TOO_LONG', reason: `${tooLong(length)}, and ${kept}` };
}

/** Why a record of so many bytes is refused. */
export function tooLong(length: number): string {
  return `the record has ${length} bytes; at most ${TAKEN_BYTES_MAX} are taken`;
}

/** What a reader of any format gives: records as NDJSON, and what it could not make JSON of. */
export interface Batch {
  readonly lines: Uint8Array;
  /** The number that the first line of `lines` has in the file. */
  readonly firstLine: number;
  readonly unreadable: readonly Unreadable[];
  /** What a line was made of, where it was made: its row. Asked for before `release`. */
  readonly originalOf?: (line: number) => string | Uint8Array;
  /** To be told how many lines there are by who knows, so that nobody has to count them for the next batch. */
  readonly linesCounted?: (lines: number) => void;
  /** To be called when the batch has been answered: its memory is then used again. */
  readonly release?: () => void;
}

/**
 * Gathers records that were made one by one. What a record's line number is in `lines` must be what it is in the file,
 * so that people find it there: file lines that hold no record of their own (those of a row of several lines, those
 * that could not be read) become blank lines.
 */
export class BatchBuilder {
  readonly #encoding: 'utf8' | 'latin1';
  readonly #batchBytes: number;
  #text = '';
  #firstLine = 1;
  #nextLine = 1;
  #unreadable: Unreadable[] = [];
  #unreadableLength = 0;
  #records = 0;

  /** @param encoding  `latin1` for records whose characters are bytes that must come out as they are */
  constructor(encoding: 'utf8' | 'latin1' = 'utf8', batchBytes: number = BATCH_BYTES) {
    this.#encoding = encoding;
    this.#batchBytes = batchBytes;
  }

  get isFull(): boolean {
    return this.#text.length + this.#unreadableLength >= this.#batchBytes;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Adds a record: JSON without a line feed. `line` is above that of the record before. */
  add(line: number, json: string): void {
    if (this.#text === '') {
      this.#firstLine = line;
      this.#nextLine = line;
    }
    if (line > this.#nextLine) this.#text += '\n'.repeat(line - this.#nextLine);
    this.#text += json;
    this.#text += '\n';
    this.#nextLine = line + 1;
    this.#records++;
  }

  addUnreadable(unreadable: Unreadable): void {
    this.#unreadable.push(unreadable);
    this.#unreadableLength += unreadable.record.length + unreadable.reason.length;
    this.#records++;
  }

  /** Gives what was gathered and begins anew. */
  take(): Batch {
    const lines = new Uint8Array(Buffer.byteLength(this.#text, this.#encoding));
    Buffer.from(lines.buffer).write(this.#text, this.#encoding);
    const batch = { lines, firstLine: this.#firstLine, unreadable: this.#unreadable };
    this.#text = '';
    this.#firstLine = this.#nextLine;
    this.#unreadable = [];
    this.#unreadableLength = 0;
    this.#records = 0;
    return batch;
  }
}
