import type { Clock } from '../ports/clock.ts';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;
const LINE_INTERVAL_MS = 5000;

/** Where progress is shown: standard error, which a terminal shows and a pipe does not pass on. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How far a command is. */
export interface Progress {
  /** @param total  undefined when it is not known; `done` is then shown without a bar */
  update(done: number, total: number | undefined, detail: string): void;
  /** Takes the bar away, so that what follows begins on a line of its own. Idempotent. */
  end(): void;
}

/** A bar that is drawn again and again on a terminal; elsewhere a plain line every few seconds. */
export function showProgress(title: string, clock: Clock, output: ProgressOutput = process.stderr): Progress {
  const isTerminal = output.isTTY === true;
  const intervalMs = isTerminal ? REDRAW_MS : LINE_INTERVAL_MS;
  let shownAtMs = isTerminal ? -Infinity : clock.nowMs();
  let isDrawn = false;
  return {
    update(done, total, detail) {
      const nowMs = clock.nowMs();
      if (nowMs - shownAtMs < intervalMs) return;
      shownAtMs = nowMs;
      const line = progressLine(title, done, total, detail, isTerminal);
      output.write(isTerminal ? `\r\u001B[K${line}` : `${line}\n`);
      isDrawn = isTerminal;
    },
    end() {
      if (isDrawn) output.write('\r\u001B[K');
      isDrawn = false;
    },
  };
}

function progressLine(title: string, done: number, total: number | undefined, detail: string, bar: boolean): string {
  if (total === undefined || total === 0) return `${title}: ${detail}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const percent = `${Math.floor(share * 100)} %`;
  return bar
    ? `${title} [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${percent}, ${detail}`
    : `${title}: ${percent}, ${detail}`;
}
