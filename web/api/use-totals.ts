import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useConnection } from './connection.ts';
import type { LiveRowsOf } from './live-rows.ts';
import { liveRowsQuery } from './queries.ts';
import { Totals } from './totals.ts';

/** Totals that change under the reader's eyes; `totals` is the same object as long as the rows are. */
export interface LiveTotals {
  /** Undefined until the first rows are there. */
  readonly totals: Totals | undefined;
  /** Grows with every change. */
  readonly version: number;
  /** Why there is nothing; null when there is or may soon be. */
  readonly error: Error | null;
  /** What is shown is of the range before; the new one is being read. */
  readonly isStale: boolean;
  readonly readAgain: () => void;
}

/** A report's measure, summed by the given dimensions over a range, live. @param groupBy the same array each time */
export function useTotals(of: LiveRowsOf, groupBy: readonly string[], measure: string): LiveTotals {
  const { reports } = useConnection();
  const { data, error, isPlaceholderData, refetch } = useQuery({
    ...liveRowsQuery(reports, of),
    placeholderData: keepPreviousData,
  });
  const totals = useMemo(
    () => (data === undefined ? undefined : new Totals(data, groupBy, measure)),
    [data, groupBy, measure],
  );
  const subscribe = useCallback((changed: () => void) => totals?.follow(changed) ?? (() => undefined), [totals]);
  const version = useSyncExternalStore(subscribe, () => totals?.version ?? 0);
  return {
    totals,
    version,
    error: totals === undefined ? error : null,
    isStale: isPlaceholderData,
    readAgain: () => void refetch(),
  };
}
