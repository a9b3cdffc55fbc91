import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../../daybook.config.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Definition } from '../../definition/daybook.ts';
import { integer, text } from '../../definition/fields.ts';
import { count } from '../../definition/measures.ts';
import type { Report } from '../../definition/report.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { recordsFacts, rowsFingerprint } from '../../plan/fingerprints.ts';
import { makePlan } from '../../plan/normalise.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicReader } from '../../ports/messages.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import type { SparkSession } from '../connect/session.ts';
import { DayCounts } from './day-counts.ts';
import type { ReportsQuery } from './reports-query.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { Supervisor } from './supervisor.ts';

const plan = makePlan(daybook);
const topics = { frames: framesTopic(plan), days: daysTopic(plan) };
const STREAMING = { name: 'daybook-daily_records-q', id: 'id', runId: 'run' };
const DAY = { ts_date: '2026-03-04', query: plan.fingerprint, frame: 1 };

/** A closed day that has two records more than its rows. */
const LATE_DAY = [
  { ...DAY, of: 'seen', records: 5 },
  { ...DAY, of: 'kept', records: 3 },
];

/** Objects, and texts that are no JSON. */
type Messages = Readonly<Record<string, readonly unknown[]>>;

const FRAME = { stream: plan.stream.name, frame: 1, accepted: 5, topicId: 'topic' };

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** What topics hold, each in one partition. @param ids  of topics; of others it is 'topic' */
function readerOf(messages: Messages, ids: Readonly<Record<string, string>> = {}): TopicReader {
  return {
    read: async (places) => {
      await setImmediate();
      return places.map((place) => {
        const values = messages[place.topic] ?? [];
        const found = values.slice(place.nextOffset).map((value, index) => ({
          offset: place.nextOffset + index,
          timestampMs: 0,
          key: Buffer.from(JSON.stringify((value as { ts_date?: string } | null)?.ts_date ?? null)),
          value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
        }));
        return { ...place, messages: found, nextOffset: values.length, endOffset: values.length };
      });
    },
    extents: async (names) =>
      names.map((topic) => {
        const endOffset = messages[topic]?.length ?? 0;
        return { topic, topicId: ids[topic] ?? 'topic', partition: 0, firstOffset: 0, endOffset };
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Fakes {
  /** One for all, or one by its id. */
  readonly session: object | ((sessionId: string) => object);
  readonly query?: object;
  readonly send: SupervisorOptions['send'];
  readonly messages: Messages;
  readonly ids?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly plan?: Plan;
}

function supervisorOf({
  session,
  query = {},
  send,
  messages,
  ids,
  clock = machineClock(),
  plan: other = plan,
}: Fakes): Supervisor {
  const ofAll = {
    topicId: 'topic',
    sessionId: 'session',
    name: STREAMING.name,
    checkpoint: 'file:///checkpoint',
    enter: () => undefined,
    find: async () => undefined,
    lastBatch: async () => undefined,
    start: async () => STREAMING,
  };
  return new Supervisor({
    plan: other,
    query: { ...ofAll, ...query } as unknown as ReportsQuery,
    openSession: (id) => (typeof session === 'function' ? session(id) : session) as SparkSession,
    topicId: async () => 'topic',
    topics,
    reader: readerOf(messages, ids),
    send,
    clock,
    logger: { info: () => undefined, warn: () => undefined },
    isQueryToStop: () => false,
  });
}

/** What Spark says of a batch. @param frame  undefined: it had nothing but repeats @param messages  0: nothing came */
function progressOf(id: number, frame?: number, messages = 5, accepted = frame): string {
  const fields = ['frame', 'accepted', 'rows'].map((name) => ({ name }));
  const daybook = { values: [frame ?? null, accepted ?? null, 1], schema: { fields } };
  const endOffset = JSON.stringify({ [plan.stream.name]: { 0: id } });
  return JSON.stringify({
    batchId: id,
    sources: [{ numInputRows: messages, endOffset }],
    observedMetrics: { daybook },
  });
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
    configure: async () => undefined,
    close: () => undefined,
    [Symbol.dispose]: () => undefined,
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
    messages: {
      [topics.frames]: [FRAME],
      [topics.days]: LATE_DAY,
    },
    send: async (messages) => {
      for (const { value } of messages) told.push(JSON.parse(value));
    },
  });
  await expect(supervisor.run(new AbortController().signal)).rejects.toBe(refused);
  expect(events).toEqual(['computing', 'released', 'computed']);
  expect(told.at(-1)).toMatchObject({ state: 'stopped', reason: refused.message });
});

it('what a supervisor that was killed had computed again in a session of its own is ended before the next begins', async () => {
  const left = randomUUID();
  const settings: Record<string, string> = { 'spark.daybook.daysAgainSession': left };
  const events: string[] = [];
  const ended = new AbortController();
  const session = (id: string): object => ({
    lastProgress: async () => undefined,
    status: async () => ({ isActive: true }),
    rows: async (sql: string) => {
      const name = /^SET (.+)$/.exec(sql)?.[1];
      return name === undefined ? [{ now: 10n }] : [{ key: name, value: settings[name] ?? '<undefined>' }];
    },
    configure: async (changed: Readonly<Record<string, string>>) => Object.assign(settings, changed),
    release: async () => events.push(id === left ? 'released the one that was left' : `released ${id}`),
    close: () => undefined,
    [Symbol.dispose]: () => undefined,
  });
  const query = {
    computeAgain: async () => {
      events.push('computed');
      ended.abort();
    },
  };
  const messages = { [topics.frames]: [FRAME], [topics.days]: LATE_DAY };
  await supervisorOf({ session, query, send: async () => undefined, messages }).run(ended.signal);
  const own = settings['spark.daybook.daysAgainSession'];
  expect(events).toEqual(['released the one that was left', 'computed', `released ${own}`]);
  expect(own).not.toBe(left);
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

it('up to where the query has read is told with each frame, by whomever, until it begins from the first record', async () => {
  const told: { readonly frame: number; readonly readTo: object }[] = [];
  const run = async (last: object | undefined, batch: string): Promise<void> => {
    const ended = new AbortController();
    const session = {
      lastProgress: async () => batch,
      recentProgress: async () => [batch],
      status: async () => {
        ended.abort();
        return { isActive: true };
      },
      rows: async () => [{ now: 1_000n }],
      close: () => undefined,
    };
    const send: SupervisorOptions['send'] = async (messages) => {
      told.push(...messages.map(({ value }) => JSON.parse(value) as (typeof told)[number]));
    };
    const query = { lastBatch: async () => last };
    await supervisorOf({ session, query, send, messages: { [topics.frames]: told } }).run(ended.signal);
  };
  await run(undefined, progressOf(0, 20));
  expect(told.map(({ frame, readTo }) => [frame, readTo]).at(-1)).toEqual([20, { 0: 0 }]);
  await run({ frame: 20, readTo: { 0: 0 } }, progressOf(7));
  expect(told.map(({ readTo }) => readTo).at(-1)).toEqual({ 0: 0 });
  await run({ frame: 20, readTo: { 0: 0 } }, progressOf(8, 30));
  expect(told.map(({ readTo }) => readTo).at(-1)).toEqual({ 0: 8 });
  // Spark ended when the batch was whole, and before anybody was told.
  await run({ frame: 40, readTo: { 0: 9 } }, progressOf(10));
  expect(told.filter(({ frame }) => frame === 40).map(({ readTo }) => readTo)[0]).toEqual({ 0: 9 });
  await run(undefined, progressOf(0));
  expect(told.map(({ readTo }) => readTo).at(-1)).toEqual({});
});

it('up to where the query has read is as it was when the batches of before are looked through once more', async () => {
  const told: { readonly readTo: object }[] = [];
  const ended = new AbortController();
  const recent = [progressOf(7), progressOf(8, 20)];
  const session = {
    lastProgress: async () => recent.at(-1),
    recentProgress: async () => recent,
    status: async () => {
      // What it tells then has what the batches said.
      ended.abort();
      throw new DaybookError('SPARK_FAILED', 'Spark is away.', { retryable: true });
    },
    close: () => undefined,
  };
  const send: SupervisorOptions['send'] = async (messages) => {
    told.push(...messages.map(({ value }) => JSON.parse(value) as (typeof told)[number]));
  };
  const query = { find: async () => STREAMING, hasCheckpointOf: async () => true };
  const messages = { [topics.frames]: [{ ...FRAME, frame: 20, readTo: { 0: 8, 1: 3 } }] };
  await supervisorOf({ session, query, send, messages }).run(ended.signal);
  expect(told.at(-1)).toMatchObject({ state: 'trouble', readTo: { 0: 8, 1: 3 } });
});

describe('a clock of Spark that goes back', () => {
  const [OLD, NEWER] = [1_000_000, 2_000_000];
  const report = plan.reports[0]?.name ?? '';
  const counted = (day: string, frame: number): readonly object[] =>
    ['seen', 'kept'].map((of) => ({ ts_date: day, of, records: 5, query: plan.fingerprint, frame }));
  const row = (day: string, daily_pu: number, frame: number): object => ({ ts_date: day, daily_pu, frame });

  it('is told, and the rows that lost to older ones are written again before the query goes on', async () => {
    const messages: Record<string, object[]> = {
      [topics.frames]: [FRAME],
      [topics.days]: [...counted('2026-03-04', NEWER), ...counted('2026-03-05', NEWER)],
      [report]: [row('2026-03-04', 1, NEWER), row('2026-03-05', 1, NEWER)],
    };
    const events: string[] = [];
    const ended = new AbortController();
    const recent = [progressOf(7, NEWER)];
    // It has still 1 ms to go when the query is to start again.
    const clocks = [NEWER + 1_000, NEWER - 1_000];
    const session = {
      lastProgress: async () => recent.at(-1),
      recentProgress: async () => recent,
      status: async () => ({ isActive: true }),
      rows: async () => [{ now: BigInt(clocks.shift() ?? NEWER + 9_000) }],
      stop: async () => events.push('stopped'),
      close: () => undefined,
    };
    const query = {
      start: async () => {
        events.push('started');
        if (events.includes('stopped')) ended.abort();
        return STREAMING;
      },
    };
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { topic, value } of sent) {
        messages[topic]?.push(JSON.parse(value) as object);
        const { frame, state } = JSON.parse(value) as { frame: number; state?: string };
        if (topic !== topics.frames || frame > NEWER || state === 'trouble') events.push(`${topic} ${frame} ${state}`);
        if (topic !== topics.frames || frame !== NEWER || recent.length > 1) continue;
        // The batch behind it begins; it is whole a while later.
        messages[topics.days]?.push(...counted('2026-03-04', OLD));
        messages[report]?.push(row('2026-03-04', 2, OLD));
        setTimeout(() => recent.push(progressOf(8, OLD)), 50);
      }
    };
    await supervisorOf({ session, query, send, messages }).run(ended.signal);
    expect(events).toEqual([
      // Nobody said whose the reports are.
      `${topics.days} ${NEWER} undefined`,
      'started',
      'stopped',
      `${topics.frames} ${NEWER} trouble`,
      `${report} ${NEWER + 1} undefined`,
      `${topics.days} ${NEWER + 1} undefined`,
      `${topics.frames} ${NEWER + 1} trouble`,
      'started',
      `${topics.frames} ${NEWER + 1} running`,
    ]);
    expect(messages[report]?.at(-1)).toEqual(row('2026-03-04', 2, NEWER + 1));
    expect(messages[topics.days]?.at(-1)).toMatchObject({ ts_date: '2026-03-04', of: 'again', records: 5 });
  });

  it('is not waited for once the supervisor is to end', async () => {
    const ended = new AbortController();
    const session = {
      rows: async () => {
        setTimeout(() => ended.abort(), 50);
        return [{ now: 1n }];
      },
      close: () => undefined,
    };
    const query = { start: () => Promise.reject(new Error('it is to end')) };
    const messages = { [topics.frames]: [{ ...FRAME, frame: 3_600_000_000 }] };
    await supervisorOf({ session, query, send: async () => undefined, messages }).run(ended.signal);
  });
});

describe('reports that are in their topics', () => {
  const [first, ...others] = daybook.reports as readonly [Report, ...Report[]];
  // Tiles ask for more than a definition of one report has.
  const NO_TILES = { ...daybook.dashboard, tiles: [] };
  const planOf = (definition: Definition): Plan => makePlan({ ...definition, dashboard: NO_TILES });
  const fingerprints = ({ stream, reports: all }: Plan): Readonly<Record<string, string>> =>
    Object.fromEntries(all.map((each) => [each.name, rowsFingerprint(stream, each)]));
  const reports = fingerprints(plan);
  const old = { [topics.frames]: [{ ...FRAME, reports }], [first.name]: [{ ts_date: '2026-03-04', frame: 1 }] };

  /** Starts another definition over them. @returns why it was refused, and the fingerprints that were told last */
  async function startOver(
    definition: Definition,
    messages: Messages,
    fakes: Partial<Fakes> = {},
  ): Promise<readonly [string, unknown]> {
    const ended = new AbortController();
    const session = {
      lastProgress: async () => ended.abort(),
      status: async () => ({ isActive: true }),
      rows: async () => [{ now: 10n }],
      close: () => undefined,
    };
    let told: unknown;
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { value } of sent) told = (JSON.parse(value) as { reports: unknown }).reports;
    };
    const running = supervisorOf({
      session,
      send,
      messages,
      plan: planOf(definition),
      ...fakes,
    }).run(ended.signal);
    return [await running.then(() => '', String), told];
  }

  it('are refused to a definition of other records, dimensions or conditions, time after time', async () => {
    const zone = { ...dailyRecords, timeZone: 'Asia/Tokyo' };
    const field = { ...dailyRecords, fields: { ...dailyRecords.fields, quantity: integer({ max: 3 }) } };
    for (const definition of [
      { ...daybook, reports: [{ ...first, where: { quantity: { atLeast: 2 } } }, ...others] },
      { ...daybook, reports: [{ ...first, dimensions: ['ts_date', 'city'] }, ...others] },
      ...[zone, field].map((stream) => ({
        ...daybook,
        stream,
        reports: daybook.reports.map((report) => ({ ...report, stream })),
      })),
    ] as readonly Definition[]) {
      const [refusal, told] = await startOver(definition, old);
      expect(refusal).toMatch(/rows of daily_pu_rev by another definition.* delete the topics daily_pu_rev, /);
      expect(told).toEqual(reports);
    }
  });

  it('are taken on by one with more reports or other measures, and by any when nobody said whose they are', async () => {
    const more = { ...daybook, reports: [...daybook.reports, { ...first, name: 'more' }] };
    const measures = { ...daybook, reports: [{ ...first, measures: { n: count() } }, ...others] };
    const lateness = { ...daybook, stream: { ...dailyRecords, latenessDays: 3, currency: 'EUR' } };
    expect(await startOver(more, old)).toEqual(['', { ...reports, more: reports[first.name] }]);
    for (const definition of [measures, lateness]) expect(await startOver(definition, old)).toEqual(['', reports]);
    const changed = { ...daybook, reports: [{ ...first, where: { quantity: { atLeast: 2 } } }, ...others] };
    expect(await startOver(changed, { ...old, [topics.frames]: [FRAME] })).toMatchObject(['', {}]);
  });

  it('are another definition’s once their topics were made anew, and those of a removed report are remembered', async () => {
    const changed = { ...daybook, reports: [{ ...first, where: { quantity: { atLeast: 2 } } }] };
    const [refusal, told] = await startOver(changed, { ...old, [first.name]: [] });
    expect(refusal).toBe('');
    expect(told).toEqual({ ...reports, ...fingerprints(planOf(changed)) });
  });

  it('are computed anew by a definition that comes back, as another has written over them; one that stays goes on', async () => {
    const measures = { ...daybook, reports: [{ ...first, measures: { n: count() } }, ...others] };
    const frames: unknown[] = [FRAME];
    const generations: string[] = [];
    for (const definition of [daybook, daybook, measures, measures, daybook, daybook]) {
      let entered = '';
      const query = { enter: (generation: string) => (entered = generation) };
      const send: SupervisorOptions['send'] = async (sent) => {
        frames.push(...sent.map(({ value }) => JSON.parse(value) as unknown));
      };
      await startOver(definition, { ...old, [topics.frames]: frames }, { query, send });
      generations.push(entered);
    }
    const [one, , other, , back] = generations;
    expect(generations).toEqual([one, one, other, other, back, back]);
    expect(new Set(generations).size).toBe(3);
  });

  it('are computed anew where the topic of one was made anew, as it lacks what does not change any more', async () => {
    const held: Record<string, unknown[]> = { [topics.frames]: [{ ...FRAME, reports }], [topics.days]: [] };
    const generations: string[] = [];
    let entered = '';
    const query = { enter: (generation: string) => (entered = generation) };
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { topic, value } of sent) held[topic]?.push(JSON.parse(value) as unknown);
    };
    const anew = { [first.name]: 'anew' };
    for (const ids of [{}, {}, anew, anew]) {
      await startOver(daybook, held, { query, send, ids });
      generations.push(entered);
    }
    const [one, , back] = generations;
    expect(generations).toEqual([one, one, back, back]);
    expect(back).not.toBe(one);
    // What was counted before is of rows that are gone.
    const counts = new DayCounts(plan.stream, plan.fingerprint);
    const before = LATE_DAY.map((count) => ({ offset: 0, timestampMs: 0, key: null, value: bytesOf(count) }));
    const taken = held[topics.days]?.map((value) => ({ offset: 0, timestampMs: 0, key: null, value: bytesOf(value) }));
    counts.take([...before, ...(taken ?? [])]);
    counts.advance(1);
    expect(counts.behind()).toEqual([]);
  });

  it('are counted anew then, also what the query of before had under way when it was stopped', async () => {
    const days: unknown[] = [];
    const query = {
      find: async () => void days.push({ ...DAY, of: 'kept', records: 5, frame: 50, query: plan.fingerprint }),
    };
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { topic, value } of sent) if (topic === topics.days) days.push(JSON.parse(value) as unknown);
    };
    const owner = { query: plan.fingerprint, generation: 'of before', reportTopics: { [first.name]: 'gone' } };
    await startOver(
      daybook,
      { [topics.frames]: [{ ...FRAME, ...owner, reports }], [topics.days]: days },
      { query, send },
    );
    expect(days.at(-1)).toMatchObject({ query: '', frame: 50 });
  });

  it('are computed anew where the topic of one is made anew while the query runs', async () => {
    const ended = new AbortController();
    const ids: Record<string, string> = {};
    const events: string[] = [];
    let nowMs = Date.now();
    const session = {
      // Time passes while Spark is asked.
      lastProgress: async () => {
        nowMs += 1_000;
        ids[first.name] = 'anew';
      },
      status: async () => ({ isActive: true }),
      rows: async () => [{ now: 10n }],
      close: () => undefined,
    };
    let generation = '';
    const query = {
      enter: (entered: string) => (generation = entered),
      start: async () => {
        events.push(generation);
        if (events.length === 2) ended.abort();
        return STREAMING;
      },
    };
    const frames: unknown[] = [{ ...FRAME, reports }];
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { topic, value } of sent) if (topic === topics.frames) frames.push(JSON.parse(value) as unknown);
    };
    const clock = { ...machineClock(), nowMs: () => nowMs, sleep: async () => setImmediate() };
    await supervisorOf({ session, query, send, messages: { [topics.frames]: frames }, ids, clock }).run(
      AbortSignal.any([ended.signal, AbortSignal.timeout(5_000)]),
    );
    expect(new Set(events).size).toBe(2);
    expect(frames).toContainEqual(
      expect.objectContaining({ state: 'trouble', reason: expect.stringContaining(first.name) as unknown }),
    );
  });

  it('are taken on where fields, conditions and their values stand in another order', async () => {
    const where = { city: ['x', 'y'], quantity: { atLeast: 2 } };
    const turned = { quantity: { atLeast: 2 }, city: ['y', 'x'] };
    const fields = Object.fromEntries(Object.entries(dailyRecords.fields).toReversed()) as typeof dailyRecords.fields;
    const [before, now] = [
      { ...daybook, reports: [{ ...first, where }] },
      {
        ...daybook,
        stream: { ...dailyRecords, fields },
        reports: [{ ...first, stream: { ...dailyRecords, fields }, where: turned }],
      },
    ] as readonly [Definition, Definition];
    const told = fingerprints(planOf(before));
    expect(await startOver(now, { ...old, [topics.frames]: [{ ...FRAME, reports: told }] })).toEqual(['', told]);
  });

  it('are refused with what differs of the stream’s records', async () => {
    const city = {
      ...dailyRecords,
      timeZone: 'Asia/Tokyo',
      fields: { ...dailyRecords.fields, city: text({ maxLength: 2000 }) },
    };
    const changed = { ...daybook, stream: city, reports: daybook.reports.map((each) => ({ ...each, stream: city })) };
    const known = { ...old, [topics.frames]: [{ ...FRAME, reports, records: recordsFacts(plan.stream) }] };
    const [refusal] = await startOver(changed, known);
    expect(refusal).toMatch(
      /by another definition \(what differs: the time zone, field 'city'\), and some of them may stay/,
    );
    const dimensions = { ...daybook, reports: [{ ...first, dimensions: ['ts_date', 'city'] }, ...others] };
    const [other] = await startOver(dimensions, known);
    expect(other).toMatch(/by another definition \(what differs: their dimensions or 'where'\)/);
  });

  it('are taken on though the topic of frames holds what is no frame', async () => {
    const [frame] = old[topics.frames] ?? [];
    const strange = { [topics.frames]: ['text', null, [], { frame: 'x', topicId: 7, reports: 7 }, frame] };
    expect(await startOver(daybook, { ...old, ...strange })).toEqual(['', reports]);
  });
});

