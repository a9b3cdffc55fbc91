import { CommanderError } from 'commander';
import { DaybookError } from '../base/errors.ts';

/** Failures that the command's caller made: the call or the definition must change before it can be run again. */
const USAGE_CODES = new Set([
  'BAD_QUERY',
  'CONFIG_MISSING',
  'CONFIG_UNREADABLE',
  'CONFIG_WRONG',
  'DEFINITION_WRONG',
  'LOG_OTHER_DEFINITION',
  'OTHER_DEFINITION',
  'SQL_NOT_A_QUERY',
  'SQL_WRONG',
  'USAGE',
]);

/** The exit code of a command that failed for another reason. */
export const FAILED = 1;
/** As of other tools that compare: 1 is for a difference, so a failure of `verify` is something else. */
export const VERIFY_FAILED = 2;

/** What a failed command prints, and the process's exit code: 2 for a wrong call or definition, 1 for the rest. */
export interface Failure {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Says what went wrong in one or few lines; with `debug`, the stack as well. */
function failureOf(error: unknown, debug: boolean): Failure {
  // Commander has printed its own sentence, help or version already.
  if (error instanceof CommanderError) return { lines: [], exitCode: error.exitCode === 0 ? 0 : 2 };
  const stack = debug && error instanceof Error ? [error.stack ?? ''] : [];
  if (error instanceof DaybookError) {
    return { lines: [...sentences(error), ...stack], exitCode: USAGE_CODES.has(error.code) ? 2 : FAILED };
  }
  const reason = error instanceof Error ? error.message : String(error);
  const hint = debug ? [] : ['Run it with DAYBOOK_DEBUG=1 to see where.'];
  return { lines: [`daybook: unexpected error: ${reason}`, ...hint, ...stack], exitCode: FAILED };
}

/** Prints what went wrong on standard error. @returns the exit code */
export function printFailure(error: unknown): number {
  const { lines, exitCode } = failureOf(error, process.env['DAYBOOK_DEBUG'] === '1');
  for (const line of lines) process.stderr.write(`${line}\n`);
  return exitCode;
}

function sentences(error: DaybookError): readonly string[] {
  const { mistakes, path } = error.details;
  if (error.code === 'DEFINITION_WRONG' && Array.isArray(mistakes)) {
    return [
      `daybook: the definition ${String(path)} is wrong (${error.code})`,
      ...mistakes.map((each) => `  ${String(each)}`),
    ];
  }
  // DuckDB's go on with a picture of the place in the statement.
  const [sentence, ...more] = error.message.split('\n');
  return [`daybook: ${sentence} (${error.code})`, ...more];
}

/** A call that makes no sense, found after the flags were read. */
export function usageError(sentence: string): DaybookError {
  return new DaybookError('USAGE', sentence);
}
