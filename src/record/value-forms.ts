import { isUtf8 } from 'node:buffer';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import type { Zone } from '../base/calendar.ts';
import { FIRST_DAY, LAST_DAY, parseDay, QUARTERS_A_DAY, zone } from '../base/calendar.ts';
import { readNumberText } from './careful.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { NumberDictionary } from './number-dictionary.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { textHash } from './text-hash.ts';

/** Says that a value is not written as usual: it is the careful reader's. The same as in `assembly/forms.ts`. */
const UNUSUAL = -(2 ** 31);
/** Stands for a field where the form is that of a date, which means the same in all fields. As in `assembly/moments.ts`. */
const DATES = 0xffff;
const BACKSLASH = 92;
/** Bytes from here on are no ASCII. */
const ASCII_END = 128;

/** What the assembly asks of others, by the file that does. Values stand in its memory; what is unusual is `UNUSUAL`. */
export type AssemblyImports = {
  readonly forms: { readForm(field: number, start: number, end: number): number };
  readonly lines: {
    numberId(field: number, value: number): number;
    otherNumber(field: number, start: number, end: number): number;
  };
  readonly moments: { zoneOffset(quarter: number): number };
};

/** Memory in which a value stands. */
export interface MemoryView {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * What values mean by how they are written, for whoever remembers it: the id of a text, with or without escapes, the id of
 * a number, the day of a date; numbers that are written in other ways than most, and the offset of the stream's zone.
 */
export class ValueForms {
  readonly #fields: readonly FieldPlan[];
  readonly #zone: Zone;
  readonly #dictionaries: Dictionaries;
  readonly #memory: () => MemoryView;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @param memory  where the values stand, as it is at the moment */
  constructor(stream: StreamPlan, dictionaries: Dictionaries, memory: () => MemoryView) {
    this.#fields = stream.fields;
    this.#zone = zone(stream.timeZone);
    this.#dictionaries = dictionaries;
    this.#memory = memory;
  }

  /** What the assembly imports, by its files. */
  get imports(): AssemblyImports {
    return {
      forms: { readForm: (index: number, start: number, end: number) => this.#readForm(index, start, end) },
      lines: {
        numberId: (index: number, value: number) => this.#numberId(index, value),
        otherNumber: (index: number, start: number, end: number) => this.#otherNumber(index, start, end),
      },
      moments: { zoneOffset: (quarter: number) => this.#zoneOffset(quarter) },
    };
  }

  #readForm(index: number, start: number, end: number): number {
    if (index === DATES) return parseDay(this.#latin1(start, end)) ?? UNUSUAL;
    const field = this.#fields[index] as FieldPlan;
    return field.kind === 'text' ? this.#textId(field, start, end) : this.#numberFormId(field, start, end);
  }

  #textId({ index, maxLength }: FieldPlan, start: number, end: number): number {
    const { bytes, view } = this.#memory();
    const dictionary = this.#dictionaries[index] as TextDictionary | undefined;
    if (!isPlain(bytes, start, end)) {
      const raw = bytes.subarray(start, end);
      if (raw.includes(BACKSLASH)) {
        const text = this.#unescaped(raw);
        if (text === undefined || text.length > maxLength) return UNUSUAL;
        return dictionary?.internText(text) ?? 0;
      }
      // It may have fewer characters, which the careful reader counts.
      if (raw.length > maxLength || !isUtf8(raw)) return UNUSUAL;
    }
    return dictionary?.intern(view, start, end, textHash(view, start, end)) ?? 0;
  }

  #numberFormId(field: FieldPlan, start: number, end: number): number {
    const value = readNumberText(this.#latin1(start, end), field);
    return value === undefined ? UNUSUAL : this.#numberId(field.index, value);
  }

  #numberId(index: number, value: number): number {
    return (this.#dictionaries[index] as NumberDictionary).intern(value);
  }

  #otherNumber(index: number, start: number, end: number): number {
    return readNumberText(this.#latin1(start, end), this.#fields[index] as FieldPlan) ?? NaN;
  }

  #zoneOffset(quarter: number): number {
    // Around the first and the last day, the zone's day may be none: that is the careful reader's.
    const day = Math.floor(quarter / QUARTERS_A_DAY);
    if (day <= FIRST_DAY || day >= LAST_DAY) return UNUSUAL;
    const offsetMs = this.#zone.offsetOfQuarterMs(quarter);
    return Number.isNaN(offsetMs) ? UNUSUAL : offsetMs / 1000;
  }

  #latin1(start: number, end: number): string {
    return Buffer.from(this.#memory().bytes.buffer, start, end - start).toString('latin1');
  }

  #unescaped(raw: Uint8Array): string | undefined {
    try {
      const text = JSON.parse(`"${this.#decoder.decode(raw)}"`) as string;
      return text.isWellFormed() ? text : undefined;
    } catch {
      // Not Unicode, or no JSON: the careful reader says which.
      return undefined;
    }
  }
}

/** Whether it is ASCII without escapes. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === BACKSLASH || byte >= ASCII_END) return false;
  }
  return true;
}
