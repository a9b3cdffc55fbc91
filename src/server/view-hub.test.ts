import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import type { Readings } from '../ports/rows.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { ViewRequest, ViewsEvent } from './protocol.ts';
import { ViewHub } from './view-hub.ts';
import { viewsOf } from './views.ts';

const DAYS: ViewRequest = { id: 'view', kind: 'rows', report: 'daily_pu_rev' };
const PRODUCTS: ViewRequest = { id: 'view', kind: 'rows', report: 'daily_category_product' };

/** A page that asks one question: what it was sent, and what it shows. */
class OpenPage {
  readonly stream = new PassThrough();
  readonly events: ViewsEvent[] = [];

  open(hub: ViewHub, view: ViewRequest): Promise<void> {
    this.stream.setEncoding('utf8').on('data', (text: string) => {
      this.events.push(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as ViewsEvent);
    });
    return hub.open(this.stream as unknown as ServerResponse, viewsOf(JSON.stringify([view]), false), () => undefined);
  }

  /** The frames of what it names, and of the figures below. */
  get shown(): readonly (number | undefined)[] {
    return [this.events.at(-1)?.frame, this.events.findLast(({ views }) => 'view' in views)?.views['view']?.frame];
  }
}

/** A runtime whose answers come when a test says so, as those of a database may. */
class SlowAnswers {
  readonly runtime: Runtime;
  /** Lets an answer come, in the order of the questions. */
  readonly held: (() => void)[] = [];
  /** The reports that were asked for, question by question. */
  readonly asked: (readonly string[])[] = [];
  isHeld = false;

  constructor(runtime: Runtime) {
    this.runtime = Object.assign(Object.create(runtime) as Runtime, {
      plan: runtime.plan,
      status: () => runtime.status(),
      read: async (readings: Parameters<Runtime['read']>[0]): Promise<Readings> => {
        this.asked.push(readings.map(({ report }) => report));
        const answer = await runtime.read(readings);
        if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve));
        return answer;
      },
    });
  }
}

async function sell(runtime: Runtime): Promise<void> {
  await runtime.accept({ origin: 'test', lines: Buffer.from(mixedSales(5, { repeats: 0, seed: 4 }).join('\n')) });
}

it('a page that opens while others are told of a frame has its figures, too', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const slow = new SlowAnswers(runtime);
  const hub = new ViewHub(slow.runtime, machineClock(), pino({ level: 'silent' }));
  const first = new OpenPage();
  await first.open(hub, DAYS);
  runtime.subscribe((frame) => hub.frame(frame));

  slow.isHeld = true;
  const second = new OpenPage();
  const opening = second.open(hub, PRODUCTS);
  await expect.poll(() => slow.held.length).toBe(1);
  await sell(runtime);
  await expect.poll(() => slow.held.length).toBe(2);
  slow.isHeld = false;
  slow.held[0]?.();
  await opening;
  slow.held[1]?.();
  await expect.poll(() => first.shown).toEqual([5, 5]);
  await expect.poll(() => second.shown).toEqual([5, 5]);
});

it('what a page asked that left before it was answered is not asked any more', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const slow = new SlowAnswers(runtime);
  const hub = new ViewHub(slow.runtime, machineClock(), pino({ level: 'silent' }));
  const stays = new OpenPage();
  await stays.open(hub, DAYS);
  runtime.subscribe((frame) => hub.frame(frame));

  slow.isHeld = true;
  const leaves = new OpenPage();
  const opening = leaves.open(hub, PRODUCTS);
  await expect.poll(() => slow.held.length).toBe(1);
  leaves.stream.destroy();
  await once(leaves.stream, 'close');
  slow.isHeld = false;
  slow.held[0]?.();
  await opening;
  await sell(runtime);
  await expect.poll(() => stays.shown).toEqual([5, 5]);
  expect(slow.asked.at(-1)).toEqual(['daily_pu_rev']);
});
