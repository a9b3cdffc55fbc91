import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { openApi } from '../compile/openapi/openapi.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { openDisk } from '../runtimes/machine/disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { startServer } from './server.ts';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const plan = makePlan(daybook);
const document = openApi(plan) as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'api');

const stack = new AsyncDisposableStack();
let url: string;
/** `METHOD path status type` of each answer that was held against the document. */
const seen = new Set<string>();

beforeAll(async () => {
  const folder = stack.use(await temporaryFolder());
  const clock = machineClock();
  const runtime = await openEmbedded({ plan, disk: openDisk(folder.path), clock });
  stack.defer(() => runtime.close());
  const logger = pino({ level: 'silent' });
  const server = await startServer({ runtime, host: '127.0.0.1', port: 0, pages: folder.path, logger, clock });
  stack.defer(() => server.close());
  url = server.url;
});

afterAll(() => stack.disposeAsync());

/** Calls the server and holds the answer against the document: route, status, content type and every member. */
async function call(path: string, init: RequestInit = {}): Promise<void> {
  const reader = new AbortController();
  const response = await fetch(url + path, { ...init, signal: reader.signal });
  const route = path.split('?', 1)[0] ?? '';
  const method = (init.method ?? 'GET').toLowerCase();
  const documentedPath = pathOf(route);
  const documented = document.paths[documentedPath];
  const type = response.headers.get('content-type')?.split(';', 1)[0] ?? '';
  const content = documented?.[method]?.responses[response.status]?.content[type];
  expect(content, `${method} ${path} answered ${response.status} ${type}`).toBeDefined();
  seen.add(`${method} ${documentedPath} ${response.status} ${type}`);
  const text = type === 'text/event-stream' ? await firstEvent(response) : await response.text();
  reader.abort();
  const values = valuesOf(type, text);
  const schema = rebased(content?.schema ?? false);
  for (const value of values) expect(ajv.validate(schema, value), `${path}: ${ajv.errorsText()}`).toBe(true);
}

/** The path of the document that a route is of: itself, or one with a name in braces for some of its parts. */
function pathOf(route: string): string {
  const fits = (path: string): boolean => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(route);
  return [route, ...Object.keys(document.paths)].find((path) => path in document.paths && fits(path)) ?? route;
}

/** What the schema is of: each line, the one document, or the text. */
function valuesOf(type: string, text: string): readonly unknown[] {
  if (type === 'application/x-ndjson') {
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }
  return [type.endsWith('json') || type === 'text/event-stream' ? (JSON.parse(text) as unknown) : text];
}

async function firstEvent(response: Response): Promise<string> {
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const data = Buffer.from(chunk)
      .toString()
      .split('\n')
      .find((line) => line.startsWith('data: '));
    if (data !== undefined) return data.slice('data: '.length);
  }
  throw new Error('the stream ended without an event');
}

/** The schema with its references into the document. */
function rebased(schema: object | boolean): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object;
}

function post(body: string, type = 'application/x-ndjson', headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': type, ...headers } };
}

/** The key of a report's first row, as parameters. */
async function keyOfFirst(name: string): Promise<string> {
  const answer = (await (await fetch(`${url}/api/v1/reports/${name}?limit=1`)).json()) as {
    readonly rows: readonly Readonly<Record<string, string>>[];
  };
  const report = plan.reports.find((each) => each.name === name);
  const key = report?.dimensions.map(({ name: own }): [string, string] => [own, String(answer.rows[0]?.[own])]);
  return String(new URLSearchParams(key));
}

it('every answer of the server is as its OpenAPI document says, and every documented route was called', async () => {
  const records = '/api/v1/records';
  const sales = mixedSales(300, { repeats: 0.1, seed: 5 });
  const old = sales
    .slice(0, 3)
    .map((line) => line.replaceAll('2026-04', '2025-04').replace(/"ts_id":"......../, '"ts_id":"ffffffff'));
  await call(records, post([...sales, '{', '{"ts_id":7}', 'long '.repeat(5_000)].join('\n')));
  await call(records, post(JSON.stringify(old.map((line) => JSON.parse(line) as object)), 'application/json'));
  await call(records, post('[', 'application/json'));
  const head = JSON.stringify({ origin: 'x.csv', firstLine: 2, unreadable: [] });
  await call(records, post(`${head}\n${sales[0] ?? ''}`, 'application/vnd.daybook.intake'));
  await call(records, post('x', 'text/plain'));
  await call(records, post('x', 'application/json', { origin: 'https://elsewhere.example' }));
  await call(records, post(' '.repeat(17 * 1024 * 1024), 'application/json'));
  for (const line of mixedSales(2, { repeats: 0, seed: 6 })) await call(`${records}?corrects=1`, post(line));
  await call(`${records}?from=2026-04-03&to=2026-04-05`);
  await call(`${records}?from=yesterday`);
  await call('/api/v1/reports');
  for (const { name } of plan.reports) {
    await call(`/api/v1/reports/${name}?limit=500&sort=-ts_date`);
    await call(`/api/v1/reports/${name}?format=csv&from=2026-04-03`);
    await call(`/api/v1/reports/${name}?format=ndjson`);
    await call(`/api/v1/reports/${name}?limit=many`);
    await call(`/api/v1/reports/${name}?frame=0`);
    const measure = name === 'daily_category_product' ? 'daily_rev' : 'daily_pu';
    await call(`/api/v1/reports/${name}?limit=1&extent=${measure}`);
    await call(`/api/v1/reports/${name}/totals?by=ts_date&measure=${measure}&trend=true`);
    await call(`/api/v1/reports/${name}/totals?by=ts_date&measure=${measure}&format=csv`);
    await call(`/api/v1/reports/${name}/totals?by=ts_date&measure=nothing`);
    await call(`/api/v1/reports/${name}/records?ts_date=2026-04-03&latitude=1`);
    await call(`/api/v1/reports/${name}/records?${await keyOfFirst(name)}`);
  }
  const topic = '/api/v1/topics/daily_records/records';
  for (const path of [
    '/api/v1/topics',
    `${topic}?limit=2`,
    `${topic}?limit=2&stream=true&field=city&test=contains&value=a`,
    `${topic}?limit=2&before=end`,
    `${topic}?limit=0`,
    '/api/v1/topics/nothing/records',
    `${topic}/0`,
    `${topic}/x`,
    `${topic}/999999`,
    '/api/v1/frames?views=[]x',
    '/api/v1/frames?views=[{"id":"a","kind":"rows","report":"nothing"}]',
  ]) {
    await call(path);
  }
  await call('/api/v1/reports/nothing');
  for (const name of [
    'frames',
    'quarantine',
    'quarantine?limit=1',
    'quarantine?id=1',
    'quarantine?limit=x',
    'amendments',
    'amendments?offset=-1',
    'pipeline',
    'pipeline/details',
    'duplicates',
    'duplicates?limit=x',
    'openapi.json',
  ]) {
    await call(`/api/v1/${name}`);
  }
  for (const path of ['/healthz', '/readyz', '/metrics']) await call(path);

  // What needs a full disk, a crowd or a stalled client is seen elsewhere; all else must have been seen here.
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, { content }]) =>
        Object.keys(content).map((type) => `${method} ${path} ${status} ${type}`),
      ),
    ),
  );
  expect(documented.filter((each) => !seen.has(each) && !/ (?:408|503) /.test(each))).toEqual([]);
});
