import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { present } from '../../base/assert.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { TopicMessage, TopicReader } from '../../ports/messages.ts';
import type { TopicChunk, TopicFilter, TopicRecord } from '../../ports/topics.ts';
import { machineClock } from '../machine/clock.ts';
import { TopicBrowser } from './topic-browser.ts';

const WANTED: TopicFilter = { field: 'country', test: 'is', value: 'Norway' };

/** A partition as Kafka has one: old messages may be gone, and there may be offsets without a message. */
interface Partition {
  readonly firstOffset: number;
  readonly messages: TopicMessage[];
  endOffset: number;
}

/** A topic of some partitions; a read gives so many messages of each at most, also such as lie behind what is wanted. */
class HeldTopic implements TopicReader {
  readonly partitions: Partition[];
  readonly #most: number;
  reads = 0;

  constructor(partitions: readonly Partition[], most: number) {
    this.partitions = [...partitions];
    this.#most = most;
  }

  async read(...[places]: Parameters<TopicReader['read']>): ReturnType<TopicReader['read']> {
    this.reads++;
    return places.map((place) => {
      const { messages, endOffset, firstOffset } = this.partitions[place.partition] as Partition;
      if (place.nextOffset < firstOffset || place.nextOffset > endOffset) throw new Error('TOPIC_OFFSET_GONE');
      const behind = messages.filter(({ offset }) => offset >= place.nextOffset);
      const given = behind.slice(0, this.#most);
      const nextOffset = given.length === behind.length ? endOffset : (given.at(-1)?.offset ?? 0) + 1;
      return { ...place, messages: given, nextOffset, endOffset };
    });
  }

  async extents(): ReturnType<TopicReader['extents']> {
    return this.partitions.map(({ firstOffset, endOffset }, partition) => {
      return { topic: 'daily_records', topicId: 'id', partition, firstOffset, endOffset };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const messageAt = (offset: number, timestampMs: number, country: string): TopicMessage => {
  return { offset, timestampMs, key: null, value: Buffer.from(JSON.stringify({ country })) };
};

const somePartition: fc.Arbitrary<Partition> = fc
  .record({
    firstOffset: fc.nat(50),
    gaps: fc.array(fc.record({ gap: fc.nat(2), later: fc.nat(9), isWanted: fc.boolean() }), { maxLength: 80 }),
    missing: fc.nat(3),
  })
  .map(({ firstOffset, gaps, missing }) => {
    let [offset, atMs] = [firstOffset - 1, 0];
    const messages = gaps.map(({ gap, later, isWanted }) =>
      messageAt((offset += 1 + gap), (atMs += later), isWanted ? 'Norway' : 'Chile'),
    );
    return { firstOffset, messages, endOffset: offset + 1 + missing };
  });

function browse(topic: HeldTopic): TopicBrowser {
  return new TopicBrowser({ plan: makePlan(daybook), clock: machineClock(), openReader: () => topic });
}

interface Asked {
  readonly before: readonly number[] | undefined;
  readonly limit: number;
  readonly filter?: TopicFilter;
  readonly partition?: number;
}

async function chunksOf(browser: TopicBrowser, { before, ...rest }: Asked): Promise<readonly TopicChunk[]> {
  return Array.fromAsync(browser.read('daily_records', { from: { before }, ...rest }, new AbortController().signal));
}

it('pages from the newest on are together all that passes, each record once, whatever comes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(somePartition, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.option(fc.nat(3)),
      async (partitions, most, limits, isAll, chosen) => {
        const only = chosen === null ? undefined : chosen % partitions.length;
        const wanted = partitions.map(({ messages }, partition) =>
          messages
            .filter(({ value }) => isAll || String(value).includes('Norway'))
            .map(({ offset, timestampMs, value }): TopicRecord => ({
              partition,
              offset,
              atMs: timestampMs,
              value: String(value),
            }))
            .toReversed(),
        );
        const kept = partitions.map(({ firstOffset, endOffset }) => endOffset - firstOffset);
        const browser = browse(new HeldTopic(partitions, most));
        const given: TopicRecord[] = [];
        let before: readonly number[] | undefined;
        let looked = 0;
        for (let page = 0; page === 0 || before !== undefined; page++) {
          const limit = limits[page % limits.length] ?? 1;
          const filter = isAll ? {} : { filter: WANTED };
          const chunks = await chunksOf(browser, {
            before,
            limit,
            ...filter,
            ...(only !== undefined && { partition: only }),
          });
          for (const { records } of chunks) {
            const times = records.map(({ atMs = NaN }) => atMs);
            expect(times).toEqual(times.toSorted((a, b) => b - a));
          }
          const records = chunks.flatMap((chunk) => chunk.records);
          const last = chunks.at(-1);
          before = last?.nextBefore;
          if (before === undefined) expect(records.length).toBeLessThanOrEqual(limit);
          else expect(records).toHaveLength(limit);
          looked += last?.scanned ?? NaN;
          if (before === undefined) expect(last?.scanned).toBe(last?.of);
          given.push(...records);
          for (const each of page === 0 ? partitions : [])
            each.messages.push(messageAt(each.endOffset++, 1e6, 'Norway'));
        }
        for (const partition of partitions.keys()) {
          const own = given.filter((record) => record.partition === partition);
          expect(own).toEqual(only === undefined || only === partition ? wanted[partition] : []);
        }
        expect(looked).toBe(only === undefined ? kept.reduce((sum, count) => sum + count, 0) : kept[only]);
      },
    ),
    { numRuns: 300 },
  );
});

it('pages from an offset on are together all that passes, each record once, whatever comes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(somePartition, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.nat(60),
      async (partitions, most, limits, isAll, offset) => {
        const browser = browse(new HeldTopic(partitions, most));
        const given: TopicRecord[] = [];
        let from: { readonly offset: number } | { readonly offsets: readonly number[] } | undefined = { offset };
        for (let page = 0; from !== undefined; page++) {
          const limit = limits[page % limits.length] ?? 1;
          const reading = { from, limit, ...(!isAll && { filter: WANTED }) };
          const chunks: TopicChunk[] = await Array.fromAsync(
            browser.read('daily_records', reading, new AbortController().signal),
          );
          const records = chunks.flatMap((chunk) => chunk.records);
          const { nextOffset, nextOffsets } = present(chunks.at(-1), 'it ends with one');
          if (nextOffset === undefined) expect(records.length).toBeLessThanOrEqual(limit);
          else expect(records).toHaveLength(limit);
          given.push(...records);
          if (nextOffset === undefined) from = undefined;
          else from = nextOffsets === undefined ? { offset: nextOffset } : { offsets: nextOffsets };
          expect(nextOffsets !== undefined).toBe(from !== undefined && partitions.length > 1);
          for (const each of page === 0 ? partitions : [])
            each.messages.push(messageAt(each.endOffset++, 1e6, 'Norway'));
        }
        for (const [partition, { messages }] of partitions.entries()) {
          const own = given.filter((record) => record.partition === partition).map((record) => record.offset);
          const wanted = messages
            .filter((each) => each.offset >= offset && (isAll || String(each.value).includes('Norway')))
            .map((each) => each.offset);
          // What came behind the end of the last page that looked there is on none.
          expect(own).toEqual(wanted.slice(0, own.length));
          expect(wanted.length - own.length).toBeLessThanOrEqual(1);
          if (wanted.length > own.length) expect(wanted.at(-1)).toBe(messages.at(-1)?.offset);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('a search from the newest on reads from the end, and gives first what came last', async () => {
  const at = (times: readonly number[]): Partition => {
    const messages = times.map((time, offset) => messageAt(offset, time, 'Norway'));
    return { firstOffset: 0, messages, endOffset: messages.length };
  };
  // The second partition was added later, so its offsets are lower.
  const long = Array.from({ length: 100_000 }, (_, time) => time);
  const topic = new HeldTopic([at(long), at([99_990, 99_998, 100_001])], 1_000);
  const [first] = await chunksOf(browse(topic), { before: undefined, limit: 4, filter: WANTED });
  expect(first?.records.map(({ atMs }) => atMs)).toEqual([100_001, 99_999, 99_998, 99_998]);
  expect(topic.reads).toBe(1);
});

it('a place that is not of the partitions that are read is refused', async () => {
  const none: Partition = { firstOffset: 0, messages: [], endOffset: 0 };
  const browser = browse(new HeldTopic([none, none], 1));
  await expect(chunksOf(browser, { before: [1], limit: 1 })).rejects.toMatchObject({
    code: 'BAD_QUERY',
    message: "'before' is '1'; it must be 'end', or have an offset for each partition that is read: 0, 1.",
  });
  const reading = { from: { offsets: [1, 2, 3] }, limit: 1 };
  const pages = browser.read('daily_records', reading, new AbortController().signal);
  await expect(pages.next()).rejects.toMatchObject({
    code: 'BAD_QUERY',
    message: "'offset' is '1,2,3'; it must be one for all, or have an offset for each partition that is read: 0, 1.",
  });
  await expect(chunksOf(browser, { before: [1], limit: 1, partition: 1 })).resolves.toMatchObject([
    { records: [], scanned: 0, of: 0, nextBefore: undefined },
  ]);
});

it('a tail shows what comes in partitions that are added while it is looked at', async () => {
  const topic = new HeldTopic([{ firstOffset: 0, messages: [messageAt(0, 0, 'Chile')], endOffset: 1 }], 10);
  let nowMs = 0;
  const clock = { ...machineClock(), nowMs: () => (nowMs += 1_000), sleep: async () => undefined };
  const leaving = new AbortController();
  const openReader = (): TopicReader => ({
    extents: () => topic.extents(),
    read: (places) => {
      // Who has seen nothing new by then will not.
      if (topic.reads > 100) leaving.abort();
      return topic.read(places, 0);
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  const browser = new TopicBrowser({ plan: makePlan(daybook), clock, openReader });
  const shown: unknown[] = [];
  for await (const { records } of browser.follow('daily_records', leaving.signal)) {
    shown.push(...records.map(({ partition, offset }) => [partition, offset]));
    if (shown.length === 0) {
      const [only] = topic.partitions;
      only?.messages.push(messageAt(only.endOffset++, 1, 'Norway'));
    }
    if (shown.length === 1)
      topic.partitions.push({ firstOffset: 0, messages: [messageAt(0, 2, 'Norway')], endOffset: 1 });
    if (shown.length === 2) leaving.abort();
  }
  expect(shown).toEqual([
    [0, 1],
    [1, 0],
  ]);
});
