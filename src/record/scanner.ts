import { isUtf8 } from 'node:buffer';
import { assert, present } from '../base/assert.ts';
import type { Zone } from '../base/calendar.ts';
import { dayFromCivil, daysInMonth, zone } from '../base/calendar.ts';
import type { FieldPlan, Plan } from '../plan/plan.ts';
import type { CarefulRecord } from './careful.ts';
import { readCarefully, RECORD_BYTES_MAX } from './careful.ts';
import type { RecordColumns, RefusedLine, ScannedLines } from './columns.ts';
import { KEY_WORDS, makeColumns } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { NumberDictionary } from './number-dictionary.ts';
import type { FieldRole } from './roles.ts';
import { fieldRoles } from './roles.ts';
import { TextDictionary } from './text-dictionary.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const UPPER_E = 69;
const BACKSLASH = 92;
const LOWER_E = 101;
const LOWER_N = 110;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Up to so many digits, a sum of digits times ten is exact in a float. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MS_PER_HOUR = 3_600_000;

/** By byte: the value of a hexadecimal digit, 255 for all others. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

/**
 * Reads lines of JSON into columns. It knows the schema: each record's members are expected in the order of the record
 * before it, texts are interned without being decoded, and numbers become whole micro-units digit by digit. Whatever is
 * unusual (escapes, exponents, unknown members, anything wrong) is left to `readCarefully`, whose answer is the law;
 * so this never refuses a record by itself.
 */
export class Scanner {
  readonly #stream: Plan['stream'];
  readonly #roles: readonly FieldRole[];
  readonly #dictionaries: Dictionaries;
  readonly #zone: Zone;
  /** By field index: the member's name with its quotes, as bytes. */
  readonly #names: readonly Uint8Array[];
  /** By position in a record: the field index that stood there last; -1: none yet. */
  readonly #order: Int32Array;
  /** By field index: the number of the record in which it was seen last, to notice a member given twice. */
  readonly #seenIn: Int32Array;
  #record = 0;
  /** The date read last, as the number YYYYMMDD, and its day: records of a day come together. */
  #dateNumber = -1;
  #dateDay = 0;

  constructor(plan: Plan, dictionaries: Dictionaries) {
    const { fields } = plan.stream;
    this.#stream = plan.stream;
    this.#roles = fieldRoles(plan);
    this.#dictionaries = dictionaries;
    this.#zone = zone(plan.stream.timeZone);
    const encoder = new TextEncoder();
    this.#names = fields.map((field) => encoder.encode(JSON.stringify(field.name)));
    this.#order = new Int32Array(fields.length).fill(-1);
    this.#seenIn = new Int32Array(fields.length);
  }

  /**
   * Reads a batch.
   * @param bytes      lines separated by line feeds; a line of white space alone is no record
   * @param firstLine  the number of the first line
   */
  scan(bytes: Uint8Array, firstLine: number): ScannedLines {
    const columns = makeColumns(bytes, countLines(bytes), this.#roles);
    const refused: RefusedLine[] = [];
    const wellFormed = isUtf8(bytes);
    let line = firstLine - 1;
    for (let start = 0; start < bytes.length;) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed === -1 ? bytes.length : feed;
      line++;
      if (!isBlank(bytes, start, end)) {
        const usual =
          end - start <= RECORD_BYTES_MAX &&
          (wellFormed || isUtf8(bytes.subarray(start, end))) &&
          this.#readFast(bytes, start, end, columns);
        const refusal = usual ? undefined : this.#readCarefully(bytes.subarray(start, end), columns);
        if (refusal === undefined) {
          const row = columns.count++;
          columns.starts[row] = start;
          columns.ends[row] = end;
          columns.lines[row] = line;
        } else {
          refused.push({ line, start, end, refusal });
        }
      }
      start = end + 1;
    }
    return { columns, refused };
  }

