import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { EventStream, SharedText, takesGzip } from './event-stream.ts';

const GZIP = { 'accept-encoding': 'gzip, deflate, br, zstd' };

const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('événement '.repeat(40_000))), {
  maxLength: 6,
});

describe('a stream of events', () => {
  it('is what was sent, packed or not, for all who joined it when they did', async () => {
    const joins = fc.record({ after: fc.nat(6), isPacked: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(texts, fc.array(joins, { maxLength: 4 }), async (sent, joined) => {
        const readers = joined.map(({ after, isPacked }) => {
          const wire = new PassThrough({ highWaterMark: 1e9 });
          return { after, isPacked, wire, stream: new EventStream(wire, isPacked) };
        });
        for (const [index, text] of sent.entries()) {
          const shared = new SharedText(text);
          for (const { after, stream } of readers) if (after <= index) stream.send(shared);
        }
        for (const { after, isPacked, wire, stream } of readers) {
          stream.end();
          const bytes = await buffer(wire);
          expect((isPacked ? gunzipSync(bytes) : bytes).toString()).toBe(sent.slice(after).join(''));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('can be read up to what was sent last, though more follows', async () => {
    const wire = new PassThrough();
    const stream = new EventStream(wire, true);
    const read = wire.pipe(createGunzip()).setEncoding('utf8');
    for (const text of ['data: 1\n\n', 'data: two\n\n', 'data: 3\n\n']) {
      stream.send(text);
      expect(await once(read, 'data')).toEqual([text]);
    }
    stream.end();
    await once(read, 'end');
  });

  it('takes nothing more once it has ended', async () => {
    const wire = new PassThrough();
    const stream = new EventStream(wire, true);
    stream.send('data: 1\n\n');
    stream.end();
    expect([stream.isOver, stream.send('data: 2\n\n')]).toEqual([true, false]);
    stream.end();
    expect(gunzipSync(await buffer(wire)).toString()).toBe('data: 1\n\n');
  });
});

it.each([
  ['gzip', true],
  ['deflate, GZIP;q=0.5', true],
  ['x-gzip', true],
  ['br, zstd', false],
  ['gzip;q=0', false],
  ['gzip; q=0.000, br', false],
  ['notgzip', false],
  ['', false],
  [undefined, false],
] as const)("a reader who accepts '%s' takes gzip: %s", (header, expected) => {
  expect(takesGzip(header)).toBe(expected);
});

describe('frames', () => {
  it('are packed for who takes them so, and are there at once', async () => {
    await using daybook = await serveEmbedded();
    const read = async (headers: Record<string, string>): Promise<readonly [string | undefined, string]> => {
      const [response] = (await once(get(`${daybook.api}/frames`, { headers }), 'response')) as [IncomingMessage];
      const encoding = response.headers['content-encoding'];
      const events = encoding === 'gzip' ? response.pipe(createGunzip()) : response;
      let text = '';
      events.setEncoding('utf8').on('data', (part: string) => (text += part));
      await expect.poll(() => text).toContain('event: frame');
      const lines = Buffer.from(JSON.stringify({ ...plainSale, ts_id: crypto.randomUUID() }));
      const { offset } = await daybook.runtime.accept({ origin: 'test', lines });
      await expect.poll(() => text).toContain(`id: ${offset}\n`);
      response.destroy();
      return [encoding, text];
    };
    const [encoding, packed] = await read(GZIP);
    expect([encoding, packed]).toEqual(['gzip', expect.stringContaining('"daily_rev":422.24')]);
    const [none, plain] = await read({});
    expect([none, plain]).toEqual([undefined, expect.stringContaining('"daily_rev":844.48')]);
  });

  it('that end with the server are whole for who unpacks them', async () => {
    await using daybook = await serveEmbedded();
    const [response] = (await once(get(`${daybook.api}/frames`, { headers: GZIP }), 'response')) as [IncomingMessage];
    const reading = buffer(response);
    await daybook.server.close();
    expect(gunzipSync(await reading).toString()).toMatch(/^retry: 1000\nid: 0\nevent: frame\ndata: .*\n\n$/);
  });
});
