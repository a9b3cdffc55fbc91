import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { longNamedSales } from '../../test/sales/long-named-sales.ts';
import { RawClient } from '../../test/server/raw-client.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import type { Problem } from './protocol.ts';

const GRACE_MS = 5_000;
const STALL_MS = 30_000;
/** More than the buffers of a connection's two ends take. */
const UNREAD_BATCHES = 12;
const ONE_MEGABYTE = 900;

/** Whether records can be sent, as a new caller is told. It also lets the server read what was sent before. */
async function newcomer(api: string): Promise<string> {
  const response = await fetch(`${api}/reports`);
  return response.ok ? 'welcome' : ((await response.json()) as Problem).code;
}

describe('a server that closes', () => {
  it('waits for the requests that are under way, and takes no more', async () => {
    await using daybook = await serveEmbedded({ serverClock: new HeldClock() });
    const body = longNamedSales(2, 1);
    using client = await RawClient.beginPost(daybook.server.url, body.length);
    const closed = daybook.server.close();
    expect(await newcomer(daybook.api)).toBe('CLOSING');
    await client.send(body);
    expect(await client.until('"offset":')).toContain('"accepted":2');
    await closed;
  });

  it('cuts off those who have stopped reading or sending, after a while', async () => {
    const clock = new HeldClock();
    await using daybook = await serveEmbedded({ serverClock: clock });
    for (let batch = 0; batch < UNREAD_BATCHES; batch++) {
      const lines = Buffer.from(longNamedSales(ONE_MEGABYTE, batch));
      await daybook.runtime.accept({ origin: 'test', lines: Uint8Array.from(lines) });
    }
    using halfHeaders = await RawClient.open(daybook.server.url);
    await halfHeaders.send('POST /api/v1/records HTTP/1.1\r\nhost:');
    using halfBody = await RawClient.beginPost(daybook.server.url, 100);
    const [unread] = (await once(get(`${daybook.api}/records`), 'response')) as [IncomingMessage];
    unread.pause();

    const closed = daybook.server.close();
    expect(await newcomer(daybook.api)).toBe('CLOSING');
    clock.advance(GRACE_MS - 1);
    expect(await newcomer(daybook.api)).toBe('CLOSING');
    clock.advance(1);
    await closed;
    expect(await halfHeaders.ended()).toBe('');
    expect(await halfBody.ended()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    unread.destroy();
  });
});

describe('an upload', () => {
  it('that has stopped is given up', async () => {
    const clock = new HeldClock();
    await using daybook = await serveEmbedded({ serverClock: clock });
    using client = await RawClient.beginPost(daybook.server.url, 100);
    await client.send('{"ts_id":');
    for (const stillWelcome of ['welcome', 'welcome']) {
      expect(await newcomer(daybook.api)).toBe(stillWelcome);
      clock.advance(STALL_MS);
    }
    const answer = await client.ended();
    expect(answer).toContain('HTTP/1.1 408 ');
    expect(answer).toContain('"code":"BODY_STALLED"');
    expect(await daybook.runtime.status()).toMatchObject({ accepted: 0, quarantined: 0 });
  });

  it('that is slow takes the time that it needs', async () => {
    const clock = new HeldClock();
    await using daybook = await serveEmbedded({ serverClock: clock });
    const body = longNamedSales(1, 1);
    const step = Math.ceil(body.length / 50);
    using client = await RawClient.beginPost(daybook.server.url, body.length);
    for (let at = 0; at < body.length; at += step) {
      await client.send(body.slice(at, at + step));
      expect(await newcomer(daybook.api)).toBe('welcome');
      clock.advance(STALL_MS);
    }
    expect(await client.until('"offset":')).toContain('"accepted":1');
  });
});
