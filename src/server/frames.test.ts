import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { longNamedSales } from '../../test/sales/long-named-sales.ts';
import type { Frame } from '../ports/rows.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { FrameEvent } from './protocol.ts';
import { startServer } from './server.ts';

/** Far more than the buffers of a connection's two ends take: what is not read waits in the server. */
const BURST_BYTES = 12 * 1024 * 1024;
const SALES_A_BATCH = 900;
const SIGN_OF_LIFE_EVERY_MS = 10_000;

/** A reader of frames that can stop reading. */
class Reader {
  readonly #response: IncomingMessage;
  readonly #waiting = new Set<() => void>();
  readonly frames: FrameEvent[] = [];
  bytes = 0;
  signsOfLife = 0;
  #text = '';

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  static async open(api: string): Promise<Reader> {
    const [response] = (await once(get(`${api}/frames`), 'response')) as [IncomingMessage];
    const reader = new Reader(response);
    await reader.until(() => reader.frames.length > 0);
    return reader;
  }

  stopReading(): void {
    this.#response.pause();
  }

  readOn(): void {
    this.#response.resume();
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }

  /** Resolves once what was read is as wanted. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  #take(chunk: string): void {
    this.bytes += chunk.length;
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (event === 'event: alive\ndata:') this.signsOfLife++;
      else this.frames.push(JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '') as FrameEvent);
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

async function post(api: string, body: string): Promise<void> {
  const response = await fetch(`${api}/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  expect(response.status).toBe(200);
}

describe('a reader of frames that stops reading', () => {
  it('is told to read everything again once it reads on, also when nothing more happens', async () => {
    const clock = new HeldClock();
    await using daybook = await serveEmbedded({ serverClock: clock });
    using quick = await Reader.open(daybook.api);
    using slow = await Reader.open(daybook.api);
    slow.stopReading();
    let batches = 0;
    while (quick.bytes < BURST_BYTES) {
      const seen = quick.frames.length;
      await post(daybook.api, longNamedSales(SALES_A_BATCH, batches++));
      await quick.until(() => quick.frames.length > seen);
    }
    const offset = batches * SALES_A_BATCH;
    await quick.until(() => quick.frames.at(-1)?.frame === offset);
    clock.advance(SIGN_OF_LIFE_EVERY_MS);
    await quick.until(() => quick.signsOfLife === 1);

    slow.readOn();
    await slow.until(() => slow.frames.at(-1)?.frame === offset);
    const all = daybook.runtime.plan.reports.map(({ name }) => ({ name, rows: null }));
    expect(slow.frames.at(-1)?.reports).toEqual(all);
    expect(slow.bytes).toBeLessThan(quick.bytes - BURST_BYTES / 4);

    // From then on it is a reader like any other, in silence and when something happens.
    expect(slow.signsOfLife).toBe(0);
    clock.advance(SIGN_OF_LIFE_EVERY_MS);
    await slow.until(() => slow.signsOfLife === 1);
    await post(daybook.api, longNamedSales(SALES_A_BATCH, batches));
    await slow.until(() => slow.frames.at(-1)?.frame === offset + SALES_A_BATCH);
    expect(slow.frames.at(-1)).toEqual(quick.frames.at(-1));
  });
});

it('who leaves before the first event is sent no frame', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const { promise: hasAsked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: hasAnswer, resolve: answer } = Promise.withResolvers<void>();
  const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
  let onFrame = (_frame: Frame): void => undefined;
  const slow: Runtime = Object.assign(Object.create(runtime) as Runtime, {
    plan: runtime.plan,
    status: async () => {
      ask();
      await hasAnswer;
      return runtime.status();
    },
    subscribe: (listener: typeof onFrame) => {
      onFrame = listener;
      return leave;
    },
  });
  const logger = pino({ level: 'silent' });
  const options = { host: '127.0.0.1', port: 0, pages: '/nowhere', logger, clock: machineClock() };
  const served = await startServer({ runtime: slow, ...options });
  try {
    const reader = get(`${served.url}/api/v1/frames`).on('error', () => undefined);
    await hasAsked;
    reader.destroy();
    await isLeft;
    answer();
    // It answers after what was under way before.
    await fetch(`${served.url}/api/v1/pipeline`);
    let looked = 0;
    onFrame(
      Object.defineProperty({ offset: 1, atMs: 0, reports: [] }, 'reports', {
        get: () => {
          looked++;
          return [];
        },
      }),
    );
    expect(looked).toBe(0);
  } finally {
    await served.close();
  }
});