  /**
   * Reads one line into the columns' next row. One long loop, as it runs for every byte that comes in.
   * @returns whether the row is whole; if not, the line is one for `readCarefully`
   */
  // oxlint-disable-next-line max-lines-per-function -- the hot loop; its slow twin is careful.ts
  #readFast(bytes: Uint8Array, start: number, end: number, columns: RecordColumns): boolean {
    const roles = this.#roles;
    const names = this.#names;
    const order = this.#order;
    const seenIn = this.#seenIn;
    const record = (this.#record = (this.#record + 1) | 0);
    const row = columns.count;
    const { primaryKey, businessDate } = this.#stream;
    let seen = 0;
    let businessDay = NaN;
    let eventDay = NaN;
    let p = start;

    while (bytes[p] === SPACE) p++;
    if (bytes[p++] !== OPEN_BRACE) return false;
    for (let member = 0; ; member++) {
      // The member's name: the one that stood here in the record before, or else any other.
      while (bytes[p] === SPACE) p++;
      let index = member < order.length ? (order[member] as number) : -1;
      if (index < 0 || !standsAt(bytes, p, names[index] as Uint8Array)) {
        index = names.findIndex((name) => standsAt(bytes, p, name));
        if (index < 0 || member >= order.length) return false;
        order[member] = index;
      }
      if (seenIn[index] === record) return false;
      seenIn[index] = record;
      seen++;
      p += (names[index] as Uint8Array).length;
      while (bytes[p] === SPACE) p++;
      if (bytes[p++] !== COLON) return false;
      while (bytes[p] === SPACE) p++;

      const role = roles[index] as FieldRole;
      const field = role.field;
      const kind = field.kind;
      if (kind === 'text') {
        // A text: hashed byte by byte, and interned without being decoded.
        if (bytes[p++] !== QUOTE) return false;
        const from = p;
        let hash = 0x811c9dc5;
        let byte = 0;
        while (p < end && (byte = bytes[p] as number) !== QUOTE) {
          if (byte === BACKSLASH || byte < SPACE) return false;
          hash = Math.imul(hash ^ byte, 0x01000193);
          p++;
        }
        if (p >= end || p - from > field.maxLength) return false;
        if (role.id) {
          const id = (this.#dictionaries[index] as TextDictionary).intern(bytes, from, p, hash);
          (columns.ids[index] as Int32Array)[row] = id;
          if (index === primaryKey.index) columns.keys.set([id, 0, 0, 0], row * KEY_WORDS);
        }
        p++;
      } else if (kind === 'decimal' || kind === 'integer' || kind === 'number') {
        // A number: whole units of the column (micro-units for a decimal), rounded half-even at the seventh place.
        if (field.nullable && bytes[p] === LOWER_N) return false;
        const quoted = field.quoted && bytes[p] === QUOTE;
        if (quoted) p++;
        const from = p;
        const negative = bytes[p] === MINUS;
        if (negative) p++;
        const places = kind === 'decimal' ? 6 : kind === 'integer' ? 0 : EXACT_DIGITS;
        const firstDigit = p;
        let units = 0;
        let digit = (bytes[p] as number) - ZERO;
        while (digit >= 0 && digit <= 9) {
          units = units * 10 + digit;
          digit = (bytes[++p] as number) - ZERO;
        }
        const wholeDigits = p - firstDigit;
        if (wholeDigits === 0 || (wholeDigits > 1 && bytes[firstDigit] === ZERO)) return false;
        let fraction = 0;
        let next = 0;
        let rest = 0;
        if (bytes[p] === POINT) {
          if (kind === 'integer') return false;
          const firstPlace = ++p;
          digit = (bytes[p] as number) - ZERO;
          while (digit >= 0 && digit <= 9) {
            const place = p - firstPlace;
            if (place < places) {
              units = units * 10 + digit;
              fraction++;
            } else if (place === places) {
              next = digit;
            } else {
              rest |= digit;
            }
            digit = (bytes[++p] as number) - ZERO;
          }
          if (p === firstPlace) return false;
        }
        if (bytes[p] === LOWER_E || bytes[p] === UPPER_E) return false;
        let value: number;
        if (kind === 'number') {
          // Both the digits and the power of ten are exact, so the division rounds once (Clinger 1990); else the text is read.
          value =
            wholeDigits + fraction <= EXACT_DIGITS && next === 0 && rest === 0
              ? units / (POWERS_OF_TEN[fraction] as number)
              : Number(latin1(bytes, negative ? from + 1 : from, p));
        } else {
          if (wholeDigits + places > EXACT_DIGITS) return false;
          value = units * (POWERS_OF_TEN[places - fraction] as number);
          if (next > 5 || (next === 5 && (rest !== 0 || value % 2 === 1))) value++;
        }
        if (negative && value !== 0) value = -value;
        if (quoted && bytes[p++] !== QUOTE) return false;
        // Written so that NaN, which is no number, goes on to the careful reader too.
        if (!(value >= field.min && value <= field.max)) return false;
        if (role.value) (columns.values[index] as Float64Array)[row] = value;
        if (role.id)
          (columns.ids[index] as Int32Array)[row] = (this.#dictionaries[index] as NumberDictionary).intern(value);
      } else if (kind === 'uuid') {
        // A UUID: its 128 bits, 8 hexadecimal digits a word.
        if (
          bytes[p] !== QUOTE ||
          bytes[p + 37] !== QUOTE ||
          !this.#readUuid(bytes, p + 1, columns.keys, row * KEY_WORDS)
        ) {
          return false;
        }
        p += 38;
      } else {
        // A date, or a moment without fraction and offset, which is local time.
        const length = kind === 'date' ? 10 : 19;
        if (bytes[p] !== QUOTE || bytes[p + length + 1] !== QUOTE) return false;
        let day = this.#readDay(bytes, p + 1);
        if (kind === 'timestamp') {
          const msOfDay = msOfDayAt(bytes, p + 11);
          if (msOfDay < 0) return false;
          if (msOfDay < this.#stream.businessDayEndsAtHour * MS_PER_HOUR) day--;
          if (field === this.#stream.eventTime) eventDay = day;
        } else if (field === businessDate) {
          businessDay = day;
        }
        if (!(day === day)) return false;
        if (role.value) (columns.values[index] as Float64Array)[row] = day;
        if (role.id)
          (columns.ids[index] as Int32Array)[row] = (this.#dictionaries[index] as NumberDictionary).intern(day);
        p += length + 2;
      }

      while (bytes[p] === SPACE) p++;
      const byte = bytes[p++];
      if (byte === COMMA) continue;
      if (byte === CLOSE_BRACE) break;
      return false;
    }
    // Nothing but white space may follow, and every field must have been there; the business date may be left out.
    if (p > end || !isBlank(bytes, p, end)) return false;
    const dateGiven = seenIn[businessDate.index] === record;
    if (seen + (dateGiven ? 0 : 1) !== roles.length) return false;
    if (dateGiven && Math.abs(businessDay - eventDay) > 1) return false;
    this.#storeDay(columns, row, dateGiven ? businessDay : eventDay);
    return true;
  }

  /** The business date is a column of its own, and it may be counted or compared like any other field. */
  #storeDay(columns: RecordColumns, row: number, day: number): void {
    const { index } = this.#stream.businessDate;
    columns.days[row] = day;
    const values = columns.values[index];
    const ids = columns.ids[index];
    if (values !== undefined) values[row] = day;
    if (ids !== undefined) ids[row] = (this.#dictionaries[index] as NumberDictionary).intern(day);
  }

  #readUuid(bytes: Uint8Array, at: number, keys: Int32Array, to: number): boolean {
    let word = 0;
    let digits = 0;
    let bad = 0;
    for (let i = 0; i < 36; i++) {
      const byte = bytes[at + i] as number;
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (byte !== MINUS) return false;
        continue;
      }
      const digit = HEX[byte] as number;
      bad |= digit;
      word = (word << 4) | digit;
      if ((++digits & 7) === 0) {
        keys[to + (digits >> 3) - 1] = word;
        word = 0;
      }
    }
    return bad < 16;
  }

  /** The day of `YYYY-MM-DD`; NaN when it is not that. */
  #readDay(bytes: Uint8Array, at: number): number {
    if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return NaN;
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const dayOfMonth = twoDigits(bytes, at + 8);
    const dateNumber = year * 10_000 + month * 100 + dayOfMonth;
    if (dateNumber === this.#dateNumber) return this.#dateDay;
    if (!(year >= 1 && month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= daysInMonth(year, month)))
      return NaN;
    this.#dateNumber = dateNumber;
    this.#dateDay = dayFromCivil(year, month, dayOfMonth);
    return this.#dateDay;
  }

  #readCarefully(line: Uint8Array, columns: RecordColumns): RefusedLine['refusal'] | undefined {
    const read = readCarefully(line, this.#stream, this.#zone);
    if ('reason' in read) return read;
    this.#store(read, columns);
    return undefined;
  }

  /** Puts a carefully read record into the columns' next row. */
  #store(read: CarefulRecord, columns: RecordColumns): void {
    const row = columns.count;
    for (const { field, id, value } of this.#roles) {
      const stored = read.values[field.index] ?? null;
      if (value) (columns.values[field.index] as Float64Array)[row] = stored === null ? NaN : Number(stored);
      if (id) (columns.ids[field.index] as Int32Array)[row] = this.#intern(field, stored);
    }
    this.#storeDay(columns, row, read.businessDay);
    const key = read.values[this.#stream.primaryKey.index] as string;
    if (this.#stream.primaryKey.kind === 'text') {
      columns.keys.set([this.#intern(this.#stream.primaryKey, key), 0, 0, 0], row * KEY_WORDS);
    } else {
      const whole = this.#readUuid(new TextEncoder().encode(key), 0, columns.keys, row * KEY_WORDS);
      assert(whole, 'a carefully read UUID is one');
    }
  }

  #intern(field: FieldPlan, value: string | number | null): number {
    if (value === null) return 0;
    const dictionary = this.#dictionaries[field.index];
    if (dictionary instanceof TextDictionary) return dictionary.internText(String(value));
    return present(dictionary, 'an interned field has a dictionary').intern(Number(value));
  }
}

function standsAt(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

/** The number of two digits; NaN when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** The milliseconds since midnight of `HH:MM:SS` behind its separator; -1 when it is not that. */
function msOfDayAt(bytes: Uint8Array, at: number): number {
  const separator = bytes[at];
  if ((separator !== SPACE && separator !== 84) || bytes[at + 3] !== COLON || bytes[at + 6] !== COLON) return -1;
  const hour = twoDigits(bytes, at + 1);
  const minute = twoDigits(bytes, at + 4);
  const second = twoDigits(bytes, at + 7);
  return hour <= 23 && minute <= 59 && second <= 59 ? (hour * 3600 + minute * 60 + second) * 1000 : -1;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== CARRIAGE_RETURN && byte !== TAB) return false;
  }
  return true;
}

function countLines(bytes: Uint8Array): number {
  let count = 1;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