describe('a query that begins anew over reports that are there', () => {
  const seen = (records: number, frame: number): object => ({ ...DAY, of: 'seen', records, frame });
  const kept = (records: number, frame: number): object => ({ ...DAY, of: 'kept', records, frame });
  const all = (records: number, frame: number): object => ({ of: 'all', records, query: plan.fingerprint, frame });

  /** Runs over frames of so many records, and has closed days computed again when there are some. @returns what was told of each frame */
  async function tellFrames(
    before: object,
    batches: readonly { readonly frame: number; readonly accepted: number; readonly counts?: readonly object[] }[],
    query: object = {},
  ): Promise<readonly (readonly [frame: unknown, anew: unknown, since: unknown])[]> {
    const days: object[] = [];
    const recent: string[] = [];
    const left = [...batches];
    const told = new Map<unknown, readonly [unknown, unknown, unknown]>();
    const ended = new AbortController();
    const session = {
      lastProgress: async () => {
        const next = left.shift();
        if (next !== undefined) {
          days.push(...(next.counts ?? []));
          recent.push(progressOf(recent.length, next.frame, 5, next.accepted));
        }
        return recent.at(-1);
      },
      recentProgress: async () => recent,
      status: async () => ({ isActive: true }),
      rows: async () => [{ now: 10n }],
      configure: async () => undefined,
      release: async () => undefined,
      close: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
    const send: SupervisorOptions['send'] = async (sent) => {
      for (const { topic, value } of sent) {
        const message = JSON.parse(value) as Readonly<Record<string, unknown>>;
        if (topic === topics.days) days.push(message);
        else told.set(message['frame'], [message['frame'], message['anew'], message['since']]);
      }
      if (left.length === 0 && told.has(batches.at(-1)?.frame)) ended.abort();
    };
    const messages = { [topics.frames]: [{ ...FRAME, ...before }], [topics.days]: days };
    await supervisorOf({ session, query, send, messages }).run(
      AbortSignal.any([ended.signal, AbortSignal.timeout(5_000)]),
    );
    return [...told.values()];
  }

  it('says that it writes what was there until it has as many records as they had', async () => {
    expect(
      await tellFrames({ accepted: 100 }, [
        { frame: 20, accepted: 40 },
        { frame: 30, accepted: 90 },
        { frame: 40, accepted: 101 },
        { frame: 50, accepted: 102 },
      ]),
    ).toEqual([
      [1, 100, undefined],
      [20, 100, 20],
      [30, 100, 30],
      [40, undefined, 40],
      [50, undefined, 40],
    ]);
  });

  it('says so until the days are computed again that were behind then, though others come to be', async () => {
    const written: number[] = [];
    const query = {
      computeAgain: async () => undefined,
      writeAgain: async (_session: unknown, frame: number) => written.push(frame),
    };
    const told = await tellFrames(
      { accepted: 5 },
      [
        { frame: 20, accepted: 5, counts: [seen(5, 20), kept(3, 20), all(5, 20)] },
        { frame: 30, accepted: 6, counts: [seen(6, 30), all(6, 30)] },
        { frame: 40, accepted: 7, counts: [seen(7, 40), all(7, 40)] },
      ],
      query,
    );
    const firstAgain = written[0] ?? 0;
    for (const [frame, anew, since] of told) {
      if (Number(frame) < firstAgain) expect([frame, anew]).toEqual([frame, 5]);
      if (Number(frame) > firstAgain) expect([frame, anew, since]).toEqual([frame, undefined, firstAgain]);
    }
    expect(told.length).toBeGreaterThan(3);
  });
});
