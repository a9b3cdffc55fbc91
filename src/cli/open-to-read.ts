import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import { openDaybook } from '../runtimes/data-folder.ts';
import { notices } from './notices.ts';

/**
 * The Daybook that a command reads: the one of `--url`, or else that of the data folder, which must be one.
 * @throws DaybookError as `openDaybook`
 */
export function openToRead(
  plan: Plan,
  { url, data }: { readonly url?: string; readonly data: string },
  clock: Clock,
): ReturnType<typeof openDaybook> {
  return openDaybook({ plan, url, root: data, clock, create: false, ...notices(clock) });
}
