import { joined } from './joined.ts';

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

/** A value at the top of a document, or of the array that the document is; `fault` says why it is no JSON. */
export interface JsonValue {
  /** On one line: line ends outside of strings are spaces; as it came where there is a fault. Of a longer one its start. */
  readonly bytes: Uint8Array;
  /** How many bytes it has. */
  readonly length: number;
  readonly fault: string | undefined;
}

/**
 * Cuts a JSON document that is one array, or values one behind the other, into its values, without reading a number or a
 * text. It finds where they begin and end; whether they are right inside is left to who reads them.
 */
export class JsonSplitter {
  readonly #bytesMax: number;
  readonly #startBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #length = 0;
  #insideValue = false;
  #insideArray = false;
  #seenValue = false;
  #depth = 0;
  #insideString = false;
  #escaped = false;
  #brokenString = false;

  /** @param longer  of a value of more than `bytesMax` bytes, only the first `startBytes` are held and given */
  constructor(
    longer: { readonly bytesMax: number; readonly startBytes: number } = { bytesMax: Infinity, startBytes: 0 },
  ) {
    this.#bytesMax = longer.bytesMax;
    this.#startBytes = longer.startBytes;
  }

  /** The values that end in the next piece of the document. */
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

  /** The value that the document ends within. */
  end(): JsonValue | undefined {
    if (!this.#insideValue) return undefined;
    const whole = this.#depth === 0 && !this.#insideString;
    const nothing = new Uint8Array(0);
    return whole ? this.#finish(nothing) : this.#finish(nothing, 'the document ends within this record');
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
    this.#length += bytes.length;
    if (this.#length <= this.#bytesMax) return;
    this.#held = [joined(this.#held, this.#heldBytes).slice(0, this.#startBytes)];
    this.#heldBytes = this.#startBytes;
  }

  #finish(
    rest: Uint8Array,
    fault: string | undefined = this.#brokenString ? 'a string is broken over two lines' : undefined,
  ): JsonValue {
    this.#hold(rest);
    const bytes = joined(this.#held, this.#heldBytes);
    const length = this.#length;
    if (fault === undefined && length === bytes.length) {
      // Outside of strings a line's end is white space.
      for (let at = 0; at < bytes.length; at++) {
        if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) bytes[at] = SPACE;
      }
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#length = 0;
    this.#insideValue = false;
    this.#depth = 0;
    this.#insideString = false;
    this.#escaped = false;
    this.#brokenString = false;
    return { bytes, length, fault };
  }
}

/** What ends a value that is neither object nor string: `12,`, `true]`. */
function endsBareValue(byte: number): boolean {
  return byte <= SPACE || byte === COMMA || byte === CLOSE_BRACKET;
}
