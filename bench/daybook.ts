import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Measured } from './measure-process.ts';
import { measureProcess, watchPeak } from './measure-process.ts';
import type { ReportRows } from './report-rows.ts';
import { REPORT_NAMES, rowsOfJson } from './report-rows.ts';

const ROOT = resolve(import.meta.dirname, '..');
const MAIN = join(ROOT, 'src/cli/main.js');
const CONFIG = join(ROOT, 'daybook.config.ts');

/** Runs a command of Daybook to its end. */
export function runDaybook(args: readonly string[]): Promise<Measured> {
  return measureProcess(process.execPath, [MAIN, ...args], { DAYBOOK_CONFIG: CONFIG });
}

/** All rows of the reports in a data folder that nobody holds. */
export async function readReports(data: string): Promise<ReportRows> {
  const texts: Record<string, string> = {};
  for (const name of REPORT_NAMES) {
    const { stdout } = await runDaybook(['report', name, '--format', 'json', '--data', data]);
    texts[name] = stdout.join('\n');
  }
  return rowsOfJson(texts);
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** From its start until it said that it is ready. */
  readonly readyMs: number;
  /** Its peak until then. */
  readonly readyPeakBytes: number | undefined;
  /** Its peak so far. */
  peakBytes(): Promise<number | undefined>;
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** A real `daybook start` on a free port. */
export function startDaybook(data: string): Promise<ServerProcess> {
  return startServer([MAIN, 'start', '--no-generate', '--port', '0', '--data', data], { DAYBOOK_CONFIG: CONFIG });
}

/** Starts a server with this Node, and waits until it prints where it is ready. */
export async function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, 'exit');
  const peak = watchPeak(child.pid);
  const url = await new Promise<string>((resolveUrl, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = / is ready at (http\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolveUrl(url);
    });
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code} before it was ready.`)));
  });
  const readyMs = performance.now() - startMs;
  const readyPeakBytes = await peak.sample();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    peak.stop();
    child.kill(signal);
    await exited;
  };
  return {
    url,
    readyMs,
    readyPeakBytes,
    peakBytes: () => peak.sample(),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
