import type { JsonCell } from '../src/server/protocol.ts';

/** A dimension's value as the API takes it: null is empty, and an empty text stands in quotes, as does one of nothing but quotes. */
export function keyText(cell: JsonCell): string {
  if (cell === null) return '';
  return typeof cell === 'string' && /^"*$/.test(cell) ? `"${cell}"` : String(cell);
}

/** A dimension's value, spelled as the API takes it, for people. */
export function printKeyText(text: string): string {
  if (text === '') return '–';
  return text === '""' ? '(empty)' : text;
}

/** A dimension's value for people. */
export function printCell(cell: JsonCell): string {
  return cell === null || cell === '' ? printKeyText(keyText(cell)) : String(cell);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Values in a row, in their order: one that is written from right to left does not turn those beside it around. */
export function joinValues(values: readonly string[]): string {
  // Isolated from its surroundings: U+2068 to U+2069.
  return values.map((value) => (RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value)).join(' · ');
}
