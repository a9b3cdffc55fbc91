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

/** A frame was announced, of which a closed day has two records more than its rows. */
const MESSAGES: Readonly<Record<string, readonly object[]>> = {
  [topics.frames]: [{ stream: plan.stream.name, frame: 1, accepted: 5, topicId: 'topic' }],
  [topics.days]: [
    { ...DAY, of: 'seen', records: 5 },
    { ...DAY, of: 'kept', records: 3 },
  ],
};

const reader: TopicReader = {
  read: async (places) =>
    places.map((place) => {
      const values = MESSAGES[place.topic] ?? [];
      const messages = values.slice(place.nextOffset).map((value, index) => ({
        offset: place.nextOffset + index,
        timestampMs: 0,
        key: null,
        value: Buffer.from(JSON.stringify(value)),
      }));
      return { ...place, messages, nextOffset: values.length, endOffset: values.length };
    }),
  extents: async (names) =>
    names.map((topic) => {
      return { topic, topicId: 'topic', partition: 0, firstOffset: 0, endOffset: MESSAGES[topic]?.length ?? 0 };
    }),
  [Symbol.asyncDispose]: async () => undefined,
};

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
    topicId: 'topic',
    sessionId: 'session',
    name: STREAMING.name,
    checkpoint: 'file:///checkpoint',
    find: async () => undefined,
    lastFrame: async () => undefined,
    start: async () => STREAMING,
    computeAgain: async () => {
      events.push('computing');
      computing.resolve();
      await released.promise.finally(() => events.push('computed'));
    },
    writeAgain: async () => events.push('written'),
  };
  const told: unknown[] = [];
  const options: SupervisorOptions = {
    plan,
    query: query as unknown as ReportsQuery,
    openSession: () => session as unknown as SparkSession,
    topicId: async () => 'topic',
    topics,
    reader,
    send: async (messages) => {
      for (const { value } of messages) told.push(JSON.parse(value));
    },
    clock: machineClock(),
    logger: { info: () => undefined, warn: () => undefined },
    isQueryToStop: () => false,
  };
  await expect(new Supervisor(options).run(new AbortController().signal)).rejects.toBe(refused);
  expect(events).toEqual(['computing', 'released', 'computed']);
  expect(told.at(-1)).toMatchObject({ state: 'stopped', reason: refused.message });
});
