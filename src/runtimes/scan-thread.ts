import { Worker } from 'node:worker_threads';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ForeignScan, ScanElsewhere } from '../record/foreign-scan.ts';

/** What the thread is asked. */
export interface ScanRequest {
  readonly lines: Uint8Array;
  readonly firstLine: number;
}

/** A scanner in a thread of its own, which is made when it is first asked for. */
export function scanThread(plan: Plan): ScanElsewhere {
  let worker: Worker | undefined;
  let isUp = false;
  const asked: PromiseWithResolvers<ForeignScan>[] = [];
  const start = (): Worker => {
    const started = new Worker(new URL('scan-worker.ts', import.meta.url), { workerData: plan });
    // An idle thread keeps no process alive.
    started.unref();
    started.on('message', (message: 'ready' | ForeignScan) => {
      if (message === 'ready') isUp = true;
      else asked.shift()?.resolve(message);
      if (asked.length === 0) started.unref();
    });
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
    scan(lines, firstLine) {
      worker ??= start();
      const answer = Promise.withResolvers<ForeignScan>();
      asked.push(answer);
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ lines, firstLine } satisfies ScanRequest);
      return answer.promise;
    },
    async close() {
      // A thread that says now that it is ready must not be let go of: its end is waited for.
      worker?.removeAllListeners('message');
      await worker?.terminate();
    },
  };
}
