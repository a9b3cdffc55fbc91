/**
 * Daybook's own server over a runtime that does nothing: it reads a request whole, and answers at once. What is left to
 * measure is HTTP.
 */
import { resolve } from 'node:path';
import { pino } from 'pino';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Acceptance, Runtime } from '../../src/ports/runtime.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { startServer } from '../../src/server/server.ts';

const NOTHING: Acceptance = { accepted: 0, duplicates: 0, quarantined: [], offset: 0 };

function notThere(): never {
  throw new Error('The idle server only takes records.');
}

const runtime: Runtime = {
  plan: makePlan(daybook),
  accept: () => Promise.resolve(NOTHING),
  subscribe: () => () => undefined,
  query: notThere,
  read: notThere,
  explain: notThere,
  duplicates: notThere,
  topics: notThere,
  readTopic: notThere,
  followTopic: notThere,
  topicRecord: notThere,
  pipeline: notThere,
  records: notThere,
  quarantine: notThere,
  amendments: notThere,
  status: notThere,
  close: () => Promise.resolve(),
};
const server = await startServer({
  runtime,
  host: '127.0.0.1',
  port: 0,
  pages: resolve(import.meta.dirname, '../../web/dist'),
  logger: pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true })),
  clock: machineClock(),
});
process.once('SIGTERM', () => void server.close());
process.stdout.write(`The idle server is ready at ${server.url}\n`);
