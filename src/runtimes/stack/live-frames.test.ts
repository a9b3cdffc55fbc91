import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ReadPartition, TopicPlace, TopicReader } from '../../ports/messages.ts';
import type { Frame } from '../../ports/rows.ts';
import type { PostgresReportReader } from '../../stores/postgres/report-reader.ts';
import { machineClock } from '../machine/clock.ts';
import { LiveFrames } from './live-frames.ts';

const plan = makePlan(daybook);
const REPORT = 'daily_category_product';
const FRAMES = framesTopic(plan);
const ROWS_A_READ = 2_000;
const MIB = 1024 * 1024;

/** Rows of a report with long texts, no two alike. */
function rowsOf(frame: number, first: number, count: number): readonly object[] {
  const text = (row: number): string => `${row} `.padEnd(256, 'x');
  return Array.from({ length: count }, (_, row) => ({
    ...Object.fromEntries(
      (plan.reports.find(({ name }) => name === REPORT)?.columns ?? []).map(({ name, kind, nullable }) => [
        name,
        nullable ? null : kind === 'text' ? text(first + row) : kind === 'date' ? '2026-03-04' : 1,
      ]),
    ),
    frame,
  }));
}

/** Topics into which a test puts what a reader finds next. */
class HandedTopics implements TopicReader {
  readonly #stood: Readonly<Record<string, readonly object[]>>;
  readonly #ends: Map<string, number>;
  /** What each topic's second partition holds, once it has one. */
  readonly #added = new Map<string, readonly object[]>();
  #last: (() => void) | undefined;
  readonly #handed: { readonly topic: string; readonly values: readonly object[]; readonly taken: () => void }[] = [];
  #arrived = Promise.withResolvers<void>();

  /** @param stood  what topics hold already */
  constructor(stood: Readonly<Record<string, readonly object[]>> = {}) {
    this.#stood = stood;
    this.#ends = new Map(Object.entries(stood).map(([topic, values]) => [topic, values.length]));
  }

