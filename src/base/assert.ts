/**
 * Stops on a broken invariant. Never for bad input: that gets a DaybookError.
 * @throws Error when the condition does not hold
 */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${invariant}`);
}

/** A value that an invariant says is there. */
export function present<T>(value: T | undefined | null, invariant: string): T {
  if (value === undefined || value === null) throw new Error(`Broken invariant: ${invariant}`);
  return value;
}
