import { DaybookError } from '../base/errors.ts';
import { printFailure } from './failure.ts';

const ended = new AbortController();

/** Aborted when standard output takes nothing more: whoever read it is gone, or its disk is full. */
export const outputEnded: AbortSignal = ended.signal;

/**
 * Lets a command go on when what it prints cannot be written, so that it does its work and ends with its own exit code.
 * Whoever reads the output may have enough (`daybook report … | head`), which is no failure; anything else is told, and the
 * command fails by it.
 * @param exitCode  of a command that did its work and could not print it
 */
export function outliveOutput(exitCode: number): void {
  // There is nowhere to tell it.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    const isFirst = !ended.signal.aborted;
    ended.abort();
    if (cause.code === 'EPIPE' || !isFirst) return;
    printFailure(outputFailed(cause));
    // Commands set their own code when they are done.
    process.on('exit', () => {
      if (Number(process.exitCode ?? 0) === 0) process.exitCode = exitCode;
    });
  });
}

/** Waits until all that was printed is written, or cannot be. */
export async function outputWritten(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

function outputFailed(cause: Error): DaybookError {
  const message = `Standard output cannot be written: ${cause.message}. Send it elsewhere, or make room.`;
  return new DaybookError('OUTPUT_FAILED', message, { cause });
}
