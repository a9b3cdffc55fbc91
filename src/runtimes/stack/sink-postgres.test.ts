import { pino } from 'pino';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { PostgresReportSink, SinkBatch } from '../../stores/postgres/report-sink.ts';
import { machineClock } from '../machine/clock.ts';
import { openPostgresSession } from './sink-postgres.ts';
import { SinkProgress } from './sink-progress.ts';

const plan = makePlan(daybook);
const REPORT = 'daily_pu_rev';
const FRAMES = framesTopic(plan);

const row = (ts_date: string, frame: number): object => ({
  ts_date,
  daily_pu: 1,
  daily_rev: 1,
  daily_profit: 1,
  frame,
});

/** Topics of one partition each; a read gives so many messages of a partition at most, as one of Kafka gives so many bytes. */
class SmallReads implements TopicReader {
  readonly topics: Readonly<Record<string, object[]>>;
  readonly #most: number;

  constructor(topics: Readonly<Record<string, object[]>>, most: number) {
    this.topics = topics;
    this.#most = most;
  }

  async read(...[places]: Parameters<TopicReader['read']>): ReturnType<TopicReader['read']> {
    return places.map((place) => {
      const values = this.topics[place.topic] ?? [];
      const messages = values.slice(place.nextOffset, place.nextOffset + this.#most).map((value, index) => {
        const offset = place.nextOffset + index;
        return { offset, timestampMs: 0, key: null, value: Buffer.from(JSON.stringify(value)) };
      });
      return { ...place, messages, nextOffset: place.nextOffset + messages.length, endOffset: values.length };
    });
  }

  async extents(names: readonly string[]): ReturnType<TopicReader['extents']> {
    return names.map((topic) => {
      return { topic, topicId: topic, partition: 0, firstOffset: 0, endOffset: this.topics[topic]?.length ?? 0 };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A sink into a store that stands at the beginning, but for what the test says. */
const sinkThat = (parts: Partial<PostgresReportSink>): PostgresReportSink => ({
  note: async () => undefined,
  places: async (partitions) => partitions.map((place) => ({ ...place, nextOffset: 0 })),
  adopt: async () => undefined,
  beginAnew: async () => undefined,
  begin: async () => undefined,
  write: async () => ({ rows: 0, amendments: 0 }),
  ...parts,
});

/** Begins the work on the report's partition. */
function openSession(reader: TopicReader, sink: PostgresReportSink, clock = machineClock()) {
  const logger = pino({ level: 'silent' });
  const partitions = [{ topic: REPORT, partition: 0 }];
  const ended = new AbortController().signal;
  const session = { partitions, reader, tell: () => undefined, clock, logger, ended };
  return openPostgresSession({ plan, progress: new SinkProgress(clock, logger) }, session, sink);
}

it('a frame that is announced while a sink begins is told to PostgreSQL with all of its rows', async () => {
  const topics = {
    [REPORT]: [row('2026-03-01', 100), row('2026-03-02', 100)],
    [FRAMES]: [{ stream: plan.stream.name, frame: 100, accepted: 2 }],
  };
  const reader = new SmallReads(topics, 2);
  const written: SinkBatch[] = [];
  const sink = sinkThat({
    // While it says where it stands, Spark writes a batch.
    places: async (partitions) => {
      topics[REPORT]?.push(row('2026-03-01', 200), row('2026-03-02', 200));
      topics[FRAMES]?.push({ stream: plan.stream.name, frame: 200, accepted: 4 });
      return partitions.map((partition) => ({ ...partition, nextOffset: 0 }));
    },
    write: async (batch) => {
      written.push(batch);
      return { rows: 0, amendments: 0 };
    },
  });
  const work = await openSession(reader, sink);
  while (written.at(-1)?.frame?.frame !== 200) await work.step();
  const rows = written.flatMap(({ reports }) => reports.flatMap((report) => report.rows));
  expect(rows.filter(({ frame }) => frame === 200)).toHaveLength(2);
});

it('a sink to which nothing comes notices that the store stands elsewhere, as when a report is to be filled again', async () => {
  const topics = {
    [REPORT]: [row('2026-03-01', 100)],
    [FRAMES]: [{ stream: plan.stream.name, frame: 100, accepted: 1 }],
  };
  const stored = new Map<string, number>();
  const frames: unknown[] = [];
  const sink = sinkThat({
    note: async () => {
      if (!stored.has(REPORT)) stored.set(REPORT, 0);
    },
    places: async (partitions) =>
      partitions.flatMap((place) => {
        const nextOffset = stored.get(place.topic);
        return nextOffset === undefined ? [] : [{ ...place, nextOffset }];
      }),
    write: async ({ moves, frame }) => {
      for (const { topic, nextOffset } of moves) stored.set(topic, nextOffset);
      frames.push(frame?.frame);
      return { rows: 0, amendments: 0 };
    },
  });
  let nowMs = 0;
  const clock = { ...machineClock(), nowMs: () => (nowMs += 100) };
  const open = () => openSession(new SmallReads(topics, 2), sink, clock);
  const untilEnded = async (): Promise<void> => {
    const work = await open();
    for (let steps = 0; steps < 100; steps++) await work.step();
  };
  await untilEnded();
  expect([frames, [...stored]]).toEqual([[100], [[REPORT, 1]]]);
  const work = await open();
  await work.step();
  // `daybook apply --target postgres --drop` takes the place away.
  stored.delete(REPORT);
  const idle = async (): Promise<void> => {
    for (let steps = 0; steps < 100; steps++) await work.step();
  };
  await expect(idle()).rejects.toMatchObject({ code: 'SINK_OVERTAKEN', retryable: true });
  await untilEnded();
  expect([frames.at(-1), [...stored]]).toEqual([100, [[REPORT, 1]]]);
});

it('what was announced is known before a sink begins, also where a new leader does not give it at once', async () => {
  const topics = {
    [REPORT]: [row('2026-03-01', 100)],
    [FRAMES]: [{ stream: plan.stream.name, frame: 100, accepted: 1 }],
  };
  const reader = new SmallReads(topics, 2);
  let reads = 0;
  const late: TopicReader = {
    extents: (names) => reader.extents(names),
    read: async (places, waitMs) => {
      const read = await reader.read(places, waitMs);
      return reads++ > 0 ? read : read.map((each, index) => ({ ...each, ...places[index], messages: [] }));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const begun: unknown[] = [];
  const sink = sinkThat({
    begin: async ({ frame }) => {
      begun.push(frame);
    },
  });
  await openSession(late, sink);
  expect(begun).toEqual([100]);
});

it('a message that stood in the topic of frames and is lost is not waited for for ever', async () => {
  const topics = {
    [REPORT]: [row('2026-03-01', 100)],
    [FRAMES]: [{ stream: plan.stream.name, frame: 100, accepted: 1 }],
  };
  const reader = new SmallReads(topics, 2);
  let more = 1;
  const losing: TopicReader = {
    // The one that was the leader had one more.
    extents: async (names) =>
      (await reader.extents(names)).map((each) => ({ ...each, endOffset: each.endOffset + more })),
    read: (places, waitMs) => reader.read(places, waitMs),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const begun: unknown[] = [];
  const sink = sinkThat({
    begin: async ({ frame }) => {
      begun.push(frame);
    },
  });
  let nowMs = 0;
  const clock = { ...machineClock(), nowMs: () => (nowMs += 100) };
  await expect(openSession(losing, sink, clock)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true });
  more = 0;
  await openSession(losing, sink, clock);
  expect(begun).toEqual([100]);
});

it('a place that is taken away while a sink begins is not forgotten by it', async () => {
  const topics = { [REPORT]: [row('2026-03-01', 100)] };
  let noted = 0;
  const sink = sinkThat({
    note: async () => {
      noted++;
    },
    // `daybook apply --target postgres --drop` comes between the first time that it is noted, and this.
    places: async (partitions) => (noted === 1 ? [] : partitions.map((place) => ({ ...place, nextOffset: 0 }))),
  });
  const open = () => openSession(new SmallReads(topics, 2), sink);
  await expect(open()).rejects.toMatchObject({ code: 'SINK_OVERTAKEN', retryable: true });
  await open();
});

it('a frame is written also where a broker leaves out of its answers what has nothing new, as the topic of frames at first', async () => {
  const topics: Record<string, object[]> = { [REPORT]: [row('2026-03-01', 100)], [FRAMES]: [] };
  const reader = new SmallReads(topics, 2);
  const quiet: TopicReader = {
    extents: (names) => reader.extents(names),
    read: async (places, waitMs) => {
      const read = await reader.read(places, waitMs);
      return read.filter(({ messages }) => messages.length > 0);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const written: unknown[] = [];
  const sink = sinkThat({
    write: async ({ frame }) => {
      written.push(frame?.frame);
      return { rows: 0, amendments: 0 };
    },
  });
  const work = await openSession(quiet, sink);
  await work.step();
  topics[FRAMES]?.push({ stream: plan.stream.name, frame: 100, accepted: 1 });
  await work.step();
  expect(written).toEqual([100]);
});
