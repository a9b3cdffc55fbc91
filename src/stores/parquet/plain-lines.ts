import { microsText, parseMicros } from '../../base/decimal.ts';
import type { Zone } from '../../base/calendar.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import { readTexts } from './record-texts.ts';

const LINE_FEED = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const UPPER_T = 84;
const BACKSLASH = 92;
const LOWER_N = 110;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const PLACES = 6;
/** `YYYY-MM-DD HH:MM:SS` */
const MOMENT_LENGTH = 19;
const FIRST_BYTES = 64 * 1024;
/** A value is written with its column's name before it and no more than this besides. */
const BYTES_AROUND = 24;

/** A column's name in plain lines: fields may have names that are the same to a database. */
export function plainName(field: FieldPlan): string {
  return `c${field.index}`;
}

/**
 * Accepted records as JSON that a database reads without any doubt: each field once under its `plainName`, all values
 * texts, decimals rounded to 6 places, moments in the store's time zone, no business date. The same as `readTexts` says,
 * only faster for lines that have nothing unusual.
 */
export class PlainLines {
  readonly #stream: StreamPlan;
  readonly #local: Zone;
  readonly #names: readonly Buffer[];
  readonly #heads: readonly Buffer[];
  /** By position in a record: the field that stood there last; -1: none yet. */
  readonly #order: Int32Array;
  /** By field: where its value begins and ends in the line; -1: it was not there. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #out = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  constructor(stream: StreamPlan, local: Zone) {
    this.#stream = stream;
    this.#local = local;
    this.#names = stream.fields.map((field) => Buffer.from(JSON.stringify(field.name)));
    this.#heads = stream.fields.map((field) => Buffer.from(`"${plainName(field)}":`));
    this.#order = new Int32Array(stream.fields.length).fill(-1);
    this.#starts = new Int32Array(stream.fields.length);
    this.#ends = new Int32Array(stream.fields.length);
  }

  /**
   * @param lines  whole lines of accepted records, each ended by a line feed
   * @throws DaybookError `EXPORT_UNREADABLE_RECORD`
   */
  print(lines: Uint8Array): Buffer {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    this.#length = 0;
    for (let start = 0; start < bytes.length;) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed === -1 ? bytes.length : feed;
      if (end > start) this.#printLine(bytes, start, end);
      start = end + 1;
    }
    return Buffer.from(this.#out.subarray(0, this.#length));
  }

  #printLine(bytes: Buffer, start: number, end: number): void {
    this.#makeRoom(end - start + this.#names.length * BYTES_AROUND);
    const before = this.#length;
    if (this.#find(bytes, start, end) && this.#printFound(bytes)) return;
    this.#length = before;
    this.#printCarefully(bytes.toString('utf8', start, end));
  }

