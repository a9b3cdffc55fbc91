import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { Crashed, FaultyDisk } from '../../../test/disk/faulty-disk.ts';
import { chanceFrom } from '../../../test/chance.ts';
import { expectReportsOf } from '../../../test/process/reports-of-runtime.ts';
import { randomSale } from '../../../test/sales/random-sales.ts';
import type { RandomSale } from '../../../test/sales/random-sales.ts';
import type { Engine } from '../../engine/engine.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicMessage, TopicReader } from '../../ports/messages.ts';
import { openEmbedded } from '../../runtimes/embedded.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import { TopicSource } from './topic-source.ts';

const plan = makePlan(daybook);
const TOPIC = 'daily_records';

interface Topic {
  readonly id: string;
  readonly partitions: readonly (readonly TopicMessage[])[];
  /** Of each partition, the oldest offset that is still there. */
  readonly firstOffsets?: readonly number[];
  /** How many offsets behind the last message hold none, as the ends of transactions do. */
  readonly markers?: number;
}

/** Deals values out to partitions, at offsets of which some are missing. */
function topicOf(
  id: string,
  values: readonly { readonly partition: number; readonly value: string; readonly gap: number }[],
): Topic {
  const partitions: TopicMessage[][] = [[], [], []];
  for (const { partition, value, gap } of values) {
    const messages = partitions[partition] ?? [];
    const offset = (messages.at(-1)?.offset ?? -1) + gap;
    messages.push({ offset, timestampMs: 0, key: null, value: Buffer.from(value) });
  }
  return { id, partitions };
}

const endOf = (messages: readonly TopicMessage[]): number => (messages.at(-1)?.offset ?? -1) + 1;

