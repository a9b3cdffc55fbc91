import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';

/** Why a question could not be answered, until it is: one that is asked again and again is on its way for seconds each time. */
export function useFailure({ status, error }: Pick<UseQueryResult, 'status' | 'error'>): Error | null {
  const [failure, setFailure] = useState<Error | null>(null);
  if (status !== 'pending' && error !== failure) setFailure(error);
  return failure;
}
