import { join } from 'node:path';
import pg from 'pg';
import { runDaybook } from '../../test/process/daybook-process.ts';
import { readyUrl, startProcess } from '../../test/stack/processes.ts';
import { startServers } from '../../test/stack/servers.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
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
    'until that product stands in PostgreSQL, and until the frame that lists it has come to a page.',
  run: async (context) => {
    const lines: Line[] = [];
    const runs: Freshness[] = [];
    for (let run = 0; run < context.runs; run++) {
      const measured = await measureOnce(context);
      runs.push(measured);
      const p99 = (times: readonly number[]): string => percentile(times, 0.99).toFixed(0);
      context.say(
        `run ${run + 1} of ${context.runs}: p99 ${p99(measured.storeMs)} ms to PostgreSQL, ${p99(measured.pageMs)} ms to the page`,
      );
    }
    for (const [what, of] of [
      ['sale to PostgreSQL', 'storeMs'],
      ['sale to page', 'pageMs'],
    ] as const) {
      const p50 = runs.map((run) => percentile(run[of], 0.5));
      lines.push({
        what: `${what}, p99 at ${PER_SECOND.toLocaleString('en-US')} records/s`,
        unit: 'ms',
        values: runs.map((run) => percentile(run[of], 0.99)),
        note: `p50 ${p50.map((ms) => Math.round(ms)).join(', ')} ms`,
      });
    }
    return { lines, versions: { Kafka: '4.4', Spark: '4.2', Cassandra: '5.0' } };
  },
};

interface Freshness {
  readonly storeMs: readonly number[];
  readonly pageMs: readonly number[];
}

async function measureOnce({ scratchFolder, say }: BenchContext): Promise<Freshness> {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra', 'spark']);
  const { kafka, postgres, cassandra, spark } = servers.at;
  const environment = {
    DAYBOOK_KAFKA: kafka,
    DAYBOOK_POSTGRES: postgres,
    DAYBOOK_CASSANDRA: cassandra,
    DAYBOOK_SPARK: spark,
    DAYBOOK_SPARK_CHECKPOINTS: join(scratchFolder, 'checkpoints'),
  };
  for (const target of ['kafka', 'postgres', 'cassandra']) {
    const { code, stderr } = await runDaybook(['apply', '--target', target], '', environment);
    if (code !== 0) throw new Error(stderr);
  }
  await using processes = new AsyncDisposableStack();
  for (const args of [
    ['spark', 'run'],
    ['sink', 'postgres'],
    ['sink', 'cassandra'],
  ]) {
    processes.use(startProcess(args, environment));
  }
  const url = await readyUrl(processes.use(startProcess(['serve', '--port', '0'], environment)));
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  processes.defer(() => client.end());

  const answeredMs = new Map<string, number>();
  const shown = { store: new Map<string, number>(), page: new Map<string, number>() };
  const ending = new AbortController();
  const polling = pollStore(client, shown.store, ending.signal);
  const listening = listenTo(url, shown.page, ending.signal);
  const untilShown = async (number: number): Promise<void> => {
    const name = `marker ${number}`;
    while (!shown.store.has(name) || !shown.page.has(name)) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  say('waiting for the first frame');
  let posted = await post(url, 0, 1, answeredMs);
  await untilShown(posted - 1);
  say('warming up');
  posted = await post(url, posted, WARM_SECONDS, answeredMs);
  await untilShown(posted - 1);
  answeredMs.clear();
  posted = await post(url, posted, SECONDS, answeredMs);
  await untilShown(posted - 1);
  ending.abort();
  await Promise.all([polling, listening]);
  const since = (seen: ReadonlyMap<string, number>): readonly number[] =>
    [...answeredMs].map(([name, atMs]) => Math.max(0, (seen.get(name) ?? Infinity) - atMs));
  return { storeMs: since(shown.store), pageMs: since(shown.page) };
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
      for (const [, name = ''] of text.slice(0, end).matchAll(/"(marker \d+)"/g)) {
        if (!shown.has(name)) shown.set(name, atMs);
      }
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}

async function pollStore(client: pg.Client, shown: Map<string, number>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const { rows } = await client.query<{ readonly product_name: string }>(
      `SELECT product_name FROM daily_report.daily_category_product WHERE category = 'marker' AND product_name > $1`,
      [`marker`],
    );
    const atMs = performance.now();
    for (const { product_name: name } of rows) if (!shown.has(name)) shown.set(name, atMs);
    await new Promise((resolve) => setTimeout(resolve, STORE_POLL_MS));
  }
}

/** Posts at the rate, whatever was answered so far. @returns the number of the next batch */
async function post(url: string, first: number, seconds: number, answeredMs: Map<string, number>): Promise<number> {
  const startMs = performance.now();
  const count = seconds * POSTS_PER_SECOND;
  const posts: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const waitMs = startMs + (index * 1000) / POSTS_PER_SECOND - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const number = first + index;
    posts.push(
      fetch(`${url}/api/v1/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: batchOf(number),
      }).then(async (response) => {
        const text = await response.text();
        const { quarantined } = JSON.parse(text) as { readonly quarantined?: readonly unknown[] };
        if (quarantined?.length !== 0) throw new Error(`The server did not take the records: ${text.slice(0, 500)}`);
        answeredMs.set(`marker ${number}`, performance.now());
      }),
    );
  }
  await Promise.all(posts);
  return first + count;
}

/** Sales of yesterday, which is over in any time zone, of a few hundred products; the first is the batch's own. */
function batchOf(number: number): string {
  const day = new Date(Date.now() - MS_PER_DAY).toISOString().slice(0, 10);
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
      product_name: index === 0 ? `marker ${number}` : `Chair ${(number + index * 13) % 400}`,
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
