import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Admin, Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { framesTopic } from '../../src/compile/kafka/topics.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { chanceFrom } from '../chance.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { StackProcess } from './processes.ts';
import { startProcess } from './processes.ts';
import { announcedFrames, messagesOf, reportsInTopics, sendRecords } from './report-topics.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';

const WAIT_MS = 400_000;
/** Servers that share a machine with others take their time. */
const TEST_MS = 900_000;
const plan = makePlan(daybook);

let servers: Servers<'kafka' | 'spark'>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let supervisor: StackProcess;
const sent: string[] = [];

function supervise(kafka: string = servers.at.kafka, ...more: readonly string[]): StackProcess {
  const { spark } = servers.at;
  return startProcess(['spark', 'run', '--kafka', kafka, '--spark', spark, '--checkpoints', folder.path, ...more]);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  servers = await startServers(['kafka', 'spark']);
  await applyTopics(servers.at.kafka);
  supervisor = supervise();
});
afterAll(async () => {
  await supervisor[Symbol.asyncDispose]();
  await servers[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function applyTopics(kafka: string): Promise<void> {
  const applied = await runDaybook(['apply', '--target', 'kafka', '--kafka', kafka, '--partitions', '3']);
  expect(applied.code).toBe(0);
}

/** Sends records and waits until the topics have the reports of all that was sent so far. */
async function sendAndCompare(lines: readonly string[]): Promise<void> {
  sent.push(...lines);
  await sendRecords(plan, servers.at.kafka, lines);
  await expectReports(reportsOf(sent.map(readSale)));
}

async function expectReports(expected: Reports): Promise<void> {
  await expect
    .poll(() => reportsInTopics(plan, servers.at.kafka), { timeout: WAIT_MS, interval: 500 })
    .toEqual(expected);
}

/** Sales of one day. */
function salesOf(day: string, count: number, seed: number): readonly string[] {
  return mixedSales(count, { repeats: 0, seed, days: 1 }).map((line) => line.replaceAll('2026-04-01', day));
}

describe('records behind the watermark', { timeout: TEST_MS }, () => {
  it('are in their reports, to the last digit, with records of a month in any order, repeats among them', async () => {
    await sendAndCompare(mixedSales(3000, { repeats: 0.2, seed: 1 }));
    await sendAndCompare(mixedSales(1000, { repeats: 0.2, seed: 2 }));
  });

  it('may change a closed day several times', async () => {
    await sendAndCompare(salesOf('2026-05-20', 50, 3));
    for (const seed of [4, 5, 6]) await sendAndCompare(salesOf('2026-04-03', 20, seed));
  });

  it('are in no report when their producer took them back, also where their day is computed again', async () => {
    const bootstrapBrokers = [servers.at.kafka];
    const options = { clientId: 'test', bootstrapBrokers, idempotent: true, transactionalId: 'shop' };
    await using open = new AsyncDisposableStack();
    const producer = open.adopt(new Producer(options), (each) => each.close());
    const transaction = await producer.beginTransaction();
    const back = [...salesOf('2026-05-20', 5, 20), ...salesOf('2026-04-04', 5, 21)];
    const { name: topic } = plan.stream;
    await transaction.send({ messages: back.map((line) => ({ topic, value: Buffer.from(line) })) });
    await transaction.abort();
    await sendAndCompare(salesOf('2026-05-20', 10, 22));
    await sendAndCompare(salesOf('2026-04-04', 10, 23));
  });

  it('are not counted twice, however old the first one is: not on their day, and not as of another day', async () => {
    const closed = sent.slice(0, 300);
    const moved = closed.map((line) =>
      line.replaceAll(/2026-04-\d\d/g, '2026-05-20').replace(/"revenue":[\d.]+/, '"revenue":1'),
    );
    await sendAndCompare([...closed, ...moved, ...salesOf('2026-05-20', 10, 7)]);
    await sendAndCompare([...moved, ...salesOf('2026-04-20', 10, 8)]);
  });

  it('are not counted twice when a producer puts repeats into any partition', async () => {
    // Which of altered ones in several partitions comes first, nobody can tell once all is read anew.
    const again = sent.slice(500, 900).filter((line) => !line.includes('altered'));
    const others = salesOf('2026-04-21', 10, 9);
    await using producer = openTopicProducer({ bootstrapBrokers: [servers.at.kafka] }, 'test');
    const random = chanceFrom(1);
    await producer.send(
      again.map((line) => ({ topic: plan.stream.name, key: Buffer.from(String(random())), value: Buffer.from(line) })),
    );
    await sendAndCompare(others);
  });

  it('are found by the next supervisor when one was killed before, while or after it had their days computed', async () => {
    for (const [seed, afterText] of [
      [10, 'progress'],
      [11, 'computed again'],
      [12, 'have their late records'],
    ] as const) {
      const lines = salesOf('2026-04-05', 20, seed);
      sent.push(...lines);
      const before = supervisor.text().length;
      await sendRecords(plan, servers.at.kafka, lines);
      await expect.poll(() => supervisor.text().slice(before), { timeout: WAIT_MS, interval: 20 }).toContain(afterText);
      await supervisor.kill();
      supervisor = supervise();
      await expectReports(reportsOf(sent.map(readSale)));
    }
    // What it was to write, the query wrote by itself; only who has found it can stop it.
    await expect.poll(() => supervisor.text(), { timeout: WAIT_MS }).toContain('the query runs already');
  });

  it('are behind the place that their frame is told with, from its first word on, when Spark was killed before it was told', async () => {
    const { kafka } = servers.at;
    await sendAndCompare(salesOf('2026-05-20', 10, 26));
    const { size } = new Set(sent.map((line) => readSale(line).ts_id));
    await expect
      .poll(async () => (await announcedFrames(plan, kafka)).at(-1), { timeout: WAIT_MS, interval: 200 })
      .toMatchObject({ accepted: size });
    await supervisor.kill();
    const told = (await messagesOf(kafka, framesTopic(plan))).length;
    await sendAndCompare(salesOf('2026-05-20', 10, 27));
    const newest = async (kind: string): Promise<string | undefined> => {
      const files = await readdir(folder.path, { recursive: true });
      const numbers = files.flatMap((file) => new RegExp(`${kind}/(\\d+)$`).exec(file)?.[1] ?? []);
      return numbers.toSorted((a, b) => Number(a) - Number(b)).at(-1);
    };
    // The rows are there a little before Spark notes that the batch is whole.
    await expect
      .poll(async () => (await newest('commits')) === (await newest('offsets')), { timeout: WAIT_MS })
      .toBe(true);
    await servers.stack.kill('spark-connect');
    await servers.stack.start('spark-connect');
    supervisor = supervise();
    await expect.poll(() => supervisor.text(), { timeout: WAIT_MS }).toContain('the query is started');
    await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
    const extents = await reader.extents([plan.stream.name]);
    const ends = Object.fromEntries(extents.map(({ partition, endOffset }) => [partition, endOffset]));
    const words = (await messagesOf(kafka, framesTopic(plan))).map(({ value }) => {
      return JSON.parse(Buffer.from(value ?? '').toString()) as { readonly frame: number; readonly readTo: object };
    });
    const before = words[told - 1]?.frame ?? 0;
    const after = words.slice(told).filter(({ frame }) => frame > before);
    expect(after.length).toBeGreaterThan(0);
    for (const { readTo } of after) expect(readTo).toEqual(ends);
  });

  it('are in their reports once more when the checkpoint is lost, and all begins anew', async () => {
    await supervisor.stop();
    await rm(folder.path, { recursive: true });
    supervisor = supervise();
    await sendAndCompare(salesOf('2026-04-06', 10, 13));
  });

  it('are in their reports once more when the checkpoint is removed under the query, which is told', async () => {
    await supervisor.kill();
    await rm(folder.path, { recursive: true, maxRetries: 10 });
    await sendAndCompare(salesOf('2026-05-20', 10, 18));
    supervisor = supervise();
    expect(await supervisor.ended, supervisor.text()).toBe(1);
    expect(supervisor.text()).toContain('CHECKPOINT_INCOMPLETE');
    // The query is at rest, but there is no beginning to go on from.
    supervisor = supervise();
    expect(await supervisor.ended, supervisor.text()).toBe(1);
    expect(supervisor.text()).toContain('CHECKPOINT_INCOMPLETE');
    await rm(folder.path, { recursive: true });
    supervisor = supervise();
    await sendAndCompare(salesOf('2026-04-08', 10, 19));
  });

  it('are announced in frames that only grow, and counted', async () => {
    const { size } = new Set(sent.map((line) => readSale(line).ts_id));
    // Rows are there a little before the frame that they are of is announced.
    const newest = async (): Promise<unknown> => (await announcedFrames(plan, servers.at.kafka)).at(-1);
    await expect.poll(newest, { timeout: WAIT_MS, interval: 200 }).toMatchObject({ accepted: size });
    const frames = await announcedFrames(plan, servers.at.kafka);
    const numbers = frames.map(({ frame }) => frame);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...frames.map(({ late }) => late))).toBeGreaterThan(0);
  });

  it('leave nothing to come, as is said of each partition, though offsets are those of what was taken back, too', async () => {
    const { kafka } = servers.at;
    const readTo = async (): Promise<unknown> => {
      const newest = (await messagesOf(kafka, framesTopic(plan))).at(-1)?.value;
      return (JSON.parse(Buffer.from(newest ?? []).toString()) as { readonly readTo: unknown }).readTo;
    };
    await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
    const extents = await reader.extents([plan.stream.name]);
    const ends = Object.fromEntries(extents.map(({ partition, endOffset }) => [partition, endOffset]));
    await expect.poll(readTo, { timeout: WAIT_MS, interval: 500 }).toEqual(ends);
  });
});

describe('a definition with other measures', { timeout: TEST_MS }, () => {
  it('has its figures in all rows, and so has the one of before when it comes back', async () => {
    await using other = await temporaryFolder();
    const config = join(other.path, 'daybook.config.ts');
    await writeFile(
      config,
      `import { daybook as before } from ${JSON.stringify(resolve('daybook.config.ts'))};
      const [first, ...others] = before.reports;
      const measures = { ...first.measures, daily_rev: first.measures.daily_profit };
      export const daybook = { ...before, reports: [{ ...first, measures }, ...others] };`,
    );
    const reports = reportsOf(sent.map(readSale));
    const profits = (reports['daily_pu_rev'] ?? []).map((row) => ({ ...row, daily_rev: row['daily_profit'] ?? '' }));
    await supervisor.stop();
    supervisor = supervise(servers.at.kafka, '--config', config);
    await expectReports({ ...reports, daily_pu_rev: profits });
    await supervisor.stop();
    supervisor = supervise();
    await sendAndCompare(salesOf('2026-05-21', 10, 24));
  });
});

describe('a report whose topic is made anew under the query', { timeout: TEST_MS }, () => {
  it('has all its rows again', async () => {
    const { kafka } = servers.at;
    await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'test');
    const topicId = async (): Promise<unknown> => (await reader.extents(['daily_pu_rev']))[0]?.topicId;
    const before = await topicId();
    await using open = new AsyncDisposableStack();
    const admin = open.adopt(new Admin({ bootstrapBrokers: [kafka], clientId: 'test' }), (each) => each.close());
    await admin.deleteTopics({ topics: ['daily_pu_rev'] });
    // A topic is gone a moment after it was deleted.
    await expect
      .poll(async () => (await applyTopics(kafka), topicId().catch(() => before)), { timeout: WAIT_MS })
      .not.toBe(before);
    await expectReports(reportsOf(sent.map(readSale)));
    expect(supervisor.text()).toContain('REPORT_TOPIC_MADE_ANEW');
  });
});

