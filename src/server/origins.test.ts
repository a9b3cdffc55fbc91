import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../test/server/raw-client.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { knownHosts } from './origins.ts';
import type { Problem } from './protocol.ts';

const LOOPBACKS = ['127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'];

describe('the names that a Daybook answers to', () => {
  it.each(LOOPBACKS)('are this machine’s own when it is bound to %s', (address) => {
    const isKnown = knownHosts({ addresses: [address], host: address, allowHosts: [] });
    for (const host of ['localhost', 'LOCALHOST:4000', '127.0.0.1:4000', '127.9.8.7', '[::1]:4000', '[0:0:0::1]']) {
      expect(isKnown(host), host).toBe(true);
    }
    for (const host of [
      'elsewhere.example',
      'localhost.elsewhere.example:4000',
      '10.0.0.1',
      '[2001:db8::1]',
      '',
      '/',
    ]) {
      expect(isKnown(host), host).toBe(false);
    }
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '::ffff:192.168.1.5', '128.0.0.1'])(
    'are any address and this machine’s name when it is bound to %s',
    (address) => {
      const isKnown = knownHosts({ addresses: [address], host: address, allowHosts: [] });
      for (const host of ['localhost:4000', '127.0.0.1', '192.168.1.5:4000', '[2001:db8::1]:4000', hostname()]) {
        expect(isKnown(host), host).toBe(true);
      }
      for (const host of ['elsewhere.example', `${hostname()}.elsewhere.example`, 'a@127.0.0.1', '127.0.0.1/x', '']) {
        expect(isKnown(host), host).toBe(false);
      }
    },
  );

  it('are also those that it was told, and the one that it was bound by, in any case', () => {
    const isKnown = knownHosts({
      addresses: ['127.0.0.1', '192.168.1.5'],
      host: 'Shop.lan',
      allowHosts: ['Daybook.Example'],
    });
    for (const host of ['shop.lan:4000', 'DAYBOOK.example', 'daybook.example:4000']) expect(isKnown(host)).toBe(true);
    expect(isKnown('www.daybook.example')).toBe(false);
  });

  it('are also addresses that it was told', () => {
    const isKnown = knownHosts({
      addresses: ['127.0.0.1'],
      host: '127.0.0.1',
      allowHosts: ['192.168.1.1', '2001:DB8:0::1'],
    });
    for (const host of ['192.168.1.1', '192.168.1.1:4000', '[2001:db8::1]:4000', '127.0.0.1']) {
      expect(isKnown(host), host).toBe(true);
    }
    for (const host of ['192.168.1.2', '[2001:db8::2]']) expect(isKnown(host), host).toBe(false);
  });
});

/** The status and code of an answer to a request that calls its host by another name. */
async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<readonly [number | undefined, string | undefined, string | undefined]> {
  const sent = request(`${url}/api/v1/${method === 'GET' ? 'reports' : 'records'}`, { method, headers });
  sent.end(method === 'GET' ? undefined : '{}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { code, detail } = JSON.parse(await text(response)) as Partial<Problem>;
  return [response.statusCode, code, detail];
}

describe('a Daybook', () => {
  it.each(['127.0.0.1', 'LOCALHOST', '127.0.0.2'])('bound by %s shows nothing to a foreign name', async (host) => {
    await using daybook = await serveEmbedded({ host });
    const { port, host: own } = new URL(daybook.server.url);
    const [status, code, detail] = await ask(daybook.server.url, { host: `elsewhere.example:${port}` });
    expect([status, code]).toEqual([403, 'FOREIGN_HOST']);
    expect(detail).toContain('--allow-host elsewhere.example');
    expect((await ask(daybook.server.url, { host: own }))[0]).toBe(200);
  });

  it.each([
    ['192.168.1.1:4000', /start it with --allow-host 192\.168\.1\.1\.$/],
    ['[2001:db8::1]', /start it with --allow-host 2001:db8::1\.$/],
    ['a@b', /^The request's Host is 'a@b', which is no name or address/],
  ])('called %j says what can be done', async (host, advice) => {
    await using daybook = await serveEmbedded();
    const [status, code, detail] = await ask(daybook.server.url, { host });
    expect([status, code]).toEqual([403, 'FOREIGN_HOST']);
    expect(detail).toMatch(advice);
  });

  it('called by nothing says that, too', async () => {
    await using daybook = await serveEmbedded();
    using client = await RawClient.open(daybook.server.url);
    await client.send('GET /api/v1/reports HTTP/1.1\r\nhost:\r\n\r\n');
    expect(await client.until('}')).toContain("Host is '', which is no name or address");
  });

  it('takes records from pages of its own, by whichever of its names they came, and from no others', async () => {
    await using daybook = await serveEmbedded({ allowHosts: ['daybook.example'] });
    const { url } = daybook.server;
    const { port, host: own } = new URL(url);
    const json = { 'content-type': 'application/json' };
    const known = [
      { host: own, origin: `http://${own}` },
      { host: 'daybook.example', origin: 'https://daybook.example' },
      { host: own },
    ];
    for (const headers of known) expect((await ask(url, { ...json, ...headers }, 'POST'))[0]).toBe(200);
    const foreign = [
      { host: own, origin: 'http://elsewhere.example' },
      { host: own, origin: `http://127.0.0.1:${Number(port) + 1}` },
      { host: own, origin: 'null' },
      { host: 'daybook.example', origin: 'https://daybook.example.elsewhere.example' },
    ];
    for (const headers of foreign) {
      expect((await ask(url, { ...json, ...headers }, 'POST')).slice(0, 2)).toEqual([403, 'FOREIGN_ORIGIN']);
    }
    const rebound = { ...json, host: 'elsewhere.example', origin: 'http://elsewhere.example' };
    expect((await ask(url, rebound, 'POST')).slice(0, 2)).toEqual([403, 'FOREIGN_HOST']);
  });
});
