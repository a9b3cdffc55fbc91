import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ReadPartition, TopicReader } from '../../ports/messages.ts';
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
  readonly #ends = new Map<string, number>();
  #last: (() => void) | undefined;
  readonly #handed: { readonly topic: string; readonly values: readonly object[]; readonly taken: () => void }[] = [];
  #arrived = Promise.withResolvers<void>();

  /** Resolves when all of it was read and worked on. */
  put(topic: string, values: readonly object[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#handed.push({ topic, values, taken: resolve });
    this.#arrived.resolve();
    return promise;
  }

  close(): void {
    this.#arrived.resolve();
  }

  async extents(topics: readonly string[]): ReturnType<TopicReader['extents']> {
    return topics.map((topic) => {
      return { topic, topicId: topic, partition: 0, firstOffset: 0, endOffset: this.#ends.get(topic) ?? 0 };
    });
  }

  async read(): Promise<readonly ReadPartition[]> {
    // Whoever reads again has worked on what was read before.
    this.#last?.();
    this.#last = undefined;
    await this.#arrived.promise;
    const next = this.#handed.shift();
    if (next === undefined) return [];
    if (this.#handed.length === 0) this.#arrived = Promise.withResolvers<void>();
    const { topic, values, taken } = next;
    this.#last = taken;
    const offset = this.#ends.get(topic) ?? 0;
    const messages = values.map((value, index) => {
      return { offset: offset + index, timestampMs: 0, key: null, value: Buffer.from(JSON.stringify(value)) };
    });
    const nextOffset = offset + values.length;
    this.#ends.set(topic, nextOffset);
    return [{ topic, partition: 0, messages, nextOffset, endOffset: nextOffset }];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / MIB;
}

it('of a large frame that is being written little is held, and pages read all reports again once it is whole', async () => {
  const reader = new HandedTopics();
  const closing = new AbortController();
  let stored = 0;
  const told: Frame[] = [];
  let onTold: (() => void) | undefined;
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
      onTold?.();
    },
  });
  const running = frames.run();
  const announce = async (frame: number): Promise<Frame | undefined> => {
    const isTold = new Promise<void>((resolve) => (onTold = resolve));
    await reader.put(FRAMES, [{ stream: plan.stream.name, frame, accepted: frame }]);
    stored = frame;
    await isTold;
    return told.at(-1);
  };
  const readAgain = plan.reports.map((report) => ({ report, rows: undefined }));

  await reader.put(REPORT, rowsOf(1, 0, 3));
  expect((await announce(1))?.reports).toMatchObject([{ report: { name: REPORT }, rows: [{}, {}, {}] }]);

  const before = heapMiB();
  await reader.put(REPORT, rowsOf(2, 0, 1));
  for (let first = 0; first < 102_000; first += ROWS_A_READ) await reader.put(REPORT, rowsOf(3, first, ROWS_A_READ));
  expect(heapMiB() - before).toBeLessThan(60);

  // What was left out may be of any of these frames.
  expect((await announce(2))?.reports).toEqual(readAgain);
  await reader.put(REPORT, rowsOf(3, 102_000, 5));
  expect((await announce(3))?.reports).toEqual(readAgain);
  await reader.put(REPORT, rowsOf(4, 0, 2));
  expect((await announce(4))?.reports).toMatchObject([{ report: { name: REPORT }, rows: [{}, {}] }]);
  closing.abort();
  reader.close();
  await running;
});
