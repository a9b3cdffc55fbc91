/**
 * Posts records at a rate, listens to the frames, and prints as JSON how long after each answer its frame came:
 * `node freshness.ts <url of Daybook> <sales.ndjson> <records a second> <seconds>`
 */
import { percentile } from '../statistics.ts';
import { batchesOf } from './batches.ts';
import { Connection } from './connection.ts';
import { FrameListener } from './frame-listener.ts';

/** From the last byte of an answer to the last byte of the first frame at its offset; 0 when the frame came first. */
export interface Freshness {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How many batches were answered. */
  readonly samples: number;
  /** What was really answered. */
  readonly recordsPerSecond: number;
  readonly frames: number;
  /** Frames that did not list the rows of a report, but said that it should be read again. */
  readonly rereads: number;
}

const POSTS_PER_SECOND = 200;
const CONNECTIONS = 16;

const [base = '', path = '', perSecond = '', seconds = ''] = process.argv.slice(2);
const posts = POSTS_PER_SECOND * Number(seconds);
const batchRecords = Number(perSecond) / POSTS_PER_SECOND;
const batches = await batchesOf(path, posts * batchRecords, batchRecords);

/** Answers whose frame has not come yet, in order. */
const waiting: { readonly offset: number; readonly answeredMs: number }[] = [];
const freshMs: number[] = [];
const allShown = Promise.withResolvers<void>();
let shownOffset = 0;
let unanswered = batches.length;

function endWhenAllShown(): void {
  if (unanswered === 0 && waiting.length === 0) allShown.resolve();
}

const listener = await FrameListener.open(base, (offset, atMs) => {
  shownOffset = offset;
  const late = waiting.splice(0);
  for (const answer of late) {
    if (answer.offset <= offset) freshMs.push(Math.max(0, atMs - answer.answeredMs));
    else waiting.push(answer);
  }
  endWhenAllShown();
});

const free = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => Connection.open(new URL('/api/v1/records', base))),
);
const all = [...free];
/** Batches that are due, while all connections are busy. */
const due: Uint8Array[] = [];

async function sendDue(): Promise<void> {
  const connection = due.length > 0 ? free.pop() : undefined;
  const batch = connection && due.shift();
  if (connection === undefined || batch === undefined) return;
  const { status, body } = await connection.post(batch);
  const answeredMs = performance.now();
  if (status !== 200) throw new Error(`${base} answered ${status}: ${body.toString()}`);
  const { accepted, offset } = JSON.parse(body.toString()) as { readonly accepted: number; readonly offset: number };
  unanswered--;
  if (accepted > 0 && offset <= shownOffset) freshMs.push(0);
  else if (accepted > 0) waiting.push({ offset, answeredMs });
  free.push(connection);
  endWhenAllShown();
  await sendDue();
}

const startMs = performance.now();
const sending: Promise<void>[] = [];
for (const [index, batch] of batches.entries()) {
  const waitMs = startMs + (index * 1000) / POSTS_PER_SECOND - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  due.push(batch);
  sending.push(sendDue());
}
await Promise.all(sending);
const sentMs = performance.now() - startMs;
await allShown.promise;
listener.close();
for (const connection of all) connection.close();

const freshness: Freshness = {
  p50Ms: percentile(freshMs, 0.5),
  p99Ms: percentile(freshMs, 0.99),
  p999Ms: percentile(freshMs, 0.999),
  samples: freshMs.length,
  recordsPerSecond: (batches.length * batchRecords) / (sentMs / 1000),
  frames: listener.frames,
  rereads: listener.rereads,
};
process.stdout.write(`${JSON.stringify(freshness)}\n`);
