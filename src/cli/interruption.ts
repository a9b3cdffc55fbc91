import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { printFailure } from './failure.ts';

/** A terminal and npm may each pass on the same Ctrl-C; only a later one means "at once". */
const SAME_SIGNAL_MS = 500;
const PARENT_POLL_MS = 1000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Has the first SIGINT or SIGTERM end the process, as a command that was interrupted. It is for those that have nothing to put away,
 * and holds until a command calls `interruption`.
 */
export function endWhenInterrupted(): void {
  process.on('SIGINT', endInterrupted);
  process.on('SIGTERM', endInterrupted);
}

function endInterrupted(): void {
  process.exit(printFailure(new DaybookError('INTERRUPTED', 'The command was interrupted before its end.')));
}

/**
 * A signal that is aborted by the first SIGINT or SIGTERM, so that a command can end cleanly. A second SIGINT or
 * SIGTERM ends the process at once.
 */
export function interruption(clock: Clock): AbortSignal {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (firstAtMs !== undefined && clock.nowMs() - firstAtMs > SAME_SIGNAL_MS) process.exit(EXIT_CODES[name]);
    firstAtMs ??= clock.nowMs();
    controller.abort();
  };
  // What comes while modules are loaded is told afterwards, and to nobody once the last listener has gone, even if another comes.
  process.on('SIGINT', onSignal).off('SIGINT', endInterrupted);
  process.on('SIGTERM', onSignal).off('SIGTERM', endInterrupted);
  return controller.signal;
}

/**
 * A signal that is aborted when npm, which started this process, is gone. `npm start` passes a SIGTERM on to its shell
 * alone, and npm and the shell end by it; without this, Daybook would stay behind with the port and the folder.
 * Never aborted when it was not npm that started it.
 * @param until  ends the watch, which else keeps the process alive
 */
export function abandonment(clock: Clock, until: AbortSignal): AbortSignal {
  const controller = new AbortController();
  if (process.env['npm_lifecycle_event'] !== undefined) void watchParent(clock, until, () => controller.abort());
  return controller.signal;
}

async function watchParent(clock: Clock, until: AbortSignal, onGone: () => void): Promise<void> {
  const parent = process.ppid;
  while (!until.aborted && process.ppid === parent) await clock.sleep(PARENT_POLL_MS, until);
  if (!until.aborted) onGone();
}
