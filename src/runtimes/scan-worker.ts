/** The thread that `scan-thread.ts` starts: scans what it is sent, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import type { Plan } from '../plan/plan.ts';
import { ForeignScanner } from '../record/foreign-scan.ts';
import type { ScanRequest } from './scan-thread.ts';

const port = present(parentPort, 'a thread has a parent');
const scanner = new ForeignScanner(workerData as Plan);

port.on('message', ({ lines, firstLine }: ScanRequest) => {
  const { columns, refused, additions } = scanner.scan(lines, firstLine);
  const { count, starts, ends, lines: numbers, keys, days, ids, values } = columns;
  const arrays = [starts, ends, numbers, keys, days, ...ids, ...values].filter((array) => array !== undefined);
  // The lines stay where both threads see them; the columns are handed over without a copy.
  port.postMessage(
    { columns: { count, bytes: lines, starts, ends, lines: numbers, keys, days, ids, values }, refused, additions },
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
port.postMessage('ready');
