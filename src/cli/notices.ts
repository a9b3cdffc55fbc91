import type { Clock } from '../ports/clock.ts';
import { showProgress } from './progress.ts';

/** How a command tells what it found in the data folder, and how far it is with reading the log: on standard error. */
export function notices(clock: Clock): {
  readonly onNotice: (sentence: string) => void;
  readonly onProgress: (records: number, total: number) => void;
} {
  const progress = showProgress('Reading the log', clock);
  return {
    onNotice: (sentence) => {
      progress.end();
      process.stderr.write(`${sentence}\n`);
    },
    onProgress: (records, total) => {
      if (records < total) progress.update(records, total, `${records} of ${total} records`);
      else progress.end();
    },
  };
}
