/** What a record's field may hold. `Value` is its type in TypeScript, `Null` whether it may be null. */
export interface Field<Kind extends FieldKind = FieldKind, Nullable extends boolean = boolean> {
  readonly kind: Kind;
  readonly nullable: Nullable;
  /** The JSON holds the number as a string (`"0.5"`); a bare number is taken too. */
  readonly quoted: boolean;
  /** Smallest and largest value, in the field's own unit; undefined: the kind's own bounds. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Longest text, in characters (Unicode code points). */
  readonly maxLength: number;
}

/**
 * - `uuid`: 128 bits as 8-4-4-4-12 hexadecimal digits, upper and lower case alike; shown as it came
 * - `text`: Unicode text, as long as it is well-formed
 * - `timestamp`: `YYYY-MM-DD HH:MM:SS` in the store's time zone, or ISO 8601 with an offset
 * - `date`: `YYYY-MM-DD`
 * - `integer`: a whole number as it is written, to ±(2^53 - 1)
 * - `decimal`: a number with 6 places, rounded half-even once when the record is read (money)
 * - `number`: a 64-bit float, not rounded; to group by (a coordinate), never to sum
 */
export type FieldKind = 'uuid' | 'text' | 'timestamp' | 'date' | 'integer' | 'decimal' | 'number';

/** What holds of a field unless its maker is told. */
export const FIELD_DEFAULTS = {
  nullable: false,
  quoted: false,
  min: undefined,
  max: undefined,
  maxLength: 1000,
} as const satisfies Omit<Field, 'kind'>;

/** What rows can be grouped by, counted by and compared with. */
export type GroupedKind = Exclude<FieldKind, 'uuid' | 'timestamp'>;

interface Nullability<N extends boolean> {
  /** An explicit JSON null is taken; the field must still be there. Default: no. */
  readonly nullable?: N;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

type NoOptions = Readonly<Record<string, never>>;

/** The makers below return `NoInfer<N>`: else `defineStream`'s own type would widen a field's `true` to `boolean`. */
function field<K extends FieldKind, N extends boolean>(
  kind: K,
  options: Nullability<N> & Bounds & { readonly quoted?: boolean; readonly maxLength?: number },
): Field<K, N> {
  // Also what is no option of a field, or not of this kind: the plan refuses it, where it would be ignored here.
  return { ...FIELD_DEFAULTS, ...told(options), kind } as Field<K, N>;
}

/** An option that is undefined was left out. */
function told(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A primary key of 128 bits. */
export function uuid(options: NoOptions = {}): Field<'uuid', false> {
  return field('uuid', options);
}

/** Text of at most `maxLength` characters (1,000 unless told). */
export function text<N extends boolean = false>(
  options: Nullability<N> & { readonly maxLength?: number } = {},
): Field<'text', NoInfer<N>> {
  return field('text', options);
}

/** A moment; without an offset it is in the stream's time zone. */
export function timestamp(options: NoOptions = {}): Field<'timestamp', false> {
  return field('timestamp', options);
}

/** A calendar day. */
export function date(options: NoOptions = {}): Field<'date', false> {
  return field('date', options);
}

/** A whole number. */
export function integer<N extends boolean = false>(
  options: Nullability<N> & Bounds = {},
): Field<'integer', NoInfer<N>> {
  return field('integer', options);
}

/** A number that is rounded to 6 decimal places before its bounds are looked at, at most 9,007,199,254.740991 either way: money, rates. */
export function decimal<N extends boolean = false>(
  options: Nullability<N> & Bounds & { readonly quoted?: boolean } = {},
): Field<'decimal', NoInfer<N>> {
  return field('decimal', options);
}

/** A 64-bit float to group by, such as a coordinate. */
export function number<N extends boolean = false>(options: Nullability<N> & Bounds = {}): Field<'number', NoInfer<N>> {
  return field('number', options);
}

export type Fields = Readonly<Record<string, Field>>;

/** The TypeScript type of a field's value, in a record and in a report's row. */
export type ValueOf<F extends Field> =
  | (F['kind'] extends 'integer' | 'decimal' | 'number' ? number : string)
  | (F['nullable'] extends true ? null : never);

/** The names of the fields of certain kinds. */
export type FieldNames<S extends Fields, K extends FieldKind> = {
  [N in keyof S & string]: S[N]['kind'] extends K ? N : never;
}[keyof S & string];
