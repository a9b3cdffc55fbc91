/** What a report computes for each of its rows. `Field` is the field that it is computed of. */
export type Measure<Field extends string = string> =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'avg' | 'min' | 'max' | 'countDistinct'; readonly field: Field }
  | { readonly kind: 'ratio'; readonly numerator: string; readonly denominator: string };

/** The number of records. */
export function count(): { readonly kind: 'count' } {
  return { kind: 'count' };
}

/** The exact sum of a decimal or integer field. */
export function sum<const F extends string>(field: F): { readonly kind: 'sum'; readonly field: F } {
  return { kind: 'sum', field };
}

/** The sum over the count, rounded half-even to 6 places. */
export function avg<const F extends string>(field: F): { readonly kind: 'avg'; readonly field: F } {
  return { kind: 'avg', field };
}

/** The smallest value of a decimal, integer or number field. */
export function min<const F extends string>(field: F): { readonly kind: 'min'; readonly field: F } {
  return { kind: 'min', field };
}

/** The largest value of a decimal, integer or number field. */
export function max<const F extends string>(field: F): { readonly kind: 'max'; readonly field: F } {
  return { kind: 'max', field };
}

/** The exact number of different values of a field; nulls do not count. */
export function countDistinct<const F extends string>(field: F): { readonly kind: 'countDistinct'; readonly field: F } {
  return { kind: 'countDistinct', field };
}

/** One measure of the same report over another, rounded half-even to 6 places; null where it is divided by zero. */
export function ratio<const N extends string, const D extends string>(
  numerator: N,
  denominator: D,
): { readonly kind: 'ratio'; readonly numerator: N; readonly denominator: D } {
  return { kind: 'ratio', numerator, denominator };
}
