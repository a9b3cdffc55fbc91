import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { expectReports } from '../../test/process/reports-over-http.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { RawClient } from '../../test/server/raw-client.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { DaybookError } from '../base/errors.ts';
import { makePlan } from '../plan/normalise.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { scanThread } from '../runtimes/scan-thread.ts';
import { ByteBudget } from '../sources/http/byte-budget.ts';
import { IncomingBodies } from './incoming-bodies.ts';

const BATCHES = 24;
const CLIENTS = 3;
const BODY_BYTES_MAX = 4_000_000;
/** Around what Node reads from a connection at once, and what a body is given room for. */
const SIZES = [1, 100, 8_192, 65_535, 65_536, 65_537, 300_000, 3_000_000];

/** A text in which no part comes again. */
function textOf(bytes: number): string {
  return Array.from({ length: Math.ceil(bytes / 8) }, (_, at) => at.toString(36).padStart(8, '.'))
    .join('')
    .slice(0, bytes);
}

function bodiesRead(): IncomingBodies {
  return new IncomingBodies(machineClock(), new AbortController().signal);
}

function limits(): Parameters<IncomingBodies['read']>[1] {
  return { bytesMax: BODY_BYTES_MAX, claim: new ByteBudget(BODY_BYTES_MAX).open() };
}

/** Sends bodies back as they were read. */
interface EchoServer extends AsyncDisposable {
  readonly url: string;
  /** What each part of a body stood in as Node handed it over. */
  readonly memory: ArrayBuffer[];
}

/** @param isLate  whether a body is read once a part of it may be there already */
async function serveEcho(isLate: boolean): Promise<EchoServer> {
  const bodies = bodiesRead();
  const memory: ArrayBuffer[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isLate) await new Promise<void>((resolve) => process.nextTick(resolve));
    request.on('data', ({ buffer }: Buffer<ArrayBuffer>) => memory.push(buffer));
    try {
      const body = await bodies.read(request, limits());
      response.end(Buffer.from(body));
      bodies.release(body);
    } catch (error) {
      response.end(error instanceof DaybookError ? error.code : String(error));
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    memory,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A body whose length is not announced, in so many parts. */
function inParts(text: string, count: number): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text);
  const partBytes = Math.ceil(bytes.length / count);
  return ReadableStream.from(
    Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, part) =>
      bytes.subarray(part * partBytes, (part + 1) * partBytes),
    ),
  );
}

describe.each([
  ['at once', false],
  ['once a part of it is there', true],
])('a body that is read %s', (_, isLate) => {
  it('comes whole, one after the other on a connection, and its memory is given back', async () => {
    await using echo = await serveEcho(isLate);
    for (const size of SIZES) {
      const text = textOf(size);
      const plain = await fetch(echo.url, { method: 'POST', body: text });
      expect((await plain.text()) === text).toBe(true);
      for (const count of [1, 7, 500]) {
        const parts = await fetch(echo.url, { method: 'POST', body: inParts(text, count), duplex: 'half' });
        expect((await parts.text()) === text).toBe(true);
      }
      const packed = await fetch(echo.url, { method: 'POST', body: gzipSync(text) });
      expect(gunzipSync(await packed.bytes()).equals(Buffer.from(text))).toBe(true);
    }
    expect(echo.memory.length).toBeGreaterThan(SIZES.length);
    expect(echo.memory.filter(({ detached }) => !detached)).toHaveLength(0);
  });

  it('comes whole with its header and with other requests in one piece, and its memory is given back', async () => {
    await using echo = await serveEcho(isLate);
    const texts = [...SIZES, ...SIZES.toReversed()].map(textOf);
    using client = await RawClient.open(echo.url);
    const requests = texts.map((text, at) => {
      const head = `POST / HTTP/1.1\r\nhost: daybook${at === texts.length - 1 ? '\r\nconnection: close' : ''}\r\n`;
      return at % 2 === 0
        ? `${head}content-length: ${text.length}\r\n\r\n${text}`
        : `${head}transfer-encoding: chunked\r\n\r\n${text.length.toString(16)};a=b\r\n${text}\r\n0\r\nc: d\r\n\r\n`;
    });
    await client.send(requests.join(''));
    const answers = (await client.ended()).split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/).slice(1);
    expect(answers.map((answer, at) => answer === texts[at])).toEqual(texts.map(() => true));
    expect(echo.memory.length).toBeGreaterThanOrEqual(texts.length);
    expect(echo.memory.filter(({ detached }) => !detached)).toHaveLength(0);
  });

  it('has its memory given back also where it is refused, and others come whole behind it', async () => {
    await using echo = await serveEcho(isLate);
    const tooLarge = await fetch(echo.url, {
      method: 'POST',
      body: inParts(textOf(BODY_BYTES_MAX + 1), 70),
      duplex: 'half',
    });
    expect(await tooLarge.text()).toBe('BODY_TOO_LARGE');
    expect(echo.memory.filter(({ detached }) => !detached)).toHaveLength(0);
    const next = await fetch(echo.url, { method: 'POST', body: textOf(100_000) });
    expect((await next.text()) === textOf(100_000)).toBe(true);
  });
});

it('memory of which a chunk is a part, and memory that threads share, is left as it is', async () => {
  const request = new IncomingMessage(new Socket());
  const all = Buffer.from(new ArrayBuffer(100)).fill('abcd');
  const shared = Buffer.from(new SharedArrayBuffer(4)).fill('efgh');
  for (const chunk of [all.subarray(0, 4), shared, all.subarray(50), null]) request.push(chunk);
  const body = await bodiesRead().read(request, limits());
  expect(Buffer.from(body).toString()).toBe(`abcdefgh${'cdab'.repeat(12)}cd`);
  expect([all.length, shared.toString()]).toEqual([100, 'efgh']);
});

it('large bodies stand in the rooms of those before them, and are read by another thread as they were sent', async () => {
  const scanElsewhere = scanThread(makePlan(daybook));
  await using served = await serveEmbedded({ scanElsewhere });
  await expect.poll(() => scanElsewhere.isReady(), { timeout: 30_000 }).toBe(true);
  const sales = mixedSales(BATCHES * 1_500, { repeats: 0, seed: 11 });
  // Of many sizes: small ones are read at once, where they stand.
  const batches: string[][] = [];
  for (let taken = 0; taken < sales.length; taken += batches.at(-1)?.length ?? 0) {
    batches.push(sales.slice(taken, taken + 1 + ((batches.length * 997) % 3_001)));
  }
  const waiting = batches.values();
  const client = async (): Promise<void> => {
    for (const batch of waiting) {
      const answer = await fetch(`${served.api}/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: batch.join('\n'),
      });
      expect(await answer.json()).toMatchObject({ accepted: batch.length, duplicates: 0, quarantined: [] });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await expectReports(served.server.url, sales);
});
