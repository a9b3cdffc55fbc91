import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Runtime } from '../ports/runtime.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { openDisk } from '../runtimes/machine/disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { RawClient } from '../../test/server/raw-client.ts';
import { expectReports } from '../../test/process/reports-over-http.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { randomSale } from '../../test/sales/random-sales.ts';
import type { FrameEvent } from './protocol.ts';
import type { Server } from './server.ts';
import { startServer } from './server.ts';

const plan = makePlan(daybook);
const clock = machineClock();
const logger = pino({ level: 'silent' });

let stack: AsyncDisposableStack;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let runtime: Runtime;
let server: Server;
let api: string;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(await temporaryFolder());
  runtime = await openEmbedded({ plan, disk: openDisk(folder.path), clock });
  stack.defer(() => runtime.close());
  server = await startServer({ runtime, host: '127.0.0.1', port: 0, pages: folder.path, logger, clock });
  stack.defer(() => server.close());
  api = `${server.url}/api/v1`;
});

afterEach(() => stack.disposeAsync());

function sales(count: number, seed = 1): readonly RandomSale[] {
  const id = (index: number): string => `00000000-0000-4000-9000-${index.toString().padStart(12, '0')}`;
  return fc.sample(randomSale(1), { numRuns: count, seed }).map((sale, index) => ({ ...sale, ts_id: id(index) }));
}

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Response> {
  return fetch(`${api}/records`, { method: 'POST', body, headers });
}

async function problem(response: Response): Promise<readonly [number, string, string]> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  const { status, code, detail } = (await response.json()) as { status: number; code: string; detail: string };
  expect(status).toBe(response.status);
  return [status, code, detail];
}