describe('a checkpoint is of one topic alone', { timeout: TEST_MS }, () => {
  it('so another Kafka begins anew in the same folder, and the one of before goes on where it was', async () => {
    await supervisor.stop();
    await using others = await startServers(['kafka']);
    const { kafka } = others.at;
    await applyTopics(kafka);
    const sales = mixedSales(200, { repeats: 0.2, seed: 14 });
    await sendRecords(plan, kafka, sales);
    await using other = supervise(kafka);
    await expect
      .poll(() => reportsInTopics(plan, kafka), { timeout: WAIT_MS, interval: 500 })
      .toEqual(reportsOf(sales.map(readSale)));
    expect(await other.stop(), other.text()).toBe(0);
    supervisor = supervise();
    await sendAndCompare(salesOf('2026-05-21', 10, 15));

    // What is removed before it was read is in no report.
    await sendRecords(plan, kafka, salesOf('2026-05-21', 30, 16));
    await using open = new AsyncDisposableStack();
    const admin = open.adopt(new Admin({ bootstrapBrokers: [kafka], clientId: 'test' }), (each) => each.close());
    const partitions = [0, 1, 2].map((partition) => ({ partition, offset: -1n }));
    await admin.deleteRecords({ topics: [{ name: plan.stream.name, partitions }] });
    await using cut = supervise(kafka);
    expect(await cut.ended, cut.text()).toBe(1);
    expect(cut.text()).toMatch(
      /Records of daily_records are gone .* remove the checkpoint file:\S+,.*TOPIC_INCOMPLETE/,
    );
  });

  it('so a topic that was made anew is told from it, as the reports would keep rows of the old one', async () => {
    const { kafka } = servers.at;
    await using open = new AsyncDisposableStack();
    const admin = open.adopt(new Admin({ bootstrapBrokers: [kafka], clientId: 'test' }), (each) => each.close());
    await admin.deleteTopics({ topics: [plan.stream.name] });
    expect(await supervisor.ended, supervisor.text()).toBe(1);
    expect(supervisor.text()).toContain('TOPIC_MISSING');
    await applyTopics(kafka);
    await sendRecords(plan, kafka, salesOf('2026-05-22', 10, 17));
    supervisor = supervise();
    expect(await supervisor.ended, supervisor.text()).toBe(1);
    expect(supervisor.text()).toMatch(
      /The topic daily_records was made anew: .* delete the topics daily_pu_rev, .*REPORTS_OF_ANOTHER_TOPIC/,
    );
  });
});
