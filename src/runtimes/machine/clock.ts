import type { Clock } from '../../ports/clock.ts';

/** Node's timers take no longer time than this; more is waited for in parts. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's own clock. A sleep keeps the process alive until it ends or is aborted. */
export function machineClock(): Clock {
  return {
    nowMs: () => Date.now(),
    async sleep(ms, signal) {
      let restMs = ms;
      while (restMs > 0) {
        if (signal?.aborted) return;
        await wait(Math.min(restMs, TIMER_MS_MAX), signal);
        restMs -= TIMER_MS_MAX;
      }
    },
  };
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
