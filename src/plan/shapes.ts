/** What kind of value belongs in a place of a definition. */
export interface Shape {
  readonly words: string;
  readonly fits: (value: unknown) => boolean;
}

export const TEXT: Shape = { words: 'a text', fits: (value) => typeof value === 'string' };
export const TEXT_OR_NULL: Shape = { words: 'a text or null', fits: (value) => value === null || TEXT.fits(value) };
export const FIELD: Shape = { ...TEXT, words: "the name of one of the stream's fields" };
export const DIMENSION: Shape = { ...TEXT, words: "the name of one of its report's dimensions" };
export const DIMENSION_OR_NULL: Shape = { ...TEXT_OR_NULL, words: `${DIMENSION.words}, or null` };
export const NUMBER: Shape = { words: 'a number', fits: (value) => typeof value === 'number' };
export const FLAG: Shape = { words: 'true or false', fits: (value) => typeof value === 'boolean' };
export const LIST: Shape = { words: 'a list', fits: (value) => Array.isArray(value) };
export const TEXTS: Shape = {
  words: 'a list of texts',
  // `every` would leave holes out.
  fits: (value) => Array.isArray(value) && Array.from(value).every(TEXT.fits),
};
export const OBJECT: Shape = { words: 'an object', fits: isObject };

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_MAX = 60;

/** A value of any kind as a sentence has it, also one that JSON cannot print. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name}; call it: ${value.name}()`;
  const text = printed(value, []);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** As JSON, and what JSON has no word for as JavaScript has it. @param around  the lists and objects that it stands in */
function printed(value: unknown, around: readonly unknown[]): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object' || value === null || value instanceof Date) return String(value);
  if (around.includes(value)) return '…';
  const inside = [...around, value];
  // `map` would leave holes out.
  if (Array.isArray(value)) return `[${Array.from(value, (each) => printed(each, inside)).join(',')}]`;
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${printed(each, inside)}`);
  return `{${members.join(',')}}`;
}
