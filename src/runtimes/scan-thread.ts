import { existsSync, statSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ForeignScan, ScanElsewhere } from '../record/foreign-scan.ts';
import type { Room } from '../record/reading-columns.ts';

/** What the thread is told first, and then asked again and again. */
export type ScanMessage = { readonly plan: Plan } | { readonly lines: Uint8Array; readonly room: Room };

/** A thread takes 0.15 s of CPU time to come up and to compile what the first one has compiled as well. */
const WORTH_BYTES_MIN = 32 * 1024 * 1024;
/** Packed files hold about so many times their bytes. */
const PACKED_FACTOR = 10;
const PACKED_NAME = /\.(?:gz|zstd?|parquet)$/i;

/**
 * Whether files that are imported are worth a thread that reads their records: large ones, and whatever has no size.
 * @param paths  as `importFiles` takes them; what is no file counts for nothing
 */
export function areWorthScanThread(paths: readonly string[]): boolean {
  return paths.reduce((bytes, path) => bytes + aboutBytes(path), 0) >= WORTH_BYTES_MIN;
}

function aboutBytes(path: string): number {
  if (path === '-') return Infinity;
  const status = existsSync(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (status === undefined || status.isDirectory()) return 0;
  if (!status.isFile()) return Infinity;
  return PACKED_NAME.test(path) ? status.size * PACKED_FACTOR : status.size;
}

let early: Worker | undefined;

/** Starts the thread of the scanner that is made next: it takes as long to come up as a command does to load. */
export function startScanThread(): void {
  early ??= startWorker();
}

function startWorker(): Worker {
  // What was compiled once is found again, in this thread as in the first one.
  const cache = getCompileCacheDir();
  const env = { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) };
  // What it makes is in typed arrays; room for more new objects would never be given back.
  const resourceLimits = { maxYoungGenerationSizeMb: 8 };
  const worker = new Worker(new URL('scan-worker.ts', import.meta.url), { env, resourceLimits });
  // An idle thread keeps no process alive.
  worker.unref();
  return worker;
}

/** A scanner in a thread of its own, which is made when it is first asked for. */
export function scanThread(plan: Plan): ScanElsewhere {
  let worker: Worker | undefined;
  let isUp = false;
  const asked: PromiseWithResolvers<ForeignScan>[] = [];
  const tell = (to: Worker, message: ScanMessage): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    to.postMessage(message);
  };
  const start = (): Worker => {
    const started = early ?? startWorker();
    early = undefined;
    tell(started, { plan });
    started.on('message', (message: 'ready' | ForeignScan) => {
      if (message === 'ready') isUp = true;
      else asked.shift()?.resolve(message);
      if (asked.length === 0) started.unref();
    });
    // Whoever listens for messages keeps the process alive, unless told otherwise.
    started.unref();
    started.on('error', (cause: Error) => {
      // It knew ids that no other thread will know: from now on lines are scanned by who asks.
      isUp = false;
      const error = new DaybookError('SCAN_FAILED', `Records could not be read: ${cause.message}`, { cause });
      for (const each of asked.splice(0)) each.reject(error);
    });
    return started;
  };
  return {
    isReady() {
      worker ??= start();
      return isUp;
    },
    scan(lines, room) {
      worker ??= start();
      const answer = Promise.withResolvers<ForeignScan>();
      asked.push(answer);
      worker.ref();
      tell(worker, { lines, room });
      return answer.promise;
    },
    async close() {
      // A thread that says now that it is ready must not be let go of: its end is waited for.
      worker?.removeAllListeners('message');
      await worker?.terminate();
    },
  };
}
