const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_BRACE = 0x7b;

/** By byte: whether a number goes on with it. */
const GOES_ON = Uint8Array.from({ length: 256 }, (_, byte) =>
  '0123456789+-.eE'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * Lines of JSON in which each number has become a text with the same digits, and in which the first member, `#`, is the
 * record's place in the log: DuckDB reads a number of JSON as a float, a text as it stands. Holds as many lines as there
 * is room for.
 */
export class QuotedLines {
  readonly #bytes: Uint8Array;
  #length = 0;
  #records = 0;
  #firstPosition = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get records(): number {
    return this.#records;
  }

  /** The lines, each ended by a line feed; valid until something is added or all is cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Adds the line that stands in `bytes` from `start` to before `end` and holds a JSON object. The lines' positions
   * follow each other.
   * @returns false when there is no room for it; nothing was added then
   */
  add(bytes: Uint8Array, start: number, end: number, position: number): boolean {
    const head = `"#":"${position}",`;
    // At worst each byte is a number of its own, and gets two quotes.
    if (this.#length + head.length + 3 * (end - start) + 1 > this.#bytes.length) return false;
    if (this.#records === 0) this.#firstPosition = position;
    this.#length = copyLine(bytes, start, end, head, this.#bytes, this.#length);
    this.#records++;
    return true;
  }

  clear(): void {
    this.#length = 0;
    this.#records = 0;
  }

  /**
   * The same lines as only `JSON.parse` can read them: of a member that is there twice the last one, half a surrogate
   * pair in a member that is not asked for, what have you. Slow, and for lines that DuckDB does not take.
   * @param names  the members that are wanted
   */
  plainly(names: readonly string[]): Uint8Array {
    const lines = Buffer.from(this.bytes).toString('utf8').split('\n').slice(0, -1);
    const plain = lines.map((line, index) => {
      const members = JSON.parse(line) as Readonly<Record<string, unknown>>;
      const wanted = names.filter((name) => Object.hasOwn(members, name)).map((name) => [name, members[name]] as const);
      return `${JSON.stringify(Object.fromEntries([['#', String(this.#firstPosition + index)], ...wanted]))}\n`;
    });
    return Buffer.from(plain.join(''));
  }
}

/**
 * Copies a line to `out` at `to`, with `head` behind its brace and quotes around each number. Bytes outside of texts are
 * few: punctuation, and words that begin with no digit.
 * @returns where the copy ends
 */
function copyLine(line: Uint8Array, start: number, end: number, head: string, out: Uint8Array, to: number): number {
  let p = start;
  let q = to;
  while (p < end && line[p] !== OPEN_BRACE) p++;
  out[q++] = OPEN_BRACE;
  p++;
  for (let i = 0; i < head.length; i++) out[q++] = head.charCodeAt(i);
  while (p < end) {
    let byte = line[p++] as number;
    if (byte === QUOTE) {
      out[q++] = byte;
      while (p < end && (byte = line[p++] as number) !== QUOTE) {
        out[q++] = byte;
        if (byte === BACKSLASH) out[q++] = line[p++] as number;
      }
      out[q++] = QUOTE;
    } else if ((byte >= ZERO && byte <= NINE) || byte === MINUS) {
      out[q++] = QUOTE;
      out[q++] = byte;
      while (p < end && GOES_ON[(byte = line[p] as number)] === 1) {
        out[q++] = byte;
        p++;
      }
      out[q++] = QUOTE;
    } else {
      out[q++] = byte;
    }
  }
  out[q++] = LINE_FEED;
  return q;
}
