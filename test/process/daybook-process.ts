import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(import.meta.dirname, '../..');
/** Linux has a file that is always on a full disk. */
const FULL_DISK = process.platform === 'linux' ? '/dev/full' : devNull;
const MAIN = resolve(ROOT, 'src/cli/main.js');

/** A real `daybook start` in a process of its own. */
export interface DaybookProcess {
  readonly url: string;
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** Ends it as a user would, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Lets it hang, its connections open, until `goOn`. */
  hang(): void;
  goOn(): void;
  /** Reads none of what it prints any more. */
  stopReading(): void;
  /** Has the system refuse each write to a file, or none. Linux alone. */
  refuseWrites(isRefused: boolean): void;
}

/** Starts Daybook on a free port and waits until it says that it is ready. */
export async function startDaybook(
  data: string,
  flags: readonly string[] = ['--no-generate'],
  environment: Readonly<Record<string, string>> = {},
): Promise<DaybookProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', '--port', '0', '--data', data, ...flags], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const url = await readyUrl(child, lines);
  return {
    url,
    lines,
    stop: () => end(child, 'SIGTERM'),
    kill: async () => {
      await end(child, 'SIGKILL');
    },
    hang: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    refuseWrites: (isRefused) => {
      execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${isRefused ? 0 : 'unlimited'}:`]);
    },
  };
}

/** A real `npm start`, which runs Daybook below itself. */
export interface NpmProcess {
  readonly url: string;
  /** What Daybook has printed so far. */
  readonly lines: readonly string[];
  /** Asks npm alone to end, and resolves when everything below it has ended too. */
  stopNpm(): Promise<void>;
}

/** Starts Daybook by `npm start` on a free port, and waits until it says that it is ready. */
export async function npmStart(data: string): Promise<NpmProcess> {
  const flags = ['--no-generate', '--port', '0', '--data', data];
  const child = spawn('npm', ['start', '--silent', '--', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const lines: string[] = [];
  child.stderr.resume();
  const url = await readyUrl(child, lines);
  return {
    url,
    lines,
    stopNpm: async () => {
      // All below npm write to the same pipes, so these close with the last of them.
      await end(child, 'SIGTERM');
    },
  };
}

function readyUrl(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolveUrl, reject) => {
    createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => {
      lines.push(line);
      const match = /^Daybook is ready at (http\S+)$/.exec(line);
      if (match?.[1] !== undefined) resolveUrl(match[1]);
    });
    child.once('exit', (code) => reject(new Error(`daybook start ended with ${code}:\n${lines.join('\n')}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  // Not 'exit': what it printed last may still be on its way then.
  const exited = once(child, 'close') as Promise<[number | null]>;
  child.kill(signal);
  const [code] = await exited;
  return code;
}

/**
 * Runs another command of Daybook to its end.
 * @param interruptWhen  resolves when the command is to be interrupted
 */
export async function runDaybook(
  args: readonly string[],
  input?: string,
  environment: Readonly<Record<string, string>> = {},
  interruptWhen?: () => Promise<unknown>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input ?? '');
  const closed = once(child, 'close') as Promise<[number | null]>;
  await interruptWhen?.().finally(() => child.kill('SIGINT'));
  const [code] = await closed;
  return { code, stdout, stderr };
}

/**
 * Runs a command where what it prints cannot be written: nobody reads it, or it goes to a full disk.
 * @param endWhen  what it prints before it is told to end; it ends by itself unless given
 * @returns nothing of standard error where that is what cannot be written
 */
export async function daybookInto(
  outputs: { readonly stdout?: 'closed' | 'full'; readonly stderr?: 'closed' | 'full' },
  args: readonly string[],
  endWhen?: string,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  await using full = await open(FULL_DISK, 'w');
  const { stdout, stderr } = outputs;
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', stdout === 'full' ? full.fd : 'pipe', stderr === 'full' ? full.fd : 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (endWhen !== undefined && text.includes(endWhen)) child.kill('SIGTERM');
  });
  if (stdout === 'closed') child.stdout?.destroy();
  if (stderr === 'closed') child.stderr?.destroy();
  const [code] = await closed;
  return { code, stderr: said };
}

/** A folder that is removed when it is disposed of. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'daybook-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
