import { microsText } from './decimal.ts';

/**
 * A dimension's value as keys and addresses spell it: as it prints; null is empty. So an empty text, and one of nothing
 * but quotes, stands in a pair of them: `""`.
 */
export function keyText(cell: string | number | bigint | null): string {
  if (cell === null) return '';
  if (typeof cell === 'bigint') return microsText(cell);
  return typeof cell === 'string' && /^"*$/.test(cell) ? `"${cell}"` : String(cell);
}

/** The text of a text dimension that `keyText` spelled, where it is not null. */
export function textOfKey(key: string): string {
  return /^"{2,}$/.test(key) ? key.slice(1, -1) : key;
}
