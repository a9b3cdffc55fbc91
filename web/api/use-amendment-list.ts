import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import type { AmendmentsAnswer } from '../../src/server/protocol.ts';
import { amendmentsQuery } from './queries.ts';
import { usePageState } from './use-view.ts';

/** An import into the past changes closed days with every frame; they are read again no more often than this. */
const READ_AGAIN_MS = 2_000;

interface AmendmentList extends Omit<AmendmentsAnswer, 'total'> {
  /** Whether it is known which there are: not while the first of them are on their way, or could not be had. */
  readonly isKnown: boolean;
  readonly error: Error | null;
  readonly onRetry: () => void;
}

/** Changes to closed days, newest first, and how many of all changes are kept; none until they are there. */
export function useAmendmentList(): AmendmentList {
  const { amendments, frame } = usePageState();
  const [total, setTotal] = useState(amendments);
  const isDue = total !== amendments;
  const isFirst = total === 0;
  const take = useEffectEvent(() => setTotal(amendments));
  // The first change that is not read yet begins the wait; later ones do not lengthen it.
  useEffect(() => {
    if (!isDue) return undefined;
    const timer = setTimeout(take, isFirst ? 0 : READ_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [isDue, isFirst]);
  const { data, error, refetch } = useQuery({ ...amendmentsQuery(total), placeholderData: keepPreviousData });
  const list = total > 0 ? (data ?? NONE) : NONE;
  // The first frame says whether there are any.
  const isKnown = frame !== undefined && (total > 0 ? data !== undefined : amendments === 0);
  return { ...list, isKnown, error, onRetry: () => void refetch() };
}

const NONE: Omit<AmendmentsAnswer, 'total'> = { kept: 0, entries: [] };
