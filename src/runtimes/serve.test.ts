import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { dailyClose } from '../definition/schedules.ts';
import { makePlan } from '../plan/normalise.ts';
import type { ServeOptions } from './serve.ts';
import { serve } from './serve.ts';

const TIMEOUT_MS = 20_000;

function optionsIn(folder: string, over: Partial<ServeOptions>): ServeOptions {
  return {
    plan: makePlan({ ...daybook, schedules: [dailyClose({ exportTo: join(folder, 'days') })] }),
    root: join(folder, 'data'),
    host: '127.0.0.1',
    allowHosts: [],
    port: 0,
    pages: '/nowhere',
    logLevel: 'silent',
    stateBytesMax: 2 ** 20,
    topic: undefined,
    generate: undefined,
    isScheduled: true,
    clock: new HeldClock(),
    signal: new AbortController().signal,
    onReady: () => undefined,
    onNotice: () => undefined,
    onProgress: () => undefined,
    ...over,
  };
}

it('schedules and the generator end with a topic that cannot be read any more', async () => {
  await using folder = await temporaryFolder();
  const clock = new HeldClock();
  const sockets: Socket[] = [];
  const broker = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  try {
    const topic = { brokers: `127.0.0.1:${(broker.address() as AddressInfo).port}`, name: undefined };
    const generate = { rate: 1, seed: 1 };
    // Who is told that Kafka is away ends the reading, as a Kafka that refuses would.
    const onNotice = (sentence: string): void => {
      throw new Error(sentence);
    };
    const served = serve(optionsIn(folder.path, { clock, topic, generate, onNotice }));
    const failure = expect(served).rejects.toThrow('The topic daily_records is not read.');
    // The broker goes away once both wait for their next time.
    await expect.poll(() => clock.sleepers, { timeout: TIMEOUT_MS }).toBeGreaterThanOrEqual(2);
    broker.close();
    for (const socket of sockets) socket.destroy();
    await failure;
    expect(clock.sleepers).toBe(0);
  } finally {
    broker.close();
  }
});

it('brokers that cannot be are told before anything is opened', async () => {
  await using folder = await temporaryFolder();
  const topic = { brokers: 'kafka://nowhere', name: undefined };
  await expect(serve(optionsIn(folder.path, { topic }))).rejects.toMatchObject({ code: 'SETTING_WRONG' });
  expect(await readdir(folder.path)).toEqual([]);
});
