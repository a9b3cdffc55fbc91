import { parseDay } from '../base/calendar.ts';
import { DaybookError } from '../base/errors.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

/** What a page of a list is asked for by. */
export const PAGE_PARAMETERS = ['limit', 'offset'] as const;

/** A request's parameters by name, each with all its values. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/**
 * The parameters of a request.
 * @throws DaybookError `BAD_QUERY` for a name that is not among those allowed: a slip of the pen must not be ignored
 */
export function parametersOf(query: unknown, allowed: readonly string[]): Parameters {
  const parameters = new Map(
    Object.entries(query as Readonly<Record<string, string | readonly string[]>>).map(([name, value]) => [
      name,
      [value].flat(),
    ]),
  );
  for (const name of parameters.keys()) {
    if (allowed.includes(name)) continue;
    const known = allowed.length === 0 ? 'it takes none' : `there are ${allowed.join(', ')}`;
    throw new DaybookError('BAD_QUERY', `There is no parameter '${name}' here; ${known}.`);
  }
  return parameters;
}

/**
 * A parameter that may be given once.
 * @throws DaybookError `BAD_QUERY`
 */
export function single(parameters: Parameters, name: string): string | undefined {
  const values = parameters.get(name) ?? [];
  if (values.length > 1)
    throw new DaybookError('BAD_QUERY', `'${name}' may be given once, not ${values.length} times.`);
  return values[0];
}

/**
 * A whole number between two bounds, both included.
 * @throws DaybookError `BAD_QUERY`
 */
export function whole(parameters: Parameters, name: string, min: number, max: number): number | undefined {
  const text = single(parameters, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new DaybookError('BAD_QUERY', `'${name}' is '${text}'; it must be a whole number from ${min} to ${max}.`);
}

/**
 * One of several words.
 * @throws DaybookError `BAD_QUERY`
 */
export function word<W extends string>(parameters: Parameters, name: string, words: readonly W[]): W | undefined {
  const text = single(parameters, name);
  if (text === undefined) return undefined;
  const known = words.find((each) => each === text);
  if (known !== undefined) return known;
  throw new DaybookError('BAD_QUERY', `'${name}' is '${text}'; it must be ${words.join(', ')}.`);
}

/**
 * The days that a request asks for, by `from` and `to`. Whether they exist, the runtime looks at.
 * @throws DaybookError `BAD_QUERY` when no day is between them: an empty answer would look like no sales
 */
export function daysOf(parameters: Parameters): { readonly from?: string; readonly to?: string } {
  const from = single(parameters, 'from');
  const to = single(parameters, 'to');
  requireDaysInOrder(from, to);
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** @throws DaybookError `BAD_QUERY` when no day is between two days */
export function requireDaysInOrder(from: string | undefined, to: string | undefined): void {
  const areDays = [from, to].every((text) => text !== undefined && parseDay(text) !== undefined);
  if (areDays && from !== undefined && to !== undefined && from > to) {
    throw new DaybookError('BAD_QUERY', `'from' is ${from}, after 'to', which is ${to}: no day is between them.`);
  }
}

/**
 * The page of a list that a request asks for, by `limit` (100 unless told, at most 1,000) and `offset`.
 * @throws DaybookError `BAD_QUERY`
 */
export function pageOf(parameters: Parameters): { readonly limit: number; readonly offset: number } {
  return {
    limit: whole(parameters, 'limit', 0, LIMIT_MAX) ?? LIMIT_DEFAULT,
    offset: whole(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0,
  };
}
