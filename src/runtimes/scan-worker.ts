/** The thread that `scan-thread.ts` starts: scans what it is sent, in order, once it has been told the plan. */
import { parentPort } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import { ForeignScanner } from '../record/foreign-scan.ts';
import type { ScanMessage } from './scan-thread.ts';

const port = present(parentPort, 'a thread has a parent');
let scanner: ForeignScanner | undefined;

port.on('message', (message: ScanMessage) => {
  if ('plan' in message) {
    scanner = new ForeignScanner(message.plan);
    port.postMessage('ready');
    return;
  }
  const { lines, room } = message;
  // The lines and the columns stay where both threads see them.
  port.postMessage(present(scanner, 'the plan comes first').scan(lines, room));
});
