import { dayFromCivil, daysInMonth } from '../base/calendar.ts';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import { readNumberText } from './careful.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { NumberDictionary } from './number-dictionary.ts';
import { keyHash } from './key-hash.ts';
import { RawForms } from './raw-forms.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { textHash } from './text-hash.ts';

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const BACKSLASH = 92;
const SPACE = 32;
const UPPER_T = 84;
const NOT_USUAL = -1;

/** By two bytes, the first one low: the value of two hexadecimal digits; negative when they are none. */
const HEX_PAIRS = hexPairs();
export const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Up to so many digits, a number's digits are a whole number that a float holds exactly. */
const EXACT_DIGITS = 15;

/** What programs call for what is rare or long; one kit a program. -1 says: not usual, the careful reader's. */
export class ProgramKit {
  readonly hexPairs = HEX_PAIRS;
  readonly powers = POWERS_OF_TEN;
  readonly keyHash = keyHash;
  /** Where the text or number that was read last ended. */
  end = 0;
  readonly dictionaries: Dictionaries;
  /** By field index: forms with escapes, and forms of numbers. */
  readonly forms: readonly RawForms[];
  readonly #fields: readonly FieldPlan[];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(stream: StreamPlan, dictionaries: Dictionaries) {
    this.#fields = stream.fields;
    this.dictionaries = dictionaries;
    this.forms = stream.fields.map(() => new RawForms());
  }

  number(index: number, value: number): number {
    return (this.dictionaries[index] as NumberDictionary).intern(value);
  }

  /** A text with escapes that begins at `start`: its id, or 0 when it is not interned. */
  escapedText(index: number, view: DataView, start: number, limit: number): number {
    let end = start;
    for (let byte = view.getUint8(end); byte !== QUOTE; byte = view.getUint8(++end)) {
      if (end >= limit || byte < SPACE) return NOT_USUAL;
      if (byte === BACKSLASH) end++;
    }
    this.end = end;
    const forms = this.forms[index] as RawForms;
    const hash = textHash(view, start, end);
    const known = forms.idOf(view, start, end, hash);
    if (known !== NOT_USUAL) return known;
    const text = this.#unescaped(view, start, end);
    const { maxLength } = this.#fields[index] as FieldPlan;
    if (text === undefined || text.length > maxLength) return NOT_USUAL;
    const dictionary = this.dictionaries[index] as TextDictionary | undefined;
    return forms.learn(view, start, end, hash, dictionary?.internText(text) ?? 0);
  }

  /** A number by how it is written: its id. */
  numberForm(index: number, view: DataView, start: number, end: number, hash: number): number {
    const forms = this.forms[index] as RawForms;
    const known = forms.idOf(view, start, end, hash);
    if (known !== NOT_USUAL) return known;
    const value = readNumberText(latin1(view, start, end), this.#fields[index] as FieldPlan);
    return value === undefined ? NOT_USUAL : forms.learn(view, start, end, hash, this.number(index, value));
  }

  /** A float; `end` stays at `start` when it is not usual. */
  float(bytes: Uint8Array, start: number, limit: number): number {
    this.end = start;
    let p = start;
    const negative = bytes[p] === MINUS;
    if (negative) p++;
    const first = p;
    let digits = 0;
    let digit = (bytes[p] as number) - ZERO;
    for (; digit >= 0 && digit <= 9 && p < limit; digit = (bytes[++p] as number) - ZERO) digits = digits * 10 + digit;
    const wholeDigits = p - first;
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[first] === ZERO)) return NaN;
    let places = 0;
    if (bytes[p] === POINT) {
      digit = (bytes[++p] as number) - ZERO;
      for (; digit >= 0 && digit <= 9 && p < limit; digit = (bytes[++p] as number) - ZERO) {
        digits = digits * 10 + digit;
        places++;
      }
      if (places === 0) return NaN;
    }
    if (((bytes[p] as number) | 32) === 101) return NaN;
    this.end = p;
    // Both the digits and the power of ten are exact, so the division rounds once (Clinger 1990); else the text is read.
    const value =
      wholeDigits + places <= EXACT_DIGITS
        ? digits / (POWERS_OF_TEN[places] as number)
        : Number(Buffer.from(bytes.buffer, bytes.byteOffset + first, p - first).toString('latin1'));
    return negative && value !== 0 ? -value : value;
  }

  /** The day of `YYYY-MM-DD`; NaN when it is not that. */
  day(bytes: Uint8Array, at: number): number {
    if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return NaN;
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const dayOfMonth = twoDigits(bytes, at + 8);
    const exists = year >= 1 && month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= daysInMonth(year, month);
    return exists ? dayFromCivil(year, month, dayOfMonth) : NaN;
  }

  /** The hour of `HH:MM:SS` behind its separator; -1 when it is not that. */
  hour(bytes: Uint8Array, at: number): number {
    const separator = bytes[at];
    if ((separator !== SPACE && separator !== UPPER_T) || bytes[at + 3] !== COLON || bytes[at + 6] !== COLON) {
      return NOT_USUAL;
    }
    const hour = twoDigits(bytes, at + 1);
    return hour <= 23 && twoDigits(bytes, at + 4) <= 59 && twoDigits(bytes, at + 7) <= 59 ? hour : NOT_USUAL;
  }

  #unescaped(view: DataView, start: number, end: number): string | undefined {
    try {
      const raw = this.#decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
      const text = JSON.parse(`"${raw}"`) as string;
      return text.isWellFormed() ? text : undefined;
    } catch {
      // Not Unicode, or no JSON: the careful reader says which.
      return undefined;
    }
  }
}

/** A kit for a program's own use. */
export function makeKit(stream: StreamPlan, dictionaries: Dictionaries): ProgramKit {
  return new ProgramKit(stream, dictionaries);
}

function latin1(view: DataView, start: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, end - start).toString('latin1');
}

/** The number of two digits; NaN when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function hexPairs(): Int16Array {
  const pairs = new Int16Array(65_536).fill(NOT_USUAL);
  const digits = Array.from(
    '0123456789abcdefABCDEF',
    (text) => [text.charCodeAt(0), Number.parseInt(text, 16)] as const,
  );
  for (const [high, highValue] of digits) {
    for (const [low, lowValue] of digits) pairs[high | (low << 8)] = highValue * 16 + lowValue;
  }
  return pairs;
}
