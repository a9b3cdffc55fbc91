import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { startServer } from './server.ts';

const KEY = '/reports/daily_pu_rev/records?ts_date=2026-03-01';
const TOPIC = '/topics/daily_records/records';

/** Serves a runtime whose searches go on until they are told to end, and then have found nothing. */
async function serveEndless(runtime: Runtime): Promise<{
  readonly api: string;
  readonly hasBegun: Promise<void>;
  readonly close: () => Promise<void>;
}> {
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>();
  const until = async (signal: AbortSignal): Promise<void> => {
    begin();
    await once(signal, 'abort');
  };
  const endless: Runtime = Object.assign(Object.create(runtime) as Runtime, {
    plan: runtime.plan,
    status: () => runtime.status(),
    explain: async (_query: unknown, signal: AbortSignal) => {
      await until(signal);
      return { frame: 1, row: null, computed: null, total: 0, records: [], duplicates: [], amendments: [], looked: 0 };
    },
    readTopic: async function* (_topic: string, _reading: unknown, signal: AbortSignal) {
      yield { records: [], scanned: 0, of: 10, nextOffset: 0 };
      await until(signal);
    },
  });
  const server = await startServer({
    runtime: endless,
    host: '127.0.0.1',
    port: 0,
    pages: '/nowhere',
    logger: pino({ level: 'silent' }),
    clock: machineClock(),
  });
  return { api: `${server.url}/api/v1`, hasBegun, close: () => server.close() };
}

it.each([KEY, TOPIC])('what the end of the server cuts short is no answer: %s', async (path) => {
  await using daybook = await serveEmbedded();
  const served = await serveEndless(daybook.runtime);
  const asking = fetch(served.api + path);
  await served.hasBegun;
  await served.close();
  const response = await asking;
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'CLOSING' });
});

it.each([`${TOPIC}?stream=true`, `${TOPIC}?follow=true`])(
  'a stream that the end of the server cuts short does not say that it is over: %s',
  async (path) => {
    await using daybook = await serveEmbedded();
    const served = path.includes('follow') ? undefined : await serveEndless(daybook.runtime);
    const [response] = (await once(get((served?.api ?? daybook.api) + path), 'response')) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(response, 'data');
    await served?.hasBegun;
    const ended = once(response, 'close');
    await (served === undefined ? daybook.server.close() : served.close());
    await ended;
    expect(text).toMatch(/^event: (chunk|tail)/);
    expect(text).not.toContain('event: end');
  },
);

it('a record that is looked for while the engine closes is not said to be missing', async () => {
  await using daybook = await serveEmbedded();
  for (const line of mixedSales(5, { repeats: 0, seed: 3 })) {
    await daybook.runtime.accept({ origin: 'test', lines: Buffer.from(line) });
  }
  const looking = daybook.runtime.topicRecord('daily_records', 0, 4);
  const closing = daybook.runtime.close();
  await expect(looking).rejects.toMatchObject({ code: 'CLOSING' });
  await closing;
});

it('the log has one partition, and no other is looked into', async () => {
  await using daybook = await serveEmbedded();
  const detail = "'partition' is 1; topic 'daily_records' has 0 to 0.";
  for (const path of [`${TOPIC}?partition=1`, `${TOPIC}?partition=1&stream=true`, `${TOPIC}/0?partition=1`]) {
    const response = await fetch(daybook.api + path);
    expect(await response.json(), path).toMatchObject({ status: 400, code: 'BAD_QUERY', detail });
  }
});
