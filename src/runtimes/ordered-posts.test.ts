import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answered } from './ordered-posts.ts';
import { OrderedPosts } from './ordered-posts.ts';

interface Served extends AsyncDisposable {
  readonly url: string;
  readonly posts: OrderedPosts;
  /** Posts text in its turn. */
  readonly post: (...pieces: string[]) => Promise<Answered>;
}

async function serving(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Served> {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}/records`;
  const posts = new OrderedPosts();
  return {
    url,
    posts,
    post: (...pieces) =>
      posts.inTurn((turn) =>
        posts.post(
          url,
          'text/plain',
          pieces.map((piece) => Buffer.from(piece)),
          turn,
        ),
      ),
    [Symbol.asyncDispose]: async () => {
      await posts.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const OK = { status: 200, text: '' };

describe('posts in order', () => {
  it('arrive whole one after the other, whatever their sizes and however long each takes', async () => {
    const post = fc.record({ bytes: fc.integer({ min: 1, max: 300_000 }), waitMs: fc.integer({ min: 0, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(post, { minLength: 2, maxLength: 8 }), async (sent) => {
        const seen: string[] = [];
        await using served = await serving(async (request, response) => {
          const body = await text(request);
          const index = Number(body.slice(0, body.indexOf(' ')));
          seen.push(`begins ${index} of ${body.length}`);
          await sleep(sent[index]?.waitMs ?? 0);
          seen.push(`ends ${index}`);
          response.end();
        });
        const answers = await Promise.all(
          sent.map(({ bytes }, index) => served.post(`${index} `, 'x'.repeat(bytes), '')),
        );
        expect(answers).toEqual(sent.map(() => OK));
        const expected = sent.flatMap(({ bytes }, index) => [
          `begins ${index} of ${`${index} `.length + bytes}`,
          `ends ${index}`,
        ]);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('are on their way while the one before is under way', async () => {
    let [arrivedBytes, answerFirst] = [0, (): void => undefined];
    await using served = await serving(async (request, response) => {
      request.on('data', (chunk: Buffer) => (arrivedBytes += chunk.length));
      const body = await text(request);
      if (body === 'first') await new Promise<void>((resolve) => (answerFirst = resolve));
      response.end();
    });
    const both = Promise.all([served.post('first'), served.post('x'.repeat(100_000))]);
    await expect.poll(() => arrivedBytes).toBe('first'.length + 100_000 - 1);
    answerFirst();
    expect(await both).toEqual([OK, OK]);
  });

  it('fail with the one before them, and none of them is taken', async () => {
    const taken: string[] = [];
    await using served = await serving(async (request, response) => {
      const body = await text(request);
      if (body === 'cut off') return void response.destroy();
      taken.push(body);
      response.end();
    });
    const posts = ['fine', 'cut off', 'behind it', 'and behind that'].map((each) => served.post(each));
    const outcomes = await Promise.allSettled(posts);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(taken).toEqual(['fine']);
    // Who comes later waits for none of them.
    expect(await served.post('again')).toEqual(OK);
    expect(taken).toEqual(['fine', 'again']);
  });

  it('that are refused unread are answered before their turn', async () => {
    let answerFirst = (): void => undefined;
    await using served = await serving(async (request, response) => {
      if (request.headers['content-length'] === '5') {
        await text(request);
        await new Promise<void>((resolve) => (answerFirst = resolve));
      } else {
        response.statusCode = 413;
        request.resume();
      }
      response.end();
    });
    const first = served.post('first');
    expect(await served.post('too large')).toEqual({ status: 413, text: '' });
    answerFirst();
    expect(await first).toEqual(OK);
  });
});