describe('POST /records', () => {
  it('takes an object, a printed array, lines, and any of them packed, and the reports show them exactly', async () => {
    const [one, ...rest] = sales(40) as [RandomSale, ...RandomSale[]];
    const accepted = [
      await post(JSON.stringify(one, null, 2)),
      await post(JSON.stringify(rest.slice(0, 10), null, 2), { 'content-type': 'application/json; charset=utf-8' }),
      await post(
        `\uFEFF${rest
          .slice(10, 20)
          .map((sale) => JSON.stringify(sale))
          .join('\r\n')}`,
        { 'content-type': 'application/x-ndjson' },
      ),
      await post(gzipSync(JSON.stringify(rest.slice(20, 30))), {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      }),
      await post(gzipSync(JSON.stringify(rest.slice(30))), {
        'content-type': 'application/json',
        'content-encoding': 'x-gzip',
      }),
    ];
    const counts = await Promise.all(
      accepted.map(async (response) => ((await response.json()) as { accepted: number }).accepted),
    );
    expect(counts).toEqual([1, 10, 10, 10, 9]);
    await expectReports(
      server.url,
      [one, ...rest].map((sale) => JSON.stringify(sale)),
    );
  });

  it('keeps a number’s own digits in an array', async () => {
    const [sale] = sales(1) as [RandomSale];
    const text = JSON.stringify([sale]).replace(/"revenue":[^,]*/, '"revenue":0.12345650000000000000000001');
    await post(text);
    const report = await (await fetch(`${api}/reports/daily_pu_rev`)).text();
    expect(report).toContain('"daily_rev":0.123457,');
  });

  it('says which lines were refused and why, and shows them in the quarantine', async () => {
    const [sale] = sales(1) as [RandomSale];
    const response = await post([JSON.stringify(sale), '{', JSON.stringify({ ...sale, quantity: 'two' })].join('\n'), {
      'content-type': 'application/x-ndjson',
    });
    expect(await response.json()).toMatchObject({
      accepted: 1,
      quarantined: [
        { line: 2, code: 'NOT_JSON' },
        {
          line: 3,
          code: 'WRONG_TYPE',
          field: 'quantity',
          reason: 'field \'quantity\' is "two"; it must be a number',
        },
      ],
    });
    const quarantine = (await (await fetch(`${api}/quarantine?limit=1`)).json()) as {
      total: number;
      entries: { record: string; origin: string }[];
    };
    expect(quarantine.total).toBe(2);
    expect(quarantine.entries).toMatchObject([
      { origin: 'http', line: 3, record: JSON.stringify({ ...sale, quantity: 'two' }) },
    ]);
  });

  it('gives the start of long refused records, and one of them whole by its id', async () => {
    const long = '\u0001'.repeat(20_000);
    await post([long, 'short'].join('\n'), { 'content-type': 'application/x-ndjson' });
    const read = async (query: string): Promise<unknown> => await (await fetch(`${api}/quarantine${query}`)).json();
    expect(await read('')).toMatchObject({
      entries: [{ record: 'short' }, { record: '\u0001'.repeat(1024), cutFrom: 20_000 }],
    });
    expect(await read('?limit=1&offset=1')).toMatchObject({ entries: [{ id: 1, record: long }] });
    expect(await read('?id=1')).toMatchObject({ total: 2, entries: [{ id: 1, record: long }] });
    expect(await read('?id=7')).toMatchObject({ total: 2, entries: [] });
    expect(await problem(await fetch(`${api}/quarantine?id=1&limit=2`))).toMatchObject([
      400,
      'BAD_QUERY',
      expect.any(String),
    ]);
  });

  it('marks the entry of the quarantine that a record puts right, and takes nothing that corrects none', async () => {
    const [one, two] = sales(2, 3);
    await post('{"ts_id":""}');
    const correct = (body: unknown, id: number | string): Promise<Response> =>
      fetch(`${api}/records?corrects=${id}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    expect(await problem(await correct(one, 2))).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining('no entry 2'),
    ]);
    expect(await problem(await correct([one, two], 1))).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining('not 2'),
    ]);
    const lines = { 'content-type': 'application/x-ndjson' };
    const spaced = `\r\n${JSON.stringify({ ...one, quantity: 0 })}\r\n \t\r\n\r\n`;
    const refused = await fetch(`${api}/records?corrects=1`, { method: 'POST', body: spaced, headers: lines });
    expect(await refused.json()).toMatchObject({ accepted: 0, quarantined: [{ line: 2 }] });
    expect(await problem(await correct(one, 'last'))).toMatchObject([400, 'BAD_QUERY', expect.any(String)]);
    expect(await (await correct(one, 1)).json()).toMatchObject({ accepted: 1, offset: 1 });
    expect(await problem(await correct(two, 1))).toMatchObject([
      409,
      'ALREADY_CORRECTED',
      expect.stringContaining('nothing was counted'),
    ]);
    expect(await (await correct(one, 1)).json()).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await problem(await correct({ ...one, city: 'Elsewhere' }, 1))).toMatchObject([
      409,
      'KEY_COUNTED',
      expect.stringMatching(/ is counted already, at offset 0, with another value of 'city'\. Nothing was counted\./),
    ]);
    expect(await (await fetch(`${api}/quarantine`)).json()).toMatchObject({
      total: 1,
      open: 0,
      entries: [{ id: 1, putBack: { outcome: 'accepted', offset: 0 } }],
    });
    expect(await (await fetch(`${api}/quarantine?open=true`)).json()).toMatchObject({ total: 1, entries: [] });
  });

  it('refuses what it cannot read, without taking a part of it', async () => {
    const [sale] = sales(1) as [RandomSale];
    expect(await problem(await post(`[${JSON.stringify(sale)}`))).toMatchObject([
      400,
      'BODY_UNREADABLE',
      expect.stringContaining('not JSON'),
    ]);
    expect(await problem(await post('7'))).toMatchObject([400, 'BODY_UNREADABLE', expect.any(String)]);
    expect(await problem(await post('x', { 'content-type': 'text/plain' }))).toMatchObject([
      415,
      'BODY_TYPE_UNKNOWN',
      expect.any(String),
    ]);
    expect(
      await problem(await post('x', { 'content-type': 'application/json', 'content-encoding': 'br' })),
    ).toMatchObject([415, 'BODY_ENCODING_UNKNOWN', expect.any(String)]);
    expect(
      await problem(await post('x', { 'content-type': 'application/json', 'content-encoding': 'gzip' })),
    ).toMatchObject([400, 'BODY_UNREADABLE', expect.any(String)]);
    const member = gzipSync(JSON.stringify(sale));
    const padded = Buffer.concat([member, Buffer.alloc(3), member]);
    expect(
      await problem(await post(padded, { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' })),
    ).toMatchObject([400, 'BODY_UNREADABLE', expect.stringContaining('padding')]);
    const sentence = expect.stringMatching(/^The body is larger than 16 MiB, .*unpacked.*fewer records/) as string;
    const large = gzipSync(Buffer.alloc(17 * 1024 * 1024, 32));
    expect(
      await problem(await post(large, { 'content-type': 'application/json', 'content-encoding': 'gzip' })),
    ).toMatchObject([413, 'BODY_TOO_LARGE', sentence]);
    expect(await problem(await post(' '.repeat(17 * 1024 * 1024)))).toMatchObject([413, 'BODY_TOO_LARGE', sentence]);
    expect(await (await fetch(`${api}/pipeline`)).json()).toMatchObject({ accepted: 0, quarantined: 0, offset: 0 });
  });

  it('refuses other sites’ pages, and names that are not this machine’s', async () => {
    expect(
      await problem(await post('{}', { 'content-type': 'application/json', origin: 'https://elsewhere.example' })),
    ).toMatchObject([403, 'FOREIGN_ORIGIN', expect.any(String)]);
    const { port } = new URL(server.url);
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/api/v1/reports',
      headers: { host: `elsewhere.example:${port}` },
    }).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
  });
});

describe('GET /reports', () => {
  it('pages, sorts, searches and filters, in JSON, CSV and NDJSON', async () => {
    const all = sales(60, 2);
    await post(JSON.stringify(all));
    const get = (query: string): Promise<Response> => fetch(`${api}/reports/daily_category_product?${query}`);
    const page = (await (
      await get('sort=-daily_rev&limit=3&category=Furniture&category=Technology&search=binder')
    ).json()) as {
      frame: number;
      total: number;
      rows: { daily_rev: number; product_name: string }[];
    };
    expect(page.frame).toBe(60);
    expect(page.rows.length).toBe(Math.min(3, page.total));
    expect(page.rows.map((row) => row.daily_rev)).toEqual(page.rows.map((row) => row.daily_rev).sort((a, b) => b - a));
    expect(page.rows.every((row) => row.product_name.includes('Binder'))).toBe(true);
    const csv = await get('format=csv');
    expect(csv.headers.get('daybook-frame')).toBe('60');
    const lines = (await csv.text()).split('\r\n');
    expect(lines[0]).toBe('ts_date,category,sub_category,product_name,daily_quantity,daily_rev,daily_profit');
    const rows = (await (await get('format=ndjson')).text()).trim().split('\n');
    expect(lines.length - 2).toBe(rows.length);
    expect((await get('format=ndjson&limit=2')).headers.get('daybook-total')).toBe(String(rows.length));
  });

  it('gives further pages of the frame that the first one was of, or says that it is gone', async () => {
    const [late, ...first] = sales(10, 4);
    await post(JSON.stringify(first));
    const get = (query: string): Promise<Response> => fetch(`${api}/reports/daily_category_product?limit=2&${query}`);
    const { frame } = (await (await get('')).json()) as { readonly frame: number };
    expect((await get(`offset=2&frame=${frame}`)).status).toBe(200);
    await post(JSON.stringify(late));
    expect(await problem(await get(`offset=4&frame=${frame}`))).toEqual([
      409,
      'FRAME_GONE',
      expect.stringMatching(/^The reports are at frame 10, no longer at 9\. Begin again .*format=ndjson/),
    ]);
    expect((await get(`frame=10`)).status).toBe(200);
  });

  it('says what is wrong with a request', async () => {
    const get = async (path: string): Promise<readonly [number, string, string]> =>
      problem(await fetch(`${api}${path}`));
    expect(await get('/reports/nothing')).toMatchObject([
      404,
      'UNKNOWN_REPORT',
      expect.stringContaining('daily_pu_rev'),
    ]);
    expect(await get('/reports/daily_pu_rev?form=2026-01-01')).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining("no parameter 'form'"),
    ]);
    expect(await get('/reports/daily_pu_rev?from=2026-02-30')).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining("'from' is '2026-02-30'"),
    ]);
    expect(await get('/reports/daily_pu_rev?limit=10001')).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining('from 0 to 10000'),
    ]);
    expect(await get('/reports/daily_pu_rev?sort=x')).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining("'x' is no column"),
    ]);
    expect(await get('/reports/daily_pu_rev?format=xml')).toMatchObject([
      400,
      'BAD_QUERY',
      expect.stringContaining('json, csv, spreadsheet, ndjson'),
    ]);
    expect(await get('/records?from=x')).toMatchObject([400, 'BAD_QUERY', expect.any(String)]);
    for (const path of ['/records?', '/reports/daily_pu_rev?', '/reports/daily_pu_rev/totals?measure=daily_rev&']) {
      expect(await get(`${path}from=2026-03-05&to=2026-03-04`)).toEqual([
        400,
        'BAD_QUERY',
        "'from' is 2026-03-05, after 'to', which is 2026-03-04: no day is between them.",
      ]);
      // What is no day is told as that.
      expect(await get(`${path}from=yesterday&to=2026-03-04`)).toMatchObject([
        400,
        'BAD_QUERY',
        expect.stringContaining("'from' is 'yesterday'"),
      ]);
    }
    expect(await get('/nothing')).toMatchObject([404, 'NOT_FOUND', expect.any(String)]);
  });

  it.each([
    ['/reports?format=csv', /no parameter 'format' here; it takes none/],
    ['/pipeline?x=1', /no parameter 'x'/],
    ['/pipeline/details?x=1', /no parameter 'x'/],
    ['/topics?x=1', /no parameter 'x'/],
    ['/topics/daily_records/records?offset=1&time=2026-02-01', /'offset' and 'time' both say where to begin/],
    ['/topics/daily_records/records?before=end&time=2026-02-01', /'time' and 'before' both say where to begin/],
    ['/topics/daily_records/records?before=newest', /'before' is 'newest'; it must be 'end', or an offset/],
    [
      '/topics/daily_records/records?before=1,2',
      /'before' is '1,2'; it must be 'end', or have an offset for each partition/,
    ],
    ['/topics/daily_records/records?value=1', /there is no 'field'/],
    ['/topics/daily_records/records?test=above', /there is no 'field'/],
    ['/topics/daily_records/records?follow=true&limit=1', /goes with nothing else/],
    ['/topics/daily_records/records?field=latitude&test=above&value=abc', /'latitude' is compared with a number/],
    ['/quarantine?nope=1', /there are limit, offset, open, id\./],
    ['/reports/daily_address?latitude=0x25', /it must be a number/],
    [
      `/frames?views=${JSON.stringify([{ id: 'a', kind: 'rows', report: 'daily_pu_rev', from: '2026-02-02', to: '2026-02-01' }])}`,
      /no day is between them/,
    ],
  ])('does not pass over what is meant otherwise in %s', async (path, detail) => {
    expect(await problem(await fetch(api + path))).toEqual([400, 'BAD_QUERY', expect.stringMatching(detail)]);
  });
});

describe('what HTTP itself finds wrong', () => {
  const H = 'host: 127.0.0.1\r\n';
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400, 'REQUEST_UNREADABLE'],
    ['an unknown method', `QUARREL / HTTP/1.1\r\n${H}\r\n`, 400, 'REQUEST_UNREADABLE'],
    ['an address that is none', `GET /% HTTP/1.1\r\n${H}\r\n`, 400, 'BAD_QUERY'],
    ['a name that is too long', `GET /api/v1/reports/${'x'.repeat(200)} HTTP/1.1\r\n${H}\r\n`, 400, 'BAD_QUERY'],
    ['headers that are too large', `GET /?${'x'.repeat(70_000)} HTTP/1.1\r\n${H}\r\n`, 431, 'HEADERS_TOO_LARGE'],
    [
      'a chunk that is none',
      `POST /api/v1/records HTTP/1.1\r\n${H}content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'REQUEST_UNREADABLE',
    ],
    [
      'a content type that is none',
      `POST /api/v1/records HTTP/1.1\r\n${H}content-type: application\r\ncontent-length: 2\r\n\r\n{}`,
      415,
      'BODY_TYPE_UNKNOWN',
    ],
  ])('%s is answered with a problem', async (_what, text, status, code) => {
    using client = await RawClient.open(server.url);
    await client.send(text);
    const [head, body] = (await client.until('}')).split('\r\n\r\n') as [string, string];
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('content-type: application/problem+json');
    const problemSent = JSON.parse(body) as { readonly detail: string };
    expect(problemSent).toMatchObject({ status, code });
    expect(problemSent.detail).toMatch(/[.)]$/);
    if (status === 415) expect(problemSent.detail).toContain('send application/x-ndjson');
  });

  it('the longest question of a page is not', async () => {
    const search = 'x'.repeat(600);
    const views = Array.from({ length: 40 }, (_, id) => ({
      id: `v${id}`,
      kind: 'rows',
      report: 'daily_pu_rev',
      search,
    }));
    const response = await fetch(`${api}/frames?views=${encodeURIComponent(JSON.stringify(views))}`);
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it('a range of nothing is', async () => {
    await writeFile(join(folder.path, 'index.html'), '<!doctype html>');
    const pages = await startServer({ runtime, host: '127.0.0.1', port: 0, pages: folder.path, logger, clock });
    stack.defer(() => pages.close());
    const response = await fetch(pages.url, { headers: { range: 'bytes=99999999-' } });
    expect(await problem(response)).toMatchObject([416, 'RANGE_OUTSIDE', expect.any(String)]);
  });
});

describe('pages that are built anew while Daybook runs', () => {
  const load = async (url: string): Promise<readonly [number, string]> => {
    const response = await fetch(url);
    return [response.status, await response.text()];
  };

  it('are not shown without their code, which this Daybook does not know: it says that it is to be started again', async () => {
    const index = join(folder.path, 'index.html');
    await writeFile(index, '<!doctype html><script src="/assets/index-1.js"></script>');
    const pages = await startServer({ runtime, host: '127.0.0.1', port: 0, pages: folder.path, logger, clock });
    stack.defer(() => pages.close());
    const paths = ['/', '/records', '/pipeline?x=1'].map((path) => `${pages.url}${path}`);
    for (const path of paths) expect(await load(path)).toEqual([200, expect.stringContaining('index-1.js')]);
    const again = '<!doctype html><script src="/assets/index-2.js"></script>';
    for (const built of [again, undefined]) {
      await (built === undefined ? rm(index) : writeFile(index, built));
      for (const path of paths) expect(await load(path)).toEqual([503, expect.stringContaining('start it again')]);
    }
  });

  it('are told to need a start where there were none', async () => {
    expect(await load(server.url)).toEqual([200, expect.stringMatching(/npm run build<.code>, start Daybook again/)]);
  });
});

it.each([
  'frames',
  'frames?views=[]',
  'topics/daily_records/records?follow=true',
  'topics/daily_records/records?stream=true',
])('HEAD of the events of %s ends', async (path) => {
  const response = await fetch(`${api}/${path}`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect((await fetch(`${api}/frames?views=x`, { method: 'HEAD' })).status).toBe(400);
});

it('HEAD of the records reads none', async () => {
  await post(JSON.stringify(sales(3)));
  const reading = vi.spyOn(runtime, 'records');
  const read = async (method: string): Promise<readonly unknown[]> => {
    const response = await fetch(`${api}/records?from=2026-01-01`, { method });
    return [response.status, response.headers.get('content-type'), await response.text()];
  };
  expect(await read('HEAD')).toEqual([200, 'application/x-ndjson', '']);
  expect(reading).not.toHaveBeenCalled();
  expect((await fetch(`${api}/records?form=2026-01-01`, { method: 'HEAD' })).status).toBe(400);
  expect((await read('GET')).slice(0, 2)).toEqual([200, 'application/x-ndjson']);
  expect(reading).toHaveBeenCalledOnce();
});

it('says which methods an address takes, where it takes others', async () => {
  const ask = (method: string, path: string, body?: string): Promise<Response> =>
    fetch(server.url + path, { method, ...(body !== undefined && { body }) });
  for (const [method, path, allow] of [
    ['PUT', '/api/v1/records', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/records?from=2026-03-04', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/v1/records', 'GET, HEAD, POST'],
    ['POST', '/api/v1/reports/daily_pu_rev', 'GET, HEAD'],
    ['PATCH', '/api/v1/topics/daily_records/records/0', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
  ] as const) {
    const answer = await ask(method, path, method === 'OPTIONS' ? undefined : '{}');
    expect(answer.headers.get('allow'), `${method} ${path}`).toBe(allow);
    expect(await problem(answer)).toEqual([405, 'METHOD_NOT_ALLOWED', expect.stringContaining(allow)]);
  }
  const nothing = await ask('PUT', '/api/v1/nothing', '{}');
  expect(nothing.headers.get('allow')).toBeNull();
  expect(await problem(nothing)).toMatchObject([404, 'NOT_FOUND', expect.any(String)]);
  expect((await ask('PUT', '/api/v1/reports/', '{}')).status).toBe(404);
});

it('answers a browser at an address without a page with one, and programs with a problem', async () => {
  const browser = { headers: { accept: 'text/html,*/*;q=0.8' } };
  const page = await fetch(`${server.url}/nothing`, browser);
  expect(page.status).toBe(404);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<a href="/">dashboard</a>');
  expect(await problem(await fetch(`${server.url}/nothing`))).toMatchObject([404, 'NOT_FOUND', expect.any(String)]);
  expect(await problem(await fetch(`${api}/nothing`, browser))).toMatchObject([404, 'NOT_FOUND', expect.any(String)]);
});

/** Reads the events of a stream of frames, one at a time. */
async function* frames(signal: AbortSignal): AsyncGenerator<FrameEvent> {
  const response = await fetch(`${api}/frames`, { signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield JSON.parse(data.slice(6)) as FrameEvent;
    }
  }
}

describe('GET /frames', () => {
  it('begins with the present offset, and then sends each frame’s changed rows', async () => {
    const reader = new AbortController();
    const events = frames(reader.signal);
    expect((await events.next()).value).toMatchObject({ frame: 0, reports: [] });
    const [sale] = sales(1, 3) as [RandomSale];
    await post(JSON.stringify(sale));
    const next = await events.next();
    const value = next.value as FrameEvent;
    expect(value).toMatchObject({ frame: 1 });
    expect(value.reports.find(({ name }) => name === 'daily_pu_rev')?.rows).toMatchObject([
      { ts_date: sale.ts_date, daily_pu: 1 },
    ]);
    reader.abort();
  });

  it('ends when the server closes', async () => {
    const events = frames(new AbortController().signal);
    await events.next();
    await server.close();
    expect((await events.next()).done).toBe(true);
  });
});

describe('the server', () => {
  it('answers those who watch over it', async () => {
    const get = async (path: string): Promise<string> => (await fetch(server.url + path)).text();
    expect(await get('/healthz')).toBe('{"status":"ok"}');
    expect(await get('/readyz')).toBe('{"status":"ready"}');
    await post(JSON.stringify(sales(5, 4)));
    const metrics = await get('/metrics');
    expect(metrics).toMatch(/daybook_records_accepted_total 5\n/);
    expect(metrics).toMatch(/daybook_amendments_total 0\n/);
    expect(metrics).toMatch(/daybook_lag_records \d+\n/);
    expect(metrics).toMatch(/daybook_freshness_p99_seconds (Nan|\d\S*)\n/);
    expect(await get('/')).toContain('npm run build');
  });

  it.each([
    ['127.0.0.1', false],
    ['0.0.0.0', true],
  ])('knows whether others may reach it at %s', async (host, isOpen) => {
    const other = await startServer({ runtime, host, port: 0, pages: folder.path, logger, clock });
    stack.defer(() => other.close());
    expect(other.isOpen).toBe(isOpen);
  });

  it('says that its port is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    folder = stack.use(await temporaryFolder());
    runtime = await openEmbedded({ plan, disk: openDisk(folder.path), clock });
    await expect(startServer({ runtime, host: '127.0.0.1', port, pages: folder.path, logger, clock })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken by another program. Choose another with --port`,
    );
    await runtime.close();
    other.close();
  });
});
