import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { PipelineDetailsAnswer } from '../../src/server/protocol.ts';
import { runDaybook } from '../../test/process/daybook-process.ts';
import type { StackProcess } from '../../test/stack/processes.ts';
import { readyUrl, startProcess } from '../../test/stack/processes.ts';
import { startServers } from '../../test/stack/servers.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
import { watchCores } from '../load/cores.ts';
import type { MadeRow } from '../load/way-of-sales.ts';
import { madeRows } from '../load/way-of-sales.ts';
import { percentile } from '../statistics.ts';

const PER_SECOND = 1_000;
const POSTS_PER_SECOND = 50;
const SECONDS = 20;
const STORE_POLL_MS = 10;
const MS_PER_DAY = 86_400_000;
/** So many seconds of the same load go before, in which the servers compile what they run. */
const WARM_SECONDS = 60;

export const stackFreshness: Figure = {
  name: 'stack',
  title: 'The stack: from a sale to PostgreSQL and to the page',
  method:
    'Real Kafka, Spark, PostgreSQL and Cassandra on the same machine with `daybook spark run`, both sinks and `daybook serve`. ' +
    `${PER_SECOND.toLocaleString('en-US')} records a second are posted to the API for ${SECONDS} seconds, ${POSTS_PER_SECOND} batches a second, ` +
    `after ${WARM_SECONDS} seconds of the same. Each batch has a sale of a product of its own: measured is the time from the batch's answer ` +
    'until that product stands in PostgreSQL, and until the frame that lists it has come to a page, as the 99th percentile; and the parts of ' +
    'that way, of which each has its own 99th percentile.',
  run: async (context) => {
    const runs: Freshness[] = [];
    for (let run = 0; run < context.runs; run++) {
      const measured = await measureOnce(context);
      runs.push(measured);
      context.say(`run ${run + 1} of ${context.runs}: ${told(measured)}`);
    }
    const lines = [
      lineOf(
        'sale to PostgreSQL, p99',
        runs.map(({ storeMs }) => storeMs),
      ),
      lineOf(
        'sale to page, p99',
        runs.map(({ pageMs }) => pageMs),
        `; ${runs.map(({ behind }) => behind).join(', ')} raw records on their way into Cassandra; cores in use: ${coresText(runs.at(-1)?.cores ?? new Map<string, number>())}`,
      ),
      ...Object.entries(PARTS).map(([part, what]) =>
        lineOf(
          what,
          runs.map(({ partsMs }) => partsMs[part as PartName]),
        ),
      ),
    ];
    return { lines, versions: { Kafka: '4.4', Spark: '4.2', Cassandra: '5.0' } };
  },
};

/** The parts of a sale's way, in order; each begins where the one before ends. */
const PARTS = {
  door: 'the door: from the post to its answer',
  wait: 'from the answer until Spark begins a batch with it',
  batch: 'from there until Spark sends the row',
  announcement: 'from there until the frame is announced',
  page: 'from there until it has come to the page',
} as const;
type PartName = keyof typeof PARTS;

interface Freshness {
  readonly storeMs: readonly number[];
  readonly pageMs: readonly number[];
  readonly partsMs: Readonly<Record<PartName, readonly number[]>>;
  /** By program. */
  readonly cores: ReadonlyMap<string, number>;
  /** Raw records that were not in Cassandra yet when the last one was answered. */
  readonly behind: number;
}

/** When a marker was posted and answered, by `performance.now()`. */
interface Posted {
  readonly postedMs: number;
  readonly answeredMs: number;
}

function lineOf(what: string, timesMs: readonly (readonly number[])[], more = ''): Line {
  const p50 = timesMs.map((times) => percentile(times, 0.5).toFixed(0));
  const values = timesMs.map((times) => percentile(times, 0.99));
  return { what, unit: 'ms', values, note: `p50 ${p50.join(', ')} ms${more}` };
}

/** A run in a line. */
function told({ storeMs, pageMs, partsMs, cores, behind }: Freshness): string {
  const ofMs = (times: readonly number[]): string =>
    `p50 ${percentile(times, 0.5).toFixed(0)} p99 ${percentile(times, 0.99).toFixed(0)} ms`;
  const parts = Object.entries(partsMs).map(([part, times]) => `${part} ${ofMs(times)}`);
  return `to PostgreSQL ${ofMs(storeMs)}, to the page ${ofMs(pageMs)} (${parts.join(', ')}); cores: ${coresText(cores)}; ${behind} records on their way into Cassandra`;
}

