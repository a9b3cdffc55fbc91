import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Readings } from '../ports/rows.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { JsonRow, TotalsAnswer, ViewRequest, ViewsEvent } from './protocol.ts';
import { EventStream } from './event-stream.ts';
import { ViewHub } from './view-hub.ts';
import { viewsOf } from './views.ts';

const DAYS: ViewRequest = { id: 'view', kind: 'rows', report: 'daily_pu_rev' };
const PLACES: ViewRequest = {
  id: 'view',
  kind: 'totals',
  report: 'daily_address',
  by: ['latitude', 'longitude'],
  measure: 'daily_pu',
};
const PRODUCTS: ViewRequest = { id: 'view', kind: 'rows', report: 'daily_category_product' };

/** A page that asks one question: what it was sent, and what it shows. */
class OpenPage {
  readonly stream = new PassThrough();
  readonly events: ViewsEvent[] = [];
  problem: string | undefined;
  /** The places that it showed before. */
  #had: ReadonlyMap<string, unknown> = new Map();

  /** @param before  the same page until its connection broke: what it had then it has now */
  async open(hub: ViewHub, view: ViewRequest, before?: OpenPage): Promise<void> {
    const frame = before?.events.at(-1)?.frame;
    this.#had = before?.places.at(-1) ?? new Map();
    const asked = frame === undefined ? view : { ...view, since: frame };
    this.stream.setEncoding('utf8').on('data', (text: string) => {
      const data = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as ViewsEvent & { readonly detail: string };
      if (text.startsWith('event: problem\n')) this.problem = data.detail;
      else this.events.push(data);
    });
    const gone = new AbortController();
    this.stream.once('close', () => gone.abort());
    const views = viewsOf(JSON.stringify([asked]), true);
    await hub.open(views, () => new EventStream(this.stream, false), gone.signal);
  }