  /** Finds the values of a line. @returns false when the line is unusual in any way */
  #find(bytes: Buffer, start: number, end: number): boolean {
    this.#starts.fill(-1);
    let p = start;
    while (bytes[p] === SPACE) p++;
    if (bytes[p++] !== OPEN_BRACE) return false;
    for (let member = 0; member < this.#order.length; member++) {
      while (bytes[p] === SPACE) p++;
      const field = this.#fieldAt(bytes, p, member);
      if (field < 0 || this.#starts[field] !== -1) return false;
      p += (this.#names[field] as Buffer).length;
      while (bytes[p] === SPACE) p++;
      if (bytes[p++] !== COLON) return false;
      while (bytes[p] === SPACE) p++;
      this.#starts[field] = p;
      p = endOfValue(bytes, p, end);
      if (p < 0) return false;
      this.#ends[field] = p;
      while (bytes[p] === SPACE) p++;
      const byte = bytes[p++];
      if (byte === COMMA) continue;
      // Behind the last member there may be white space, which is not looked at.
      return byte === CLOSE_BRACE && p <= end;
    }
    return false;
  }

  #fieldAt(bytes: Buffer, at: number, member: number): number {
    const guess = this.#order[member] as number;
    if (guess >= 0 && standsAt(bytes, at, this.#names[guess] as Buffer)) return guess;
    const field = this.#names.findIndex((name) => standsAt(bytes, at, name));
    this.#order[member] = field;
    return field;
  }

  /** Prints the values that were found. @returns false when one of them is unusual */
  #printFound(bytes: Buffer): boolean {
    this.#out[this.#length++] = OPEN_BRACE;
    let isFirst = true;
    for (const field of this.#stream.fields) {
      if (field === this.#stream.businessDate) continue;
      const start = this.#starts[field.index] as number;
      if (start < 0) return false;
      if (!isFirst) this.#out[this.#length++] = COMMA;
      isFirst = false;
      this.#length += (this.#heads[field.index] as Buffer).copy(this.#out, this.#length);
      if (!this.#printValue(bytes, start, this.#ends[field.index] as number, field)) return false;
    }
    this.#out[this.#length++] = CLOSE_BRACE;
    this.#out[this.#length++] = LINE_FEED;
    return true;
  }

  #printValue(bytes: Buffer, start: number, end: number, field: FieldPlan): boolean {
    const isText = bytes[start] === QUOTE;
    if (!isText && !isNumberStart(bytes[start] as number)) {
      // All else than texts and numbers can only be null.
      this.#length += bytes.copy(this.#out, this.#length, start, end);
      return true;
    }
    switch (field.kind) {
      case 'uuid':
      case 'text':
      case 'date':
        this.#length += bytes.copy(this.#out, this.#length, start, end);
        return true;
      case 'timestamp':
        this.#length += bytes.copy(this.#out, this.#length, start, end);
        return end - start === MOMENT_LENGTH + 2 && (bytes[start + 11] === SPACE || bytes[start + 11] === UPPER_T);
      case 'integer':
      case 'decimal':
      case 'number':
        return this.#printNumber(bytes, isText ? start + 1 : start, isText ? end - 1 : end, field);
    }
  }

  #printNumber(bytes: Buffer, start: number, end: number, field: FieldPlan): boolean {
    this.#out[this.#length++] = QUOTE;
    if (field.kind === 'decimal' && !isRounded(bytes, start, end)) {
      const micros = parseMicros(bytes.toString('latin1', start, end));
      if (micros === undefined) return false;
      this.#length += this.#out.write(microsText(micros), this.#length, 'latin1');
    } else {
      // A whole number may be written as 3.0 or 3e2.
      if (field.kind === 'integer' && !isWhole(bytes, start, end)) return false;
      this.#length += bytes.copy(this.#out, this.#length, start, end);
    }
    this.#out[this.#length++] = QUOTE;
    return true;
  }

  #printCarefully(line: string): void {
    const texts = readTexts(line, this.#stream, this.#local);
    const members = this.#stream.fields.flatMap((field) => {
      if (field === this.#stream.businessDate) return [];
      const text = texts[field.index] ?? null;
      if (text === null) return [`"${plainName(field)}":null`];
      return [`"${plainName(field)}":${JSON.stringify(plainText(text, field))}`];
    });
    const printed = `{${members.join(',')}}\n`;
    this.#makeRoom(Buffer.byteLength(printed));
    this.#length += this.#out.write(printed, this.#length);
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const out = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + bytes));
    this.#out.copy(out, 0, 0, this.#length);
    this.#out = out;
  }
}

function plainText(text: string, field: FieldPlan): string {
  if (field.kind === 'decimal') return microsText(parseMicros(text) ?? 0n);
  return field.kind === 'integer' ? String(Number(text)) : text;
}

/** Where a text, a number or a word ends; -1 when it is an object or an array. */
function endOfValue(bytes: Buffer, start: number, end: number): number {
  let p = start;
  const first = bytes[p] as number;
  if (first === QUOTE) {
    for (p++; p < end && bytes[p] !== QUOTE; p++) if (bytes[p] === BACKSLASH) p++;
    return p < end ? p + 1 : -1;
  }
  if (!isNumberStart(first) && bytes[p] !== LOWER_N) return -1;
  while (p < end && bytes[p] !== COMMA && bytes[p] !== CLOSE_BRACE && (bytes[p] as number) > SPACE) p++;
  return p;
}

function standsAt(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

function isNumberStart(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= NINE);
}

function isWhole(bytes: Buffer, start: number, end: number): boolean {
  for (let p = bytes[start] === MINUS ? start + 1 : start; p < end; p++) {
    if ((bytes[p] as number) < ZERO || (bytes[p] as number) > NINE) return false;
  }
  return true;
}

/** Whether a decimal has no exponent, and no more places than are kept. */
function isRounded(bytes: Buffer, start: number, end: number): boolean {
  let point = end;
  for (let p = bytes[start] === MINUS ? start + 1 : start; p < end; p++) {
    if (bytes[p] === POINT) point = p;
    else if ((bytes[p] as number) < ZERO || (bytes[p] as number) > NINE) return false;
  }
  return end - point <= PLACES + 1;
}
