import { Buffer } from 'node:buffer';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, BatchBuilder } from './batches.ts';
import { LINE_BYTES_MAX, lineTooLong } from './line-blocks.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/**
 * Batches of a JSON file that is not NDJSON: one array of records, or records printed over several lines. Each record's
 * bytes go through as they are, on one line: no number is read, so that none loses a digit. A record's line number is
 * its position among the records, as an array may be all on one line.
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` when a record is larger than a line may be
 */
export async function* jsonDocumentBatches(
  chunks: AsyncIterable<Uint8Array>,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const builder = new BatchBuilder('latin1', batchBytes);
  const splitter = new DocumentSplitter();
  let position = 0;
  const add = (value: JsonValue): void => {
    position++;
    if (value.fault === undefined) builder.add(position, value.bytes.toString('latin1'));
    else {
      const record = value.bytes.toString('utf8');
      builder.addUnreadable({ line: position, record, code: 'NOT_JSON', reason: value.fault });
    }
  };
  for await (const chunk of chunks) {
    for (const value of splitter.split(chunk)) {
      add(value);
      if (builder.isFull) yield builder.take();
    }
    if (splitter.heldBytes > LINE_BYTES_MAX) throw lineTooLong(position + 1, LINE_BYTES_MAX);
  }
  const last = splitter.end();
  if (last !== undefined) add(last);
  if (!builder.isEmpty) yield builder.take();
}

/** A value at the top of the file, or of its array; `fault` says why it is no JSON. */
interface JsonValue {
  readonly bytes: Buffer;
  readonly fault: string | undefined;
}

/** Finds where values begin and end; whether they are right inside is left to who reads them. */
class DocumentSplitter {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #insideValue = false;
  #insideArray = false;
  #seenValue = false;
  #depth = 0;
  #insideString = false;
  #escaped = false;
  #brokenString = false;

  /** Bytes of a value that has not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  *split(chunk: Uint8Array): Generator<JsonValue> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (!this.#insideValue) {
        if (this.#isBetweenValues(byte)) continue;
        this.#insideValue = true;
        this.#seenValue = true;
        start = at;
      } else if (this.#depth === 0 && !this.#insideString && endsBareValue(byte)) {
        yield this.#finish(chunk.subarray(start, at));
        continue;
      }
      this.#step(byte);
      if (this.#depth === 0 && byte === CLOSE_BRACE && !this.#insideString) {
        yield this.#finish(chunk.subarray(start, at + 1));
      }
    }
    if (this.#insideValue) this.#hold(chunk.slice(start));
  }

  /** The value that the file ends within. */
  end(): JsonValue | undefined {
    if (!this.#insideValue) return undefined;
    const whole = this.#depth === 0 && !this.#insideString;
    const value = this.#finish(new Uint8Array(0));
    return whole ? value : { bytes: value.bytes, fault: 'the file ends within this record' };
  }

  #isBetweenValues(byte: number): boolean {
    if (byte <= SPACE || byte === COMMA) return true;
    if (byte === OPEN_BRACKET && !this.#seenValue && !this.#insideArray) {
      this.#insideArray = true;
      return true;
    }
    return byte === CLOSE_BRACKET && this.#insideArray;
  }

  #step(byte: number): void {
    if (this.#insideString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#insideString = false;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) this.#brokenString = true;
    } else if (byte === QUOTE) this.#insideString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && this.#depth > 0) this.#depth--;
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #finish(rest: Uint8Array): JsonValue {
    this.#hold(rest);
    const bytes = Buffer.concat(this.#held);
    const fault = this.#brokenString ? 'a string is broken over two lines' : undefined;
    if (fault === undefined) {
      // Outside of strings a line's end is white space.
      for (let at = 0; at < bytes.length; at++) {
        if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) bytes[at] = SPACE;
      }
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#insideValue = false;
    this.#depth = 0;
    this.#insideString = false;
    this.#escaped = false;
    this.#brokenString = false;
    return { bytes, fault };
  }
}

/** What ends a value that is neither object nor string: `12,`, `true]`. */
function endsBareValue(byte: number): boolean {
  return byte <= SPACE || byte === COMMA || byte === CLOSE_BRACKET;
}