  /** The places that it showed, event by event: of totals an answer has those alone that changed, unless it is whole. */
  get places(): readonly ReadonlyMap<string, unknown>[] {
    let places = new Map(this.#had);
    return this.events.map(({ views }) => {
      const { isWhole, rows } = (views['view'] as TotalsAnswer | undefined) ?? { isWhole: false, rows: [] };
      places = new Map([...(isWhole ? [] : places), ...placesOf(rows)]);
      return places;
    });
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

async function sell(runtime: Runtime, seed = 4): Promise<void> {
  await runtime.accept({ origin: 'test', lines: Buffer.from(mixedSales(5, { repeats: 0, seed }).join('\n')) });
}

/** What `PLACES` is now, as the API answers it. */
async function placesNow(api: string): Promise<{ readonly frame: number; readonly places: Map<string, unknown> }> {
  const totals = await fetch(`${api}/reports/daily_address/totals?by=latitude,longitude&measure=daily_pu&limit=10000`);
  const { frame, rows } = (await totals.json()) as TotalsAnswer;
  return { frame, places: placesOf(rows) };
}

function placesOf(rows: readonly JsonRow[]): Map<string, unknown> {
  return new Map(rows.map((row) => [`${row['latitude']} ${row['longitude']}`, row['daily_pu']]));
}

/** A page that is open, and one that opens and has been waiting for its answer since. */
async function openSlowly(runtime: Runtime): Promise<{
  readonly slow: SlowAnswers;
  readonly first: OpenPage;
  readonly second: OpenPage;
  readonly opening: Promise<void>;
}> {
  const slow = new SlowAnswers(runtime);
  const hub = new ViewHub(slow.runtime, machineClock(), pino({ level: 'silent' }));
  const [first, second] = [new OpenPage(), new OpenPage()];
  await first.open(hub, DAYS);
  runtime.subscribe((frame) => hub.frame(frame));
  slow.isHeld = true;
  const opening = second.open(hub, PRODUCTS);
  await expect.poll(() => slow.held.length).toBe(1);
  return { slow, first, second, opening };
}

it('a page that opens while others are told of a frame has its figures, too', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const { slow, first, second, opening } = await openSlowly(runtime);
  await sell(runtime);
  await expect.poll(() => slow.held.length).toBe(2);
  slow.isHeld = false;
  slow.held[0]?.();
  await opening;
  slow.held[1]?.();
  await expect.poll(() => first.shown).toEqual([5, 5]);
  await expect.poll(() => second.shown).toEqual([5, 5]);
});

it('a page whose answers take long is told them, and what came meanwhile, however often the others are told', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const { slow, first, second, opening } = await openSlowly(runtime);
  await sell(runtime);
  await expect.poll(() => slow.held.length).toBe(2);
  slow.held[1]?.();
  await expect.poll(() => first.shown).toEqual([5, 5]);
  slow.held[0]?.();
  await opening;
  await expect.poll(() => second.shown).toEqual([0, 0]);
  await expect.poll(() => slow.held.length).toBe(3);
  expect(slow.asked.at(-1)).toEqual(['daily_category_product']);
  slow.held[2]?.();
  await expect.poll(() => second.shown).toEqual([5, 5]);
});

it('in whatever order answers come, and whoever leaves or comes back, each page shows what the reports have as of its frame, and goes forward only', async () => {
  const steps = fc.array(
    fc.constantFrom('open', 'sell', 'frame', 'answer', 'answer', 'last answer', 'leave', 'come back'),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      await using daybook = await serveEmbedded();
      const { runtime } = daybook;
      const slow = new SlowAnswers(runtime);
      // No time passes: nothing but the order of the answers decides.
      const clock: Clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
      const hub = new ViewHub(slow.runtime, clock, pino({ level: 'silent' }));
      const reports = runtime.plan.reports.map((report) => ({ report, rows: undefined }));
      const pages: OpenPage[] = [];
      const placesAt = new Map([[0, new Map<string, unknown>()]]);
      slow.isHeld = true;
      for (const step of [...taken, 'frame']) {
        if (step === 'open') {
          const page = new OpenPage();
          pages.push(page);
          void page.open(hub, PLACES);
        } else if (step === 'leave' || step === 'come back') {
          const [left] = pages.splice(0, 1);
          left?.stream.destroy();
          if (left !== undefined && step === 'come back') {
            const page = new OpenPage();
            pages.push(page);
            void page.open(hub, PLACES, left);
          }
        } else if (step === 'sell') {
          await sell(runtime, placesAt.size);
          const { frame, places } = await placesNow(daybook.api);
          placesAt.set(frame, places);
        } else if (step === 'frame') hub.frame({ offset: 0, atMs: 0, reports });
        else slow.held.splice(step === 'answer' ? 0 : -1, 1)[0]?.();
        // What follows from the step goes its way; more than that may, or may not.
        await new Promise(setImmediate);
      }
      slow.isHeld = false;
      for (const answer of slow.held) answer();
      const newest = [...placesAt.keys()].at(-1);
      for (const page of pages) {
        await expect.poll(() => page.events.at(-1)?.frame).toBe(newest);
        const frames = page.events.map(({ frame }) => frame);
        expect(frames).toEqual(frames.toSorted((a, b) => a - b));
        expect(page.places).toEqual(frames.map((frame) => placesAt.get(frame)));
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

it('what a page asked that left before it was answered is not asked any more', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const { slow, first: stays, second: leaves, opening } = await openSlowly(runtime);
  leaves.stream.destroy();
  await once(leaves.stream, 'close');
  slow.isHeld = false;
  slow.held[0]?.();
  await opening;
  await sell(runtime);
  await expect.poll(() => stays.shown).toEqual([5, 5]);
  expect(slow.asked.at(-1)).toEqual(['daily_pu_rev']);
});

it('a question that cannot be answered ends its own page, which is told so, and no other', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const reads: (readonly string[])[] = [];
  const failing: Runtime = Object.assign(Object.create(runtime) as Runtime, {
    plan: runtime.plan,
    status: () => runtime.status(),
    read: async (readings: Parameters<Runtime['read']>[0]): Promise<Readings> => {
      reads.push(readings.map(({ report }) => report));
      const { offset } = await runtime.status();
      if (offset > 0 && readings.some(({ report }) => report === 'daily_category_product'))
        throw new TypeError('secret');
      return runtime.read(readings);
    },
  });
  const hub = new ViewHub(failing, machineClock(), pino({ level: 'silent' }));
  const [well, ill] = [new OpenPage(), new OpenPage()];
  await well.open(hub, DAYS);
  await ill.open(hub, PRODUCTS);
  runtime.subscribe((frame) => hub.frame(frame));
  await sell(runtime);
  await expect.poll(() => ill.stream.writableFinished).toBe(true);
  expect(ill.problem).toBe('Something went wrong in Daybook; its log says what.');
  await expect.poll(() => well.shown, { timeout: 5_000 }).toEqual([5, 5]);
  expect(well.problem).toBeUndefined();
  expect(reads.at(-1)).toEqual(['daily_pu_rev']);
});

it.each(['read', 'status'] as const)(
  'a runtime whose %s says why it cannot be read ends no page, and nothing is lost',
  async (method) => {
    await using daybook = await serveEmbedded();
    const { runtime } = daybook;
    let isAway = false;
    const orAway = <T>(asked: typeof method, answer: () => Promise<T>): Promise<T> => {
      if (!isAway || asked !== method) return answer();
      isAway = false;
      return Promise.reject(new DaybookError('POSTGRES_UNREACHABLE', 'PostgreSQL does not answer.'));
    };
    const failing: Runtime = Object.assign(Object.create(runtime) as Runtime, {
      plan: runtime.plan,
      status: () => orAway('status', () => runtime.status()),
      read: (readings: Parameters<Runtime['read']>[0]) => orAway('read', () => runtime.read(readings)),
    });
    const hub = new ViewHub(failing, machineClock(), pino({ level: 'silent' }));
    const page = new OpenPage();
    await page.open(hub, PLACES);
    runtime.subscribe((frame) => hub.frame(frame));
    isAway = true;
    await sell(runtime);
    await expect.poll(() => page.shown, { timeout: 5_000 }).toEqual([5, 5]);
    expect(page.places.at(-1)).toEqual((await placesNow(daybook.api)).places);
    expect(page.problem).toBeUndefined();
  },
);
