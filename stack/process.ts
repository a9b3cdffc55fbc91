import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../src/ports/clock.ts';

const POLL_MS = 50;

/**
 * A process that was started here or by an earlier command. The system gives numbers of ended processes to others, so a
 * process is known by its number and the time at which it began.
 */
export interface Started {
  readonly pid: number;
  /** As the system tells it; opaque. */
  readonly began: string;
}

export interface SpawnOptions {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  /** What it writes is appended here. */
  readonly logFile: string;
}

/**
 * Starts a process that outlives this one.
 * @throws Error of the system when the program cannot be run
 */
export async function startProcess(options: SpawnOptions): Promise<Started> {
  const [program, ...args] = options.command;
  const log = await open(options.logFile, 'a');
  try {
    const child = spawn(program, args, {
      cwd: options.workingFolder,
      env: options.environment,
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, began: beganOf(pid) ?? '' };
  } finally {
    await log.close();
  }
}

/** Whether it still runs. */
export function isRunning({ pid, began }: Started): boolean {
  return beganOf(pid) === began;
}

/** Sends a signal, if it is still the process that was started. @returns whether it was */
export function signalProcess(started: Started, signal: NodeJS.Signals): boolean {
  if (!isRunning(started)) return false;
  try {
    return process.kill(started.pid, signal);
  } catch (error) {
    // It ended just now.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until it has ended. @returns false when it has not, after the time */
export async function untilEnded(started: Started, timeoutMs: number, clock: Clock): Promise<boolean> {
  const endMs = clock.nowMs() + timeoutMs;
  while (isRunning(started)) {
    if (clock.nowMs() > endMs) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}

/** @returns undefined when there is no such process, or only what is left of an ended one */
function beganOf(pid: number): string | undefined {
  const BOOT = '/proc/sys/kernel/random/boot_id';
  if (!existsSync(BOOT)) return beganByPs(pid);
  try {
    // Behind the name, which may hold spaces and parentheses: state is field 3 and the start field 22 (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${readFileSync(BOOT, 'utf8').trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Where there is no /proc. */
function beganByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