/** Reads a topic that is in memory, some messages at a time, and says when there are no more. */
function readerOf(
  { partitions, firstOffsets, markers = 0 }: Topic,
  messagesMax: number,
  onEnd: () => void,
): TopicReader {
  const extentEnd = (partition: number): number => endOf(partitions[partition] ?? []) + markers;
  return {
    read: async (places) => {
      if (places.every(({ partition, nextOffset }) => nextOffset >= extentEnd(partition))) onEnd();
      return places.map((place) => {
        const all = partitions[place.partition] ?? [];
        const messages = all.filter(({ offset }) => offset >= place.nextOffset).slice(0, messagesMax);
        const endOffset = extentEnd(place.partition);
        const nextOffset = messages.length === 0 ? endOffset : endOf(messages);
        return { topic: TOPIC, partition: place.partition, messages, nextOffset, endOffset };
      });
    },
    extents: async () =>
      partitions.map((_, partition) => {
        return {
          topic: TOPIC,
          topicId: 'any',
          partition,
          firstOffset: firstOffsets?.[partition] ?? 0,
          endOffset: extentEnd(partition),
        };
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Reads a topic to its end, or until the disk is gone. @returns what was told */
async function readToEnd(engine: Engine, topic: Topic, messagesMax = 10): Promise<readonly string[]> {
  const ended = new AbortController();
  const notices: string[] = [];
  // Who waits, waits for a disk that will not come back.
  const clock: Clock = { nowMs: () => machineClock().nowMs(), sleep: async () => ended.abort() };
  const source = new TopicSource({
    door: engine,
    reader: readerOf(topic, messagesMax, () => ended.abort()),
    topic: TOPIC,
    topicId: async () => topic.id,
    clock,
    onNotice: (sentence) => notices.push(sentence),
  });
  engine.tellOf(() => source.status());
  await source.run(ended.signal).catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
  return notices;
}

const open = (disk: FaultyDisk): Promise<Engine> => openEmbedded({ plan, disk, clock: machineClock() });

const aValue = fc.record({
  sale: randomSale(40),
  partition: fc.nat(2),
  isBroken: fc.nat(9).map((n) => n === 0),
  gap: fc.constantFrom(1, 1, 1, 2, 1500),
});

interface Made {
  readonly sale: RandomSale;
  readonly partition: number;
  readonly isBroken: boolean;
  readonly gap: number;
}

/** Repeats of a sale are in its partition, as the key is. */
const valueOf = ({ sale, partition, isBroken, gap }: Made): Parameters<typeof topicOf>[1][number] =>
  isBroken
    ? { partition, gap, value: `{"broken":${partition}` }
    : {
        partition: Number.parseInt(sale.ts_id.slice(-1), 16) % 3,
        gap,
        value: JSON.stringify(sale, undefined, gap - 1),
      };

describe('a topic as a source', () => {
  it('is taken in once, whatever the power does', async () => {
    const lives = fc.array(fc.nat(40), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(aValue, { maxLength: 80 }), lives, fc.nat(), async (made, callsByLife, seed) => {
        const topic = topicOf('one', made.map(valueOf));
        let disk = new FaultyDisk(chanceFrom(seed));
        for (const calls of callsByLife) {
          const engine = await open(disk);
          disk.callsUntilCrash = calls;
          await readToEnd(engine, topic, 1 + (calls % 7));
          disk = disk.crash();
        }
        const engine = await open(disk);
        await readToEnd(engine, topic);
        const sales = made.filter(({ isBroken }) => !isBroken).map(({ sale }) => sale);
        const status = await engine.status();
        const different = new Set(sales.map(({ ts_id }) => ts_id)).size;
        expect([status.accepted, status.duplicates]).toEqual([different, sales.length - different]);
        expect(status.quarantined).toBe(
          new Set(made.filter((each) => each.isBroken).map((each) => each.partition)).size,
        );
        expect(status.sources.at(-1)?.lag).toBe(0);
        await expectReportsOf(engine, sales);
        await engine.close();
      }),
      { numRuns: 60 },
    );
  });

  it('says by offset where a refused record is', async () => {
    const engine = await open(new FaultyDisk());
    const [good = ''] = fc.sample(randomSale(1), 1).map((sale) => JSON.stringify(sale));
    await readToEnd(
      engine,
      topicOf('one', [
        { partition: 1, gap: 6, value: good },
        { partition: 1, gap: 3, value: 'no' },
        { partition: 1, gap: 2000, value: 'none' },
      ]),
    );
    const { entries } = await engine.quarantine({ limit: 9, offset: 0 });
    expect(entries.map(({ origin, line, record }) => [origin, line, record])).toEqual([
      ['kafka daily_records/1', 2008, 'none'],
      ['kafka daily_records/1', 8, 'no'],
    ]);
    await engine.close();
  });

  it('is read from its beginning when it was made anew, and says what Kafka no longer has', async () => {
    const engine = await open(new FaultyDisk());
    const values = fc.sample(randomSale(10_000), { numRuns: 30, seed: 1 }).map((sale) => JSON.stringify(sale));
    const all = values.map((value) => ({ partition: 0, gap: 1, value }));
    await readToEnd(engine, topicOf('one', all.slice(0, 10)));
    expect(await readToEnd(engine, topicOf('another', all.slice(10, 15)))).toEqual([]);
    expect((await engine.status()).accepted).toBe(new Set(values.slice(0, 15).map((each) => each.slice(0, 50))).size);
    const gone = await readToEnd(engine, { ...topicOf('one', all), firstOffsets: [20, 0, 0] });
    expect(gone).toEqual([expect.stringContaining('Records 10 to 19 of daily_records/0 were taken away by Kafka')]);
    const lost = await readToEnd(engine, topicOf('one', all.slice(0, 3)));
    expect(lost).toEqual([expect.stringContaining('daily_records/0 ends at 3, though it was read up to 30')]);
    await engine.close();
  });

  it('says that nothing is left also where the last offsets hold no message', async () => {
    const engine = await open(new FaultyDisk());
    const values = fc.sample(randomSale(10_000), { numRuns: 3, seed: 1 }).map((sale) => JSON.stringify(sale));
    const topic = topicOf(
      'one',
      values.map((value) => ({ partition: 0, gap: 1, value })),
    );
    await readToEnd(engine, { ...topic, markers: 2 });
    expect((await engine.status()).sources[0]?.lag).toBe(0);
    await engine.close();
  });

  it('does not say that nothing is left while it does not know', async () => {
    const engine = await open(new FaultyDisk());
    const lags: (number | null | undefined)[] = [];
    const topic = topicOf('one', []);
    const asked = {
      ...topic,
      get id(): string {
        void engine.status().then(({ sources }) => lags.push(sources[0]?.lag));
        return topic.id;
      },
    };
    await readToEnd(engine, asked);
    lags.push((await engine.status()).sources[0]?.lag);
    expect(lags).toEqual([null, 0]);
    await engine.close();
  });
});
