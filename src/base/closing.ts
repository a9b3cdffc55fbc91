import { DaybookError } from './errors.ts';

/**
 * What whoever comes while Daybook closes is told.
 * @param again  what to do once it has started: 'send the records again'
 */
export function closingError(again: string): DaybookError {
  return new DaybookError('CLOSING', `Daybook is closing; ${again} once it has started.`, { retryable: true });
}