  /** Resolves when all of it was read and worked on. */
  put(topic: string, values: readonly object[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#handed.push({ topic, values, taken: resolve });
    this.#arrived.resolve();
    return promise;
  }

  /** Has somebody add a partition to a topic, or put more into it. */
  grow(topic: string, values: readonly object[]): void {
    this.#added.set(topic, [...(this.#added.get(topic) ?? []), ...values]);
  }

  close(): void {
    this.#arrived.resolve();
  }

  async extents(topics: readonly string[]): ReturnType<TopicReader['extents']> {
    return topics.flatMap((topic) => {
      const extent = { topic, topicId: topic, firstOffset: 0 };
      const added = this.#added.get(topic);
      return [
        { ...extent, partition: 0, endOffset: this.#ends.get(topic) ?? 0 },
        ...(added === undefined ? [] : [{ ...extent, partition: 1, endOffset: added.length }]),
      ];
    });
  }

  async read(places: readonly TopicPlace[]): Promise<readonly ReadPartition[]> {
    // Whoever reads again has worked on what was read before.
    this.#last?.();
    this.#last = undefined;
    const stood = places.flatMap(({ topic, partition, nextOffset }) => {
      const behind = (partition === 0 ? this.#stood[topic] : this.#added.get(topic))?.slice(nextOffset) ?? [];
      return behind.length === 0 ? [] : [partitionOf(topic, nextOffset, behind, partition)];
    });
    if (stood.length > 0) return stood;
    await this.#arrived.promise;
    const next = this.#handed.shift();
    if (next === undefined) return [];
    if (this.#handed.length === 0) this.#arrived = Promise.withResolvers<void>();
    this.#last = next.taken;
    const read = partitionOf(next.topic, this.#ends.get(next.topic) ?? 0, next.values);
    this.#ends.set(next.topic, read.nextOffset);
    return [read];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function partitionOf(topic: string, offset: number, values: readonly object[], partition = 0): ReadPartition {
  const messages = values.map((value, index) => {
    return { offset: offset + index, timestampMs: 0, key: null, value: Buffer.from(JSON.stringify(value)) };
  });
  const nextOffset = offset + values.length;
  return { topic, partition, messages, nextOffset, endOffset: nextOffset };
}

function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / MIB;
}

interface Following extends AsyncDisposable {
  /** Has a frame announced, which PostgreSQL has at once. @returns what is told of it */
  readonly announce: (frame: number) => Promise<Frame['reports']>;
  /** What is told of it next. */
  readonly next: () => Promise<Frame>;
}

function follow(reader: HandedTopics, stored = 0): Following {
  const closing = new AbortController();
  const told: Frame[] = [];
  let onTold = Promise.withResolvers<void>();
  const frames = new LiveFrames({
    plan,
    reader,
    store: { wholeFrame: async () => stored } as unknown as PostgresReportReader,
    clock: machineClock(),
    logger: pino({ level: 'silent' }),
    ended: closing.signal,
    onAnnouncement: () => undefined,
    onSign: () => undefined,
    onTrouble: () => undefined,
    onFrame: (frame) => {
      told.push(frame);
      onTold.resolve();
    },
  });
  const running = frames.run();
  const next = async (): Promise<Frame> => {
    for (;;) {
      const frame = told.shift();
      if (frame !== undefined) return frame;
      await onTold.promise;
      onTold = Promise.withResolvers<void>();
    }
  };
  return {
    next,
    announce: async (frame) => {
      await reader.put(FRAMES, [announcementOf(frame)]);
      stored = frame;
      return (await next()).reports;
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      reader.close();
      await running;
    },
  };
}

function announcementOf(frame: number): object {
  return { stream: plan.stream.name, frame, accepted: frame };
}

const READ_AGAIN = plan.reports.map((report) => ({ report, rows: undefined }));

it('of a large frame that is being written little is held, and pages read all reports again once it is whole', async () => {
  const reader = new HandedTopics();
  await using following = follow(reader);
  const { announce } = following;
  await reader.put(REPORT, rowsOf(1, 0, 3));
  expect(await announce(1)).toMatchObject([{ report: { name: REPORT }, rows: [{}, {}, {}] }]);

  const before = heapMiB();
  await reader.put(REPORT, rowsOf(2, 0, 1));
  for (let first = 0; first < 102_000; first += ROWS_A_READ) await reader.put(REPORT, rowsOf(3, first, ROWS_A_READ));
  expect(heapMiB() - before).toBeLessThan(60);

  // What was left out may be of any of these frames.
  expect(await announce(2)).toEqual(READ_AGAIN);
  await reader.put(REPORT, rowsOf(3, 102_000, 5));
  expect(await announce(3)).toEqual(READ_AGAIN);
  await reader.put(REPORT, rowsOf(4, 0, 2));
  expect(await announce(4)).toMatchObject([{ report: { name: REPORT }, rows: [{}, {}] }]);
});

it('a frame of which rows stood in the topics already has pages read all reports again', async () => {
  const reader = new HandedTopics({
    [REPORT]: [...rowsOf(1, 0, 2), ...rowsOf(3, 0, 2)],
    [FRAMES]: [announcementOf(1)],
  });
  await using following = follow(reader, 1);
  const { announce, next } = following;
  expect(await next()).toMatchObject({ offset: 1, reports: READ_AGAIN });
  // It was whole as well, though nobody had said so yet.
  expect(await announce(2)).toEqual(READ_AGAIN);
  await reader.put(REPORT, rowsOf(3, 2, 1));
  expect(await announce(3)).toEqual(READ_AGAIN);
  await reader.put(REPORT, rowsOf(4, 0, 1));
  expect(await announce(4)).toMatchObject([{ report: { name: REPORT }, rows: [{}] }]);
});

it('a frame that PostgreSQL had before it was read here is told once, with its own rows', async () => {
  const reader = new HandedTopics();
  await using following = follow(reader, 2);
  await reader.put(REPORT, rowsOf(1, 0, 3));
  await reader.put(FRAMES, [announcementOf(1)]);
  expect(await following.next()).toMatchObject({ offset: 1, reports: [{ rows: [{}, {}, {}] }] });
  await reader.put(REPORT, rowsOf(2, 0, 1));
  await reader.put(FRAMES, [announcementOf(2)]);
  expect(await following.next()).toMatchObject({ offset: 2, reports: [{ rows: [{}] }] });
});

it('a frame is told with its rows of partitions that were added meanwhile', async () => {
  const reader = new HandedTopics();
  await using following = follow(reader);
  await reader.put(REPORT, rowsOf(1, 0, 1));
  expect(await following.announce(1)).toMatchObject([{ rows: [{}] }]);
  await reader.put(REPORT, rowsOf(2, 0, 2));
  reader.grow(REPORT, rowsOf(2, 2, 3));
  expect(await following.announce(2)).toMatchObject([{ rows: [{}, {}, {}, {}, {}] }]);
  reader.grow(REPORT, rowsOf(3, 0, 4));
  expect(await following.announce(3)).toMatchObject([{ rows: [{}, {}, {}, {}] }]);
});
