import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { DaybookError } from '../../base/errors.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { makePlan } from '../../plan/normalise.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { TopicReader } from '../../ports/messages.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import type { SparkSession } from '../connect/session.ts';
import type { ReportsQuery } from './reports-query.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { Supervisor } from './supervisor.ts';

const plan = makePlan(daybook);
const topics = { frames: framesTopic(plan), days: daysTopic(plan) };
const STREAMING = { name: 'daybook-daily_records-q', id: 'id', runId: 'run' };
const DAY = { ts_date: '2026-03-04', query: plan.fingerprint, frame: 1 };

type Messages = Readonly<Record<string, readonly object[]>>;

const FRAME = { stream: plan.stream.name, frame: 1, accepted: 5, topicId: 'topic' };

/** What topics hold, each in one partition. */
function readerOf(messages: Messages): TopicReader {
  return {
    read: async (places) => {
      await setImmediate();
      return places.map((place) => {
        const values = messages[place.topic] ?? [];
        const found = values.slice(place.nextOffset).map((value, index) => ({
          offset: place.nextOffset + index,
          timestampMs: 0,
          key: null,
          value: Buffer.from(JSON.stringify(value)),
        }));
        return { ...place, messages: found, nextOffset: values.length, endOffset: values.length };
      });
    },
    extents: async (names) =>
      names.map((topic) => {
        return { topic, topicId: 'topic', partition: 0, firstOffset: 0, endOffset: messages[topic]?.length ?? 0 };
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Fakes {
  readonly session: object;
  readonly query?: object;
  readonly send: SupervisorOptions['send'];
  readonly messages: Messages;
}

function supervisorOf({ session, query = {}, send, messages }: Fakes): Supervisor {
  const ofAll = {
    topicId: 'topic',
    sessionId: 'session',
    name: STREAMING.name,
    checkpoint: 'file:///checkpoint',
    find: async () => undefined,
    lastFrame: async () => undefined,
    start: async () => STREAMING,
  };
  return new Supervisor({
    plan,
    query: { ...ofAll, ...query } as unknown as ReportsQuery,
    openSession: () => session as unknown as SparkSession,
    topicId: async () => 'topic',
    topics,
    reader: readerOf(messages),
    send,
    clock: machineClock(),
    logger: { info: () => undefined, warn: () => undefined },
    isQueryToStop: () => false,
  });
}

/** What Spark says of a batch. @param frame  undefined: it had nothing but repeats @param messages  0: nothing came */
function progressOf(id: number, frame?: number, messages = 5): string {
  const fields = ['frame', 'accepted', 'rows'].map((name) => ({ name }));
  const daybook = { values: [frame ?? null, frame ?? null, 1], schema: { fields } };
  return JSON.stringify({ batchId: id, sources: [{ numInputRows: messages }], observedMetrics: { daybook } });
}

it('a query that fails for good ends the computation of days again, and is told when that has ended', async () => {
  const events: string[] = [];
  const computing = Promise.withResolvers<void>();
  const released = Promise.withResolvers<never>();
  const refused = new DaybookError('SPARK_REFUSED', 'Spark refuses it.');
  const session = {
    // The query fails once days are being computed again.
    lastProgress: async () => {
      if (!events.includes('computing')) return undefined;
      await computing.promise;
      throw refused;
    },
    status: async () => ({ isActive: true }),
    rows: async () => [{ now: 10n }],
    release: async () => {
      events.push('released');
      released.reject(new DaybookError('SPARK_FAILED', 'The session is gone.'));
    },
    close: () => undefined,
  };
  const query = {
    computeAgain: async () => {
      events.push('computing');
      computing.resolve();
      await released.promise.finally(() => events.push('computed'));
    },
    writeAgain: async () => events.push('written'),
  };
  const told: unknown[] = [];
  const supervisor = supervisorOf({
    session,
    query,
    // Of the frame a closed day has two records more than its rows.
    messages: {
      [topics.frames]: [FRAME],
      [topics.days]: [
        { ...DAY, of: 'seen', records: 5 },
        { ...DAY, of: 'kept', records: 3 },
      ],
    },
    send: async (messages) => {
      for (const { value } of messages) told.push(JSON.parse(value));
    },
  });
  await expect(supervisor.run(new AbortController().signal)).rejects.toBe(refused);
  expect(events).toEqual(['computing', 'released', 'computed']);
  expect(told.at(-1)).toMatchObject({ state: 'stopped', reason: refused.message });
});

it('frames of batches that end between two answers are announced, though nothing but repeats comes after them', async () => {
  const answers = [
    [progressOf(7, 20)],
    [progressOf(7, 20), progressOf(8, undefined, 0)],
    // While nothing came, Spark had spoken of batch 8.
    [progressOf(7, 20), progressOf(8, undefined, 0), progressOf(8, 30), progressOf(9)],
    [progressOf(7, 20), progressOf(8, 30), progressOf(9), progressOf(10, 40), progressOf(11)],
  ];
  let recent: readonly string[] = [];
  const session = {
    lastProgress: async () => {
      recent = answers.shift() ?? recent;
      return recent.at(-1);
    },
    recentProgress: async () => recent,
    status: async () => ({ isActive: true }),
    rows: async () => [{ now: 10n }],
    close: () => undefined,
  };
  const announced = new Set<number>();
  const done = new AbortController();
  const send: SupervisorOptions['send'] = async (messages) => {
    for (const { value } of messages) announced.add((JSON.parse(value) as { frame: number }).frame);
    if (announced.has(40)) done.abort();
  };
  await supervisorOf({ session, send, messages: { [topics.frames]: [FRAME] } }).run(
    AbortSignal.any([done.signal, AbortSignal.timeout(5_000)]),
  );
  expect([...announced]).toEqual([1, 20, 30, 40]);
});
