import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { readSale } from '../../test/oracle/furniture-store.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { TopicChunk, TopicFilter, TopicRecord } from '../ports/topics.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';

/** With long texts, so that the log has several blocks. */
const SALES = mixedSales(400, { repeats: 0, seed: 7 }).map((sale) => {
  const text = 'x'.repeat(1_000);
  return JSON.stringify({ ...(JSON.parse(sale) as object), product_name: text, customer_name: text, city: text });
});
const FURNITURE: TopicFilter = { field: 'category', test: 'is', value: 'Furniture' };

async function openWith(batches: readonly (readonly string[])[]): Promise<Runtime & AsyncDisposable> {
  const runtime = await openEmbedded({ plan: makePlan(daybook), disk: new FaultyDisk(), clock: machineClock() });
  for (const lines of batches) await take(runtime, lines);
  return Object.assign(runtime, { [Symbol.asyncDispose]: () => runtime.close() });
}

async function take(runtime: Runtime, lines: readonly string[]): Promise<void> {
  await runtime.accept({ origin: 'test', lines: Buffer.from(lines.join('\n')) });
}

interface Page {
  readonly chunks: readonly TopicChunk[];
  readonly records: readonly TopicRecord[];
  readonly nextBefore: readonly number[] | undefined;
}

async function pageOf(
  runtime: Runtime,
  before: readonly number[] | undefined,
  limit: number,
  filter: TopicFilter | undefined,
): Promise<Page> {
  const reading = { from: { before }, limit, ...(filter !== undefined && { filter }) };
  const chunks = await Array.fromAsync(runtime.readTopic('daily_records', reading, new AbortController().signal));
  return { chunks, records: chunks.flatMap(({ records }) => records), nextBefore: chunks.at(-1)?.nextBefore };
}

it('pages from the newest on are together all that passes, each record once, whatever comes meanwhile', async () => {
  const batches = fc.array(fc.nat(200), { maxLength: 6 });
  const limits = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(batches, limits, fc.boolean(), fc.option(fc.nat(400)), async (sizes, pages, isAll, start) => {
      let at = 0;
      const lines = sizes.map((size) => SALES.slice(at, (at += size)));
      const held = lines.flat();
      await using runtime = await openWith(lines);
      let before: readonly number[] | undefined = start === null ? undefined : [start];
      const begin = Math.min(start ?? held.length, held.length);
      const given: TopicRecord[] = [];
      for (let page = 0; page === 0 || before !== undefined; page++) {
        const limit = pages[page % pages.length] ?? 1;
        const { chunks, records, nextBefore } = await pageOf(runtime, before, limit, isAll ? undefined : FURNITURE);
        expect(records.length).toBeLessThanOrEqual(limit);
        if (nextBefore !== undefined) expect(records).toHaveLength(limit);
        expect(chunks.at(-1)?.of).toBe(before === undefined ? begin : Math.min(before[0] ?? 0, begin));
        expect(chunks.at(-1)?.scanned).toBe((chunks.at(-1)?.of ?? NaN) - (nextBefore?.[0] ?? 0));
        given.push(...records);
        before = nextBefore;
        if (page === 0) await take(runtime, SALES.slice(at, at + 5));
      }
      const wanted = held
        .map((value, offset) => ({ partition: 0, offset, atMs: undefined, value }))
        .filter(({ value, offset }) => offset < begin && (isAll || readSale(value).category === 'Furniture'))
        .toReversed();
      expect(given).toEqual(wanted);
    }),
    { numRuns: 40 },
  );
});

describe('a search from the newest on', () => {
  const batches = [SALES.slice(0, 200), SALES.slice(200, 380), SALES.slice(380)];

  it('gives what it finds, and how far it is, as it looks', async () => {
    await using runtime = await openWith(batches);
    const { ts_id: value } = JSON.parse(SALES.at(-1) ?? '') as { readonly ts_id: string };
    const { chunks } = await pageOf(runtime, undefined, 10, { field: 'ts_id', test: 'is', value });
    expect(chunks.map(({ records, scanned, of }) => [records.length, scanned, of])).toEqual([
      [1, 20, 400],
      [0, 200, 400],
      [0, 400, 400],
    ]);
  });

  it('ends when nobody wants it any more', async () => {
    await using runtime = await openWith(batches);
    const gone = new AbortController();
    const filter: TopicFilter = { field: 'country', test: 'is', value: 'Nowhere' };
    const scanned: number[] = [];
    for await (const chunk of runtime.readTopic(
      'daily_records',
      { from: { before: undefined }, limit: 10, filter },
      gone.signal,
    )) {
      scanned.push(chunk.scanned);
      gone.abort();
    }
    expect(scanned).toEqual([20]);
  });
});
