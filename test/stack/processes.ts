import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** Of each process that is told of. */
const TOLD_CHARACTERS = 4_000;
const MAIN = resolve(import.meta.dirname, '../../src/cli/main.js');

/** A real process of the stack. */
export interface StackProcess extends AsyncDisposable {
  /** What it has logged so far. */
  readonly text: () => string;
  /** Ends it as a user would, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Its exit code, once it has ended by itself. */
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;
}

/** Those that a test file has started, to be told of when one of its tests fails. */
const started: { readonly args: readonly string[]; readonly text: () => string }[] = [];

/** What each process has logged last, to be read beside a test that failed: the reason is seldom in what it expected. */
export function toldOfProcesses(): string {
  return started.map(({ args, text }) => `daybook ${args.join(' ')}\n${text().slice(-TOLD_CHARACTERS)}`).join('\n');
}

/** Starts `daybook <args>`. */
export function startProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): StackProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  started.push({ args, text: () => text });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    child,
    ended,
    text: () => text,
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}

/** Where a process serves, once it says so. */
export async function readyUrl({ child, ended, text }: StackProcess): Promise<string> {
  const found = (): string | undefined => /Daybook is ready at (http\S+)/.exec(text())?.[1];
  const said = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => found() !== undefined && resolve());
    if (found() !== undefined) resolve();
  });
  await Promise.race([said, ended]);
  const url = found();
  if (url === undefined) throw new Error(`It ended before it served:\n${text()}`);
  return url;
}
