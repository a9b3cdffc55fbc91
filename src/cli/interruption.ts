import type { Clock } from '../ports/clock.ts';

/** A terminal and npm may each pass on the same Ctrl-C; only a later one means "at once". */
const SAME_SIGNAL_MS = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

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
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
