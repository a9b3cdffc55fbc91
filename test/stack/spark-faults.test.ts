import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { StackProcess } from './processes.ts';
import { startProcess } from './processes.ts';
import { announcedFrames, reportsInTopics, sendRecords } from './report-topics.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { apply, reportsInCassandra, reportsInPostgres } from './stores.ts';

const WAIT_MS = 400_000;
/** Servers that start again while others are busy take their time. */
const TEST_MS = 600_000;
const BATCHES = 9;
const plan = makePlan(daybook);

let servers: Servers<'kafka' | 'spark' | 'postgres' | 'cassandra'>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let supervisor: StackProcess;
/** They run all the while, as nobody restarts them when Spark or Kafka fails. */
let sinks: readonly StackProcess[] = [];
const sent: string[] = [];
let seed = 100;

function supervise(): StackProcess {
  const { kafka, spark } = servers.at;
  return startProcess(['spark', 'run', '--kafka', kafka, '--spark', spark, '--checkpoints', folder.path]);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  servers = await startServers(['kafka', 'spark', 'postgres', 'cassandra'], { sparkWorkers: 2, brokers: 3 });
  const { kafka, postgres, cassandra } = servers.at;
  const environment = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
  await apply(environment, 'kafka', 'postgres', 'cassandra');
  supervisor = supervise();
  sinks = ['postgres', 'cassandra'].map((store) => startProcess(['sink', store], environment));
});
afterAll(async () => {
  for (const each of sinks) await each[Symbol.asyncDispose]();
  await supervisor[Symbol.asyncDispose]();
  await servers[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Sends sales, repeats among them, all the while that something happens; then waits for the exact reports of all, wherever they are kept. */
async function underLoad(fault: () => Promise<void>): Promise<void> {
  const batches = Array.from({ length: BATCHES }, () => mixedSales(150, { repeats: 0.2, seed: seed++, days: 6 }));
  let faulted: Promise<void> | undefined;
  for (const [index, lines] of batches.entries()) {
    // What was sent before is sent again: producers try again, and jobs are started twice.
    const again = sent.slice(-40);
    sent.push(...lines);
    await sendWhatever([...lines, ...again]);
    if (index === Math.floor(BATCHES / 3)) faulted = fault();
  }
  await faulted;
  await expectEverywhere(reportsOf(sent.map(readSale)));
}

/** Waits until the topics, PostgreSQL and Cassandra have these reports, to the last digit and no row more. */
async function expectEverywhere(expected: Reports): Promise<void> {
  const { kafka, postgres, cassandra } = servers.at;
  const patient = { timeout: WAIT_MS, interval: 1_000 };
  await expect.poll(() => reportsInTopics(plan, kafka), patient).toEqual(expected);
  await expect.poll(() => reportsInPostgres(plan, postgres), patient).toEqual(expected);
  await expect.poll(() => reportsInCassandra(plan, cassandra), patient).toEqual(expected);
}

/** Sends records until they are acknowledged, as a producer does; some may be in the topic twice then. */
async function sendWhatever(lines: readonly string[]): Promise<void> {
  await expect
    .poll(
      () =>
        sendRecords(plan, servers.at.kafka, lines).then(
          () => 'sent',
          (error: unknown) => String(error),
        ),
      { timeout: WAIT_MS, interval: 500 },
    )
    .toBe('sent');
}

describe('reports are exact after', { timeout: TEST_MS }, () => {
  it('a while of nothing but repeats and late records', () => underLoad(() => Promise.resolve()));

  it('kill -9 of the Spark server', () =>
    underLoad(async () => {
      await servers.stack.kill('spark-connect');
      await servers.stack.start('spark-connect');
    }));

  it('kill -9 of the supervisor', () =>
    underLoad(async () => {
      await supervisor.kill();
      supervisor = supervise();
    }));

  it('kill -9 of both at once', () =>
    underLoad(async () => {
      await Promise.all([servers.stack.kill('spark-connect'), supervisor.kill()]);
      await servers.stack.start('spark-connect');
      supervisor = supervise();
    }));

  it('kill -9 of one of two Spark workers, which comes back', () =>
    underLoad(async () => {
      await servers.stack.kill('spark-worker-1');
      await servers.stack.start('spark-worker-1');
    }));

  it('kill -9 of one of three brokers, with two that are left, and once it has started again', async () => {
    await underLoad(() => servers.stack.kill('kafka-1'));
    await underLoad(() => servers.stack.start('kafka-1'));
  });

  it('kill -9 of all brokers, which start again', () =>
    underLoad(async () => {
      for (const name of ['kafka-1', 'kafka-2', 'kafka-3']) await servers.stack.kill(name);
      await servers.stack.up(['kafka']);
    }));

  it('two supervisors at once, of which the one that supervises is killed', async () => {
    const other = supervise();
    await underLoad(() => Promise.resolve());
    await supervisor.kill();
    supervisor = other;
    await underLoad(() => Promise.resolve());
  });

  it('a stop by SIGTERM and a start, with frames that only grow', async () => {
    await expect.poll(() => supervisor.text(), { timeout: WAIT_MS }).toMatch(/the query (?:is started|runs already)/);
    expect(await supervisor.stop()).toBe(0);
    expect(supervisor.text()).toContain('the query is stopped');
    supervisor = supervise();
    await underLoad(() => Promise.resolve());
    const numbers = (await announcedFrames(plan, servers.at.kafka)).map(({ frame }) => frame);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    for (const each of sinks) expect(await each.stop(), each.text()).toBe(0);
  });
});
