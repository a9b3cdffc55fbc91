import type { FieldNames, Fields, GroupedKind, ValueOf } from './fields.ts';
import type { Measure } from './measures.ts';
import type { Stream } from './stream.ts';

/**
 * What a field must satisfy for its record to count in a report: a value, one of a list of values, or a comparison.
 * Decimals compare with 6 places; texts only by value; a null satisfies only `null` and `not`.
 */
export type Condition<V = string | number | null> =
  | V
  | readonly V[]
  | { readonly not: V | readonly V[] }
  | { readonly above?: V; readonly atLeast?: V; readonly below?: V; readonly atMost?: V };

/** The measures that a stream's fields allow. */
export type MeasureOver<S extends Fields, Names extends string> =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'avg'; readonly field: FieldNames<S, 'integer' | 'decimal'> }
  | { readonly kind: 'min' | 'max'; readonly field: FieldNames<S, 'integer' | 'decimal' | 'number'> }
  | { readonly kind: 'countDistinct'; readonly field: FieldNames<S, GroupedKind> }
  | { readonly kind: 'ratio'; readonly numerator: Names; readonly denominator: Names };

/** Dimensions and measures over a stream; one row for each combination of the dimensions. */
export interface Report<
  S extends Fields = Fields,
  D extends readonly string[] = readonly string[],
  M extends Readonly<Record<string, Measure>> = Readonly<Record<string, Measure>>,
> {
  readonly name: string;
  /** A sentence for people: what the report says. */
  readonly title: string;
  readonly stream: Stream<S>;
  readonly dimensions: D;
  readonly measures: M;
  readonly where: Readonly<Record<string, Condition>>;
}

/**
 * Defines a report. Its first dimension is the stream's business date.
 *
 * @example
 * const dailyRevenue = defineReport(sales, {
 *   name: 'daily_revenue',
 *   dimensions: ['ts_date'],
 *   measures: { daily_rev: sum('revenue') },
 *   where: { segment: 'Consumer' },
 * });
 */
export function defineReport<
  S extends Fields,
  const D extends readonly FieldNames<S, GroupedKind>[],
  const M extends Readonly<Record<string, MeasureOver<S, keyof M & string>>>,
>(
  stream: Stream<S>,
  options: {
    readonly name: string;
    readonly title?: string;
    readonly dimensions: D;
    readonly measures: M;
    readonly where?: { readonly [N in FieldNames<S, GroupedKind>]?: Condition<ValueOf<S[N]>> };
  },
): Report<S, D, M> {
  return {
    // Also what is no key of a report: the plan refuses it, where it would be ignored here.
    ...options,
    title: options.title ?? options.name,
    stream,
    where: (options.where ?? {}) as Readonly<Record<string, Condition>>,
  };
}

type MeasureValue<S extends Fields, M extends Measure> = M extends { readonly kind: 'avg' | 'ratio' }
  ? number | null
  : M extends { readonly kind: 'sum' | 'count' | 'countDistinct' | 'min' | 'max' }
    ? number
    : S extends Fields
      ? never
      : never;

/** A row of a report, as the API's JSON reads. */
export type RowOf<R extends Report> =
  R extends Report<infer S, infer D, infer M>
    ? { readonly [N in D[number] & keyof S]: ValueOf<S[N]> } & {
        readonly [N in keyof M]: MeasureValue<S, M[N]>;
      } extends infer Row
      ? { readonly [N in keyof Row]: Row[N] }
      : never
    : never;
