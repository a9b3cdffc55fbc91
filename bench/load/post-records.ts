/**
 * Posts the first records of a file as fast as they are answered, and prints what came of it as JSON:
 * `node post-records.ts <url of Daybook> <sales.ndjson> <records> <records a batch> <connections>`
 */
import { percentile } from '../statistics.ts';
import { batchesOf } from './batches.ts';
import { Connection } from './connection.ts';

/** What came of it; sums over all answers. */
export interface Posted {
  readonly wallMs: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** From the first byte sent to the last one received. */
  readonly answerP50Ms: number;
  readonly answerP99Ms: number;
}

const [base = '', path = '', records = '', batchRecords = '', connections = ''] = process.argv.slice(2);
const url = new URL('/api/v1/records', base);

const batches = await batchesOf(path, Number(records), Number(batchRecords));
const opened = await Promise.all(Array.from({ length: Number(connections) }, () => Connection.open(url)));
const answerMs: number[] = [];
const bodies: Buffer[] = [];
let next = 0;

async function sendAll(connection: Connection): Promise<void> {
  for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
    const sentMs = performance.now();
    const { status, body } = await connection.post(batch);
    answerMs.push(performance.now() - sentMs);
    if (status !== 200) throw new Error(`${url.href} answered ${status}: ${body.toString()}`);
    bodies.push(body);
  }
}

const startMs = performance.now();
await Promise.all(opened.map(sendAll));
const wallMs = performance.now() - startMs;
for (const connection of opened) connection.close();

const answers = bodies.map(
  (body) =>
    JSON.parse(body.toString()) as {
      readonly accepted: number;
      readonly duplicates: number;
      readonly quarantined: readonly unknown[];
    },
);
const posted: Posted = {
  wallMs,
  accepted: answers.reduce((sum, answer) => sum + answer.accepted, 0),
  duplicates: answers.reduce((sum, answer) => sum + answer.duplicates, 0),
  quarantined: answers.reduce((sum, answer) => sum + answer.quarantined.length, 0),
  answerP50Ms: percentile(answerMs, 0.5),
  answerP99Ms: percentile(answerMs, 0.99),
};
process.stdout.write(`${JSON.stringify(posted)}\n`);
