/** What kind of value belongs in a place of a definition. */
export interface Shape {
  readonly words: string;
  readonly fits: (value: unknown) => boolean;
}

export const TEXT: Shape = { words: 'a text', fits: (value) => typeof value === 'string' };
export const TEXT_OR_NULL: Shape = { words: 'a text or null', fits: (value) => value === null || TEXT.fits(value) };
export const NUMBER: Shape = { words: 'a number', fits: (value) => typeof value === 'number' };
export const FLAG: Shape = { words: 'true or false', fits: (value) => typeof value === 'boolean' };
export const LIST: Shape = { words: 'a list', fits: (value) => Array.isArray(value) };
export const TEXTS: Shape = {
  words: 'a list of texts',
  fits: (value) => Array.isArray(value) && value.every(TEXT.fits),
};
export const OBJECT: Shape = { words: 'an object', fits: isObject };

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_MAX = 60;

/** A value of any kind as a sentence has it. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name}; call it: ${value.name}()`;
  // JSON has no NaN, and none of these.
  if (['number', 'bigint', 'symbol', 'undefined'].includes(typeof value)) return String(value);
  const text = JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
