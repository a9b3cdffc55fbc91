import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A rival prints this line once its reports can be read; what it prints and writes afterwards is not measured. */
export const REPORTS_MADE = 'The reports are made.';
const SAMPLE_MS = 50;
const OUTPUT_LINES_KEPT = 200;

/** What a process took. */
export interface Measured {
  /** From its start to its end, or to the line `REPORTS_MADE`. */
  readonly wallMs: number;
  /** The peak of its resident set and those of its children, added up; undefined where there is no /proc. */
  readonly peakBytes: number | undefined;
  readonly stdout: readonly string[];
  /** Its last lines. */
  readonly stderr: readonly string[];
}

/**
 * Runs a program to its end.
 * @throws Error with what it printed last, when it ends with another code than 0
 */
export async function measureProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const startMs = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const peak = watchPeak(child.pid);
  let madeMs: number | undefined;
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === REPORTS_MADE) madeMs = performance.now();
    else stdout.push(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (stderr.push(line) > OUTPUT_LINES_KEPT) stderr.shift();
  });
  let endMs = 0;
  child.once('exit', () => (endMs = performance.now()));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr.join('\n')}`);
  } finally {
    peak.stop();
  }
  return { wallMs: (madeMs ?? endMs) - startMs, peakBytes: peak.bytes(), stdout, stderr };
}

/** How much memory a process and its children took so far. */
export interface PeakWatch {
  /** Looks again. */
  sample(): Promise<number | undefined>;
  /** As of the last look; there is one each 50 ms. */
  bytes(): number | undefined;
  stop(): void;
}

/** Watches a process and its children until it is stopped. */
export function watchPeak(pid: number | undefined): PeakWatch {
  const peaks = new Map<number, number>();
  const bytes = (): number | undefined =>
    peaks.size === 0 ? undefined : [...peaks.values()].reduce((sum, each) => sum + each);
  const sample = async (): Promise<number | undefined> => {
    for (const each of pid === undefined ? [] : await withChildren(pid)) {
      const peak = await peakOf(each);
      if (peak !== undefined) peaks.set(each, peak);
    }
    return bytes();
  };
  void sample();
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  return { sample, bytes, stop: () => clearInterval(timer) };
}

/** The largest resident set that a process had so far. Source: proc_pid_status(5), VmHWM. */
async function peakOf(pid: number): Promise<number | undefined> {
  const status = await textOf(`/proc/${pid}/status`);
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

async function withChildren(pid: number): Promise<readonly number[]> {
  const children = (await textOf(`/proc/${pid}/task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(withChildren))).flat()];
}

/** Empty when the file is not there: the process has ended, or this is no Linux. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
