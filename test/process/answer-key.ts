import { rowsOfAnswer } from '../oracle/furniture-store.ts';

/** A report of a generator's answer key in the form in which the oracle gives it, number texts kept as they stand. */
export function keyedRows(json: string, name: string): ReturnType<typeof rowsOfAnswer> {
  const start = json.indexOf('[', json.indexOf(`"${name}":`));
  return rowsOfAnswer(`{"rows":${json.slice(start, json.indexOf(']', start) + 1)}}`);
}
