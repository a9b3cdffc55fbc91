import { parseDay } from './calendar.ts';
import { parseMicros } from './decimal.ts';
import { DaybookError } from './errors.ts';

/** What to throw when a question cannot be answered as it was put. */
export function badQuery(message: string): DaybookError {
  return new DaybookError('BAD_QUERY', message);
}

/** A day that a question names. @throws DaybookError `BAD_QUERY` when there is no such day */
export function dayParameter(name: string, text: string): number;
export function dayParameter(name: string, text: string | undefined): number | undefined;
export function dayParameter(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = parseDay(text);
  if (day === undefined) throw badQuery(`'${name}' is '${text}'; it must be a day that exists, as YYYY-MM-DD.`);
  return day;
}

/** A whole number that a question names, from 0 on. @throws DaybookError `BAD_QUERY` */
export function wholeParameter(name: string, value: number): number;
export function wholeParameter(name: string, value: number | undefined): number | undefined;
export function wholeParameter(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw badQuery(`'${name}' is ${value}; it must be a whole number from 0 on.`);
}

/** A number that a question names, as it is written, and in micro-units. @throws DaybookError `BAD_QUERY` */
export function numberParameter(
  name: string,
  kind: string,
  text: string,
): { readonly value: number; readonly micros: bigint } {
  const [value, micros] = [Number(text), parseMicros(text)];
  // `Number` reads more than people write as numbers: 0x25, Infinity, nothing.
  if (micros !== undefined && Number.isFinite(value)) return { value, micros };
  throw badQuery(`'${name}' is '${text}'; it must be a ${kind}.`);
}
