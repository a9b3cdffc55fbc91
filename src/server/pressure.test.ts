import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { HeldDisk } from '../../test/disk/held-disk.ts';
import { expectReports } from '../../test/process/reports-over-http.ts';
import { longNamedSales } from '../../test/sales/long-named-sales.ts';
import { RawClient } from '../../test/server/raw-client.ts';
import type { ServedDaybook } from '../../test/server/serve-embedded.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import type { AcceptanceAnswer, Problem } from './protocol.ts';

const MIB = 1024 * 1024;
/** What may wait for the disk at one time. */
const PENDING_BYTES_MAX = 64 * MIB;
const LINES = { 'content-type': 'application/x-ndjson' };
const PACKED_LINES = { ...LINES, 'content-encoding': 'gzip' };
const BATCHES = 28;
const SALES_A_BATCH = 3_000;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Partial<AcceptanceAnswer & Problem>;
}

async function post(
  { api }: ServedDaybook,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = LINES,
): Promise<Answer> {
  const response = await fetch(`${api}/records`, { method: 'POST', headers, body });
  const answer = (await response.json()) as Answer['body'];
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: answer };
}

/** The room that requests take which are being read or unpacked. */
async function readingBytes({ server }: ServedDaybook): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^daybook_intake_reading_bytes (\S+)$/m.exec(metrics)?.[1]);
}

const isRefused = { status: 503, retryAfter: '1', body: { code: 'INTAKE_FULL' } };

it('more than the disk takes is turned away until it can be taken, and all that was answered is there', async () => {
  const disk = new HeldDisk(new FaultyDisk());
  await using daybook = await serveEmbedded({ disk });
  disk.hold();
  const batches = Array.from({ length: BATCHES }, (_, number) => longNamedSales(SALES_A_BATCH, number));
  const sentBytes = batches.reduce((sum, batch) => sum + batch.length, 0);
  expect(sentBytes).toBeGreaterThan(1.5 * PENDING_BYTES_MAX);

  // While the disk stands still, nothing is answered but what is turned away.
  const answers: (Answer | undefined)[] = batches.map(() => undefined);
  const pendingBytes: number[] = [];
  const refused = Promise.withResolvers<void>();
  const answered = batches.map(async (batch, number) => {
    const answer = await post(daybook, batch);
    answers[number] = answer;
    pendingBytes.push((await daybook.runtime.status()).pendingBytes);
    if (answers.filter((each) => each !== undefined).length * batch.length > sentBytes - PENDING_BYTES_MAX) {
      refused.resolve();
    }
  });
  await refused.promise;
  for (const answer of answers) if (answer !== undefined) expect(answer).toMatchObject(isRefused);
  expect(Math.max(...pendingBytes)).toBeLessThanOrEqual(PENDING_BYTES_MAX);
  expect((await daybook.runtime.status()).accepted).toBe(0);

  disk.release();
  await Promise.all(answered);
  const taken = batches.filter((_, number) => answers[number]?.status === 200);
  const lines = taken.flatMap((batch) => batch.split('\n'));
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThan(BATCHES);
  expect(await daybook.runtime.status()).toMatchObject({ accepted: lines.length, pendingBytes: 0 });
  await expectReports(daybook.server.url, lines);
  expect(await readingBytes(daybook)).toBe(0);

  // What was turned away is taken when it is sent again.
  for (const batch of batches.filter((each) => !taken.includes(each))) {
    expect(await post(daybook, batch)).toMatchObject({ status: 200 });
  }
  expect((await daybook.runtime.status()).accepted).toBe(BATCHES * SALES_A_BATCH);
});

it('requests that only announce their bodies keep nobody out', async () => {
  await using daybook = await serveEmbedded();
  const clients: RawClient[] = [];
  for (let count = 0; count < 32; count++) clients.push(await RawClient.beginPost(daybook.server.url, 16 * MIB));
  expect(await readingBytes(daybook)).toBe(0);
  expect(await post(daybook, '{}')).toMatchObject({ status: 200 });
  for (const client of clients) client[Symbol.dispose]();
});

it('bodies that are being read take a bounded room; who finds none is refused, and the others are taken', async () => {
  await using daybook = await serveEmbedded();
  const clients: RawClient[] = [];
  for (let count = 0; count < 10; count++) clients.push(await RawClient.beginPost(daybook.server.url, 16 * MIB));
  const part = '\n'.repeat(MIB);
  for (let sent = 0; sent < 16; sent++) {
    await Promise.all(clients.map((client) => client.send(part)));
    expect(await readingBytes(daybook)).toBeLessThanOrEqual(128 * MIB);
  }
  const answers = await Promise.all(clients.map((client) => client.until('\r\n\r\n{')));
  const refused = answers.filter((answer) => !answer.includes('HTTP/1.1 200 OK'));
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeLessThan(10);
  for (const answer of refused) expect(answer).toMatch(/HTTP\/1\.1 503 [^]*retry-after: 1\r\n/i);
  for (const client of clients) client[Symbol.dispose]();
  await expect.poll(() => readingBytes(daybook)).toBe(0);
  expect(await post(daybook, '{}')).toMatchObject({ status: 200 });
});

it('bodies that are large only when they are unpacked take no more', async () => {
  await using daybook = await serveEmbedded();
  const packed = gzipSync(Buffer.alloc(16 * MIB, '\n'));
  const answers = await Promise.all(Array.from({ length: 24 }, () => post(daybook, packed, PACKED_LINES)));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) expect(answer).toMatchObject(isRefused);
  expect(await readingBytes(daybook)).toBe(0);
  expect(await post(daybook, packed, PACKED_LINES)).toMatchObject({ status: 200 });
});

it('a body of more records than a request may hold is refused whole', async () => {
  await using daybook = await serveEmbedded();
  const json = { 'content-type': 'application/json' };
  for (const [body, headers] of [
    ['{}\n'.repeat(200_001), LINES],
    [`[${'{},'.repeat(200_000)}{}]`, json],
  ] as const) {
    const { status, body: answer } = await post(daybook, body, headers);
    expect([status, answer.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(answer.detail).toMatch(/^The body holds more than 200000 records, .*Send fewer records in each request/);
  }
  expect(await daybook.runtime.status()).toMatchObject({ quarantined: 0 });
  expect(await post(daybook, '\n'.repeat(300_000))).toMatchObject({ status: 200, body: { accepted: 0 } });
});
