import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { isRefused, problemAt, readJson } from './http.ts';

it('who does not answer is told in the words of the page, and what was given up as that', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"detail":"There is none."}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const failure = (signal: AbortSignal): Promise<Error> =>
    readJson(`http://127.0.0.1:${port}/`, signal).then(
      () => new Error('it answered'),
      (error: unknown) => error as Error,
    );
  const { signal } = new AbortController();
  const refused = await failure(signal);
  expect([refused.message, isRefused(refused)]).toEqual(['There is none.', true]);
  expect((await failure(AbortSignal.abort())).name).toBe('AbortError');
  server.close();
  const silent = await failure(signal);
  expect([silent.message, isRefused(silent)]).toEqual(['Daybook does not answer.', false]);
});

it('what is wrong with an address is what the server says of it; a good answer is not waited for', async () => {
  const left = Promise.withResolvers<void>();
  const server = createServer(({ url }, response) => {
    if (url === '/long') return response.writeHead(431).end();
    if (url === '/proxy') return response.writeHead(502, { 'content-type': 'text/html' }).end('<p>Bad gateway</p>');
    if (url === '/gone') {
      return response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"detail":"There is none."}');
    }
    if (url === '/away') {
      return response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"detail":"It is away."}');
    }
    response.once('close', () => left.resolve());
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: alive\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = (path: string) => problemAt(`http://127.0.0.1:${port}${path}`);
  try {
    expect(await at('/gone')).toEqual({ detail: 'There is none.', isPassing: false });
    expect(await at('/away')).toEqual({ detail: 'It is away.', isPassing: true });
    expect((await at('/long'))?.detail).toContain('longer than a request may be');
    expect(await at('/proxy')).toBeUndefined();
    expect(await at('/events')).toBeUndefined();
    await left.promise;
  } finally {
    server.close();
    // The answer that was not read holds its connection.
    server.closeAllConnections();
  }
  expect(await at('/gone')).toBeUndefined();
});
