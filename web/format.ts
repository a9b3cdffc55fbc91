import type { ColumnInfo, DefinitionAnswer } from '../src/server/protocol.ts';
import { joinValues, printKeyText } from './key-text.ts';

export type PrintNumber = (value: number) => string;

/** How values are printed: in English, as the words around them are; in the reader's own, if there is one. */
export const LOCALE: string = navigator.languages.find((each) => /^en(-|$)/.test(each)) ?? 'en';

const COUNT = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 6 });
const SHORT = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  signDisplay: 'exceptZero',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const DAY = new Intl.DateTimeFormat(LOCALE, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const FRAME_MOMENT = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
});
/** From here on a number on the map is shortened; its label has it in full. */
const SHORT_FROM = 10_000;

/** Counts and other plain numbers. */
export const printCount: PrintNumber = (value) => COUNT.format(value);

/** A number where there is little room. */
export const printShort: PrintNumber = (value) => (Math.abs(value) < SHORT_FROM ? COUNT : SHORT).format(value);

/** A share with its sign: `+45.5%`. */
export const printChange: PrintNumber = (value) => PERCENT.format(value);

/** Prints a measure of a tile. @param currency ISO 4217 */
export function printerOf(format: 'count' | 'money', currency: string): PrintNumber {
  if (format === 'count') return printCount;
  const money = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
  return (value) => money.format(value);
}

/** A value that may not be there. */
export function printValue(value: number | null, print: PrintNumber): string {
  return value === null ? '–' : print(value);
}

/** A business date for people; a text that is none, such as an address may hold, as it is. @param day `YYYY-MM-DD` */
export function printDay(day: string): string {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(atMs) ? day : DAY.format(atMs);
}

/** The days of a range; undefined: it is open there. */
export function printRange(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return to === undefined ? 'All days' : `Until ${printDay(to)}`;
  if (to === undefined) return `Since ${printDay(from)}`;
  return from === to ? printDay(from) : `${printDay(from)} – ${printDay(to)}`;
}

/** Which row it is, for people. @param key  each dimension's value as `keyText` spells it */
export function printKey(key: Readonly<Record<string, string>>, columns: readonly ColumnInfo[]): string {
  const values = Object.entries(key).map(([name, value]) => {
    const isDay = value !== '' && columns.find((column) => column.name === name)?.kind === 'date';
    return isDay ? printDay(value) : printKeyText(value);
  });
  return joinValues(values);
}

/** A column's name as a heading: `sub_category` is `Sub category`. */
export function heading(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A number of things, the thing given in the plural: `1 customer`, `2 customers`. */
export function countOf(value: number, plural: string): string {
  const thing = value === 1 && /[^s]s$/.test(plural) ? plural.slice(0, -1) : plural;
  return `${printCount(value)} ${thing}`;
}

/** A sentence whose counts, the numbers before a word, are printed as the reader's own: `27,374 records`. */
export function printNumbersIn(sentence: string): string {
  return sentence.replaceAll(/(?<![\d.,:-])\d+(\.\d+)?(?= [A-Za-z])/g, (digits, places = '.') => {
    return Number(digits).toLocaleString(LOCALE, { minimumFractionDigits: String(places).length - 1 });
  });
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size: `12.3 MB`. */
export function printBytes(bytes: number): string {
  const power = Math.min(BYTES.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const places = power === 0 ? 0 : 1;
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  // A unit never stands on a line without its number.
  return `${(bytes / 1000 ** power).toLocaleString(LOCALE, digits)}\u00a0${BYTES[power] ?? ''}`;
}

const MS_PER_S = 1_000;
const S_PER_MIN = 60;
const MICROS_PER_MS = 1_000;

/** How long something took: `412 ms`, `41.2 s`, `3 min 5 s`. */
export function printDuration(ms: number): string {
  if (ms < MS_PER_S) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / (MS_PER_S / 10)) / 10;
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  if (tenths < S_PER_MIN) return `${tenths.toLocaleString(LOCALE, digits)} s`;
  const seconds = Math.round(ms / MS_PER_S);
  return `${printCount(Math.floor(seconds / S_PER_MIN))} min ${seconds % S_PER_MIN} s`;
}

/** Which frame it is, for people: an offset of the log, or the moment at which the stack's engine began it. */
export function printFrame(frame: number, frames: DefinitionAnswer['frames'] | undefined): string {
  if (frames !== 'moments') return `frame ${printCount(frame)}`;
  if (frame === 0) return 'no frame yet';
  const at = new Date(frame / MICROS_PER_MS);
  const isToday = at.toDateString() === new Date().toDateString();
  return `frame of ${isToday ? at.toLocaleTimeString(LOCALE) : FRAME_MOMENT.format(at)}`;
}

/** A moment as the reader's clock shows it, with its zone: times of records beside it are by the store's. */
export function printMoment(ms: number): string {
  // A long time has the zone's short name.
  return new Date(ms).toLocaleString(LOCALE, { dateStyle: 'medium', timeStyle: 'long' });
}