function coresText(cores: ReadonlyMap<string, number>): string {
  const sorted = [...cores].sort(([, a], [, b]) => b - a);
  return sorted.map(([program, each]) => `${program} ${each.toFixed(2)}`).join(', ');
}

async function measureOnce({ scratchFolder, say }: BenchContext): Promise<Freshness> {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra', 'spark']);
  const { kafka, postgres, cassandra, spark } = servers.at;
  const environment = {
    DAYBOOK_KAFKA: kafka,
    DAYBOOK_POSTGRES: postgres,
    DAYBOOK_CASSANDRA: cassandra,
    DAYBOOK_SPARK: spark,
    DAYBOOK_SPARK_CHECKPOINTS: await mkdtemp(join(scratchFolder, 'checkpoints-')),
  };
  for (const target of ['kafka', 'postgres', 'cassandra']) {
    const { code, stderr } = await runDaybook(['apply', '--target', target], '', environment);
    if (code !== 0) throw new Error(stderr);
  }
  await using processes = new AsyncDisposableStack();
  const pids = new Map([['load', process.pid]]);
  for (const { name, pid } of await servers.stack.servers()) if (pid !== undefined) pids.set(name, pid);
  const start = (...args: readonly string[]): StackProcess => {
    const started = processes.use(startProcess(args, environment));
    if (started.child.pid !== undefined) pids.set(args.slice(0, 2).join(' ').replace(' --port', ''), started.child.pid);
    return started;
  };
  for (const args of [
    ['spark', 'run'],
    ['sink', 'postgres'],
    ['sink', 'cassandra'],
  ]) {
    start(...args);
  }
  const url = await readyUrl(start('serve', '--port', '0'));
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  processes.defer(() => client.end());

  const posted = new Map<string, Posted>();
  const shown = { store: new Map<string, number>(), page: new Map<string, number>() };
  const ending = new AbortController();
  const polling = pollStore(client, shown.store, ending.signal);
  const listening = listenTo(url, shown.page, ending.signal);
  const untilShown = async (number: number): Promise<void> => {
    const name = markerOf(number);
    while (!shown.store.has(name) || !shown.page.has(name)) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  say('waiting for the first frame');
  let next = await post(url, 0, 1, posted);
  await untilShown(next - 1);
  say('warming up');
  next = await post(url, next, WARM_SECONDS, posted);
  await untilShown(next - 1);
  posted.clear();
  const watch = await watchCores(pids);
  next = await post(url, next, SECONDS, posted);
  const behind = await recordsBehind(url);
  await untilShown(next - 1);
  const cores = await watch.look();
  ending.abort();
  await Promise.all([polling, listening]);
  const since = (seen: ReadonlyMap<string, number>): readonly number[] =>
    [...posted].map(([name, { answeredMs }]) => Math.max(0, (seen.get(name) ?? Infinity) - answeredMs));
  return {
    storeMs: since(shown.store),
    pageMs: since(shown.page),
    partsMs: partsOf(posted, await madeRows(kafka, makePlan(daybook), 'daily_category_product'), shown.page),
    cores,
    behind,
  };
}

/** How many messages of the records' topic the sink of Cassandra has still to work off. */
async function recordsBehind(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/pipeline/details`);
  const { consumers } = (await response.json()) as Pick<PipelineDetailsAnswer, 'consumers'>;
  return consumers
    .filter(({ group, topic }) => group.startsWith('daybook-cassandra-') && topic === 'daily_records')
    .reduce((sum, { next, committed }) => sum + next - committed, 0);
}

function partsOf(
  posted: ReadonlyMap<string, Posted>,
  made: ReadonlyMap<string, MadeRow>,
  shown: ReadonlyMap<string, number>,
): Freshness['partsMs'] {
  const parts: Record<PartName, number[]> = { door: [], wait: [], batch: [], announcement: [], page: [] };
  for (const [name, { postedMs, answeredMs }] of posted) {
    const row = made.get(name);
    if (row === undefined) throw new Error(`Kafka has no announced row of ${name}.`);
    const ofClock = (ms: number): number => performance.timeOrigin + ms;
    parts.door.push(answeredMs - postedMs);
    parts.wait.push(row.begunMs - ofClock(answeredMs));
    parts.batch.push(row.sentMs - row.begunMs);
    parts.announcement.push(row.announcedMs - row.sentMs);
    parts.page.push(ofClock(shown.get(name) ?? Infinity) - row.announcedMs);
  }
  return parts;
}

/** Notes when each marker has come to a page. */
async function listenTo(url: string, shown: Map<string, number>, ended: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/api/v1/frames`, { signal: ended });
  try {
    let rest = '';
    for await (const chunk of (response.body as ReadableStream<Uint8Array> | null) ?? []) {
      const atMs = performance.now();
      const text = rest + Buffer.from(chunk).toString('latin1');
      const end = text.lastIndexOf('\n\n') + 1;
      rest = text.slice(end);
      for (const [, name = ''] of text.slice(0, end).matchAll(/"(marker \d{6})"/g)) {
        if (!shown.has(name)) shown.set(name, atMs);
      }
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}

/** Asks for no more than the markers from the first one on that was not seen yet: others would cost time that is measured. */
async function pollStore(client: pg.Client, shown: Map<string, number>, ended: AbortSignal): Promise<void> {
  let next = 0;
  while (!ended.aborted) {
    const { rows } = await client.query<{ readonly product_name: string }>(
      `SELECT product_name FROM daily_report.daily_category_product
       WHERE ts_date = $1 AND category = 'marker' AND sub_category = 'Chairs' AND product_name >= $2`,
      [yesterday(), markerOf(next)],
    );
    const atMs = performance.now();
    for (const { product_name: name } of rows) if (!shown.has(name)) shown.set(name, atMs);
    while (shown.has(markerOf(next))) next++;
    await new Promise((resolve) => setTimeout(resolve, STORE_POLL_MS));
  }
}

/** Of one length, so that they are in the order of their numbers. */
function markerOf(number: number): string {
  return `marker ${String(number).padStart(6, '0')}`;
}

/** It is over in any time zone. */
function yesterday(): string {
  return new Date(Date.now() - MS_PER_DAY).toISOString().slice(0, 10);
}

/** Posts at the rate, whatever was answered so far. @returns the number of the next batch */
async function post(url: string, first: number, seconds: number, posted: Map<string, Posted>): Promise<number> {
  const startMs = performance.now();
  const count = seconds * POSTS_PER_SECOND;
  const posts: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const waitMs = startMs + (index * 1000) / POSTS_PER_SECOND - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const number = first + index;
    const postedMs = performance.now();
    posts.push(
      fetch(`${url}/api/v1/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: batchOf(number),
      }).then(async (response) => {
        const text = await response.text();
        const { quarantined } = JSON.parse(text) as { readonly quarantined?: readonly unknown[] };
        if (quarantined?.length !== 0) throw new Error(`The server did not take the records: ${text.slice(0, 500)}`);
        posted.set(markerOf(number), { postedMs, answeredMs: performance.now() });
      }),
    );
  }
  await Promise.all(posts);
  return first + count;
}

/** Sales of yesterday, of a few hundred products; the first is the batch's own. */
function batchOf(number: number): string {
  const day = yesterday();
  return Array.from({ length: PER_SECOND / POSTS_PER_SECOND }, (_, index) => {
    const place = (number * 20 + index) % 40;
    return JSON.stringify({
      ts_id: crypto.randomUUID(),
      ts: `${day} 00:00:01`,
      customer_id: `C-${(number * 7 + index) % 3_000}`,
      customer_name: 'Zoë',
      segment: 'Consumer',
      country: 'United States',
      city: `City ${place}`,
      category: index === 0 ? 'marker' : 'Furniture',
      sub_category: 'Chairs',
      product_name: index === 0 ? markerOf(number) : `Chair ${(number + index * 13) % 400}`,
      price: 12.5,
      quantity: 2,
      discount: '0.1',
      revenue: 25,
      profit: 22.5,
      latitude: 30 + place / 7,
      longitude: -120 + place / 3,
    });
  }).join('\n');
}
