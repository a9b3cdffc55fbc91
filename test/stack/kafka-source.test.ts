import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keyedRows } from '../process/answer-key.ts';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { readReport } from '../process/reports-over-http.ts';
import { startProcess } from './processes.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { produce } from './topic-messages.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];
const DAYS = ['--from', '2026-03-01', '--to', '2026-03-20', '--per-day', '5000'];
const FAULTS = ['--duplicates', '0.05', '--late', '0.02', '--corrupt', '0.01'];
const PATIENT = { timeout: 120_000, interval: 100 };

interface Pipeline {
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly sources: readonly {
    readonly lag: number | null;
    readonly trouble: string | null;
    readonly partitions: unknown[];
  }[];
}

interface AnswerKey {
  readonly json: string;
  readonly records: { readonly accepted: number; readonly duplicates: number; readonly quarantined: number };
}

async function apply(kafka: string, partitions: number): Promise<void> {
  const target = ['--target', 'kafka', '--kafka', kafka];
  const { code, stderr } = await runDaybook(['apply', ...target, '--partitions', String(partitions)]);
  expect([code, stderr]).toEqual([0, '']);
}

async function pipeline(daybook: DaybookProcess): Promise<Pipeline> {
  return (await (await fetch(`${daybook.url}/api/v1/pipeline`)).json()) as Pipeline;
}

async function untilAccepted(daybook: DaybookProcess, count: number): Promise<void> {
  await expect.poll(async () => (await pipeline(daybook)).accepted, PATIENT).toBeGreaterThanOrEqual(count);
}

async function readKey(path: string): Promise<AnswerKey> {
  const json = await readFile(path, 'utf8');
  return { json, ...(JSON.parse(json) as Pick<AnswerKey, 'records'>) };
}

async function expectAnswer(daybook: DaybookProcess, { json }: AnswerKey): Promise<void> {
  for (const name of REPORTS) expect(await readReport(daybook.url, name)).toEqual(keyedRows(json, name));
}

/** Sales of the generator as a producer sends them that checks nothing: repeats, what is no record, all of it. */
async function foreignSales(folder: string): Promise<{ readonly lines: readonly string[]; readonly key: AnswerKey }> {
  const file = join(folder, 'sales.ndjson');
  const key = join(folder, 'key.json');
  await runDaybook(['generate', ...DAYS, ...FAULTS, '--seed', '3', '--out', file, '--answer-key', key]);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return { lines, key: await readKey(key) };
}

function messageOf(line: string): { readonly topic: string; readonly key?: string; readonly value: string } {
  const id = /"ts_id":"([\da-f-]{36})"/.exec(line)?.[1];
  return { topic: 'daily_records', value: line, ...(id !== undefined && { key: id }) };
}

let servers: Servers<'kafka'>;

beforeAll(async () => {
  servers = await startServers(['kafka']);
});
// Each test has a broker that answers and holds nothing, however the one before it ended.
beforeEach(async () => {
  await servers.stack.up(['kafka']);
  await using open = new AsyncDisposableStack();
  const options = { clientId: 'test', bootstrapBrokers: [servers.at.kafka] };
  const admin = open.adopt(new Admin(options), (each) => each.close());
  const topics = await admin.listTopics();
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await expect.poll(() => admin.listTopics(), PATIENT).toEqual([]);
});
afterAll(() => servers[Symbol.asyncDispose]());

describe('an embedded Daybook that reads a topic', () => {
  test('takes each record in once, though it is killed again and again, and counts what it left out', async () => {
    await using folder = await temporaryFolder();
    const { kafka } = servers.at;
    await apply(kafka, 6);
    const { lines, key } = await foreignSales(folder.path);
    await produce(kafka, lines.map(messageOf));
    const start = (): Promise<DaybookProcess> => startDaybook(join(folder.path, 'data'), ['--from-kafka', kafka]);
    for (const share of [0, 0.1, 0.3, 0.5, 0.8]) {
      const daybook = await start();
      await untilAccepted(daybook, Math.ceil(share * key.records.accepted));
      await daybook.kill();
    }
    const daybook = await start();
    await untilAccepted(daybook, key.records.accepted);
    await expect.poll(async () => (await pipeline(daybook)).sources[0]?.lag, PATIENT).toBe(0);
    const { accepted, duplicates, quarantined, sources } = await pipeline(daybook);
    expect({ accepted, duplicates, quarantined }).toEqual({
      accepted: key.records.accepted,
      duplicates: key.records.duplicates,
      quarantined: key.records.quarantined,
    });
    expect(sources[0]?.partitions).toHaveLength(6);
    await expectAnswer(daybook, key);
    expect(await daybook.stop()).toBe(0);
    const { stdout } = await runDaybook(['verify', '--data', join(folder.path, 'data')]);
    expect(stdout).toContain('All reports agree');
  });

  test('goes on when the broker is killed and starts again, while sales are written to it', async () => {
    await using folder = await temporaryFolder();
    const { kafka } = servers.at;
    await apply(kafka, 3);
    const path = join(folder.path, 'key.json');
    const daybook = await startDaybook(join(folder.path, 'data'), ['--from-kafka', kafka]);
    const to = ['--to-kafka', kafka, '--answer-key', path];
    await using generating = startProcess(['generate', ...DAYS, ...FAULTS, '--seed', '4', '--rate', '20000', ...to]);
    await untilAccepted(daybook, 5000);
    await servers.stack.kill('kafka-1');
    await expect.poll(async () => (await pipeline(daybook)).sources[0]?.trouble, PATIENT).toMatch(/^Cannot /);
    await servers.stack.start('kafka-1');
    expect([await generating.ended, generating.text()]).toEqual([0, expect.stringContaining('written to Kafka')]);
    const key = await readKey(path);
    await untilAccepted(daybook, key.records.accepted);
    await expect
      .poll(async () => (await pipeline(daybook)).sources[0], PATIENT)
      .toMatchObject({ lag: 0, trouble: null });
    const status = await pipeline(daybook);
    expect(status.accepted).toBe(key.records.accepted);
    // What was written and not acknowledged before the kill was sent once more.
    expect(status.duplicates).toBeGreaterThanOrEqual(key.records.duplicates);
    await expectAnswer(daybook, key);
    await daybook.stop();
  });

  test('needs two of three brokers, and finds partitions that are added while it runs', async () => {
    await using folder = await temporaryFolder();
    await using three = await startServers(['kafka'], { brokers: 3 });
    const { kafka } = three.at;
    await apply(kafka, 2);
    const path = join(folder.path, 'key.json');
    const daybook = await startDaybook(join(folder.path, 'data'), ['--from-kafka', kafka]);
    // Where partitions are added, a key's records stand in two of them, and either may be read first: all that comes again is the same.
    const again = ['generate', ...DAYS, '--late', '0.02', '--corrupt', '0.01', '--seed', '5', '--to-kafka', kafka];
    await using generating = startProcess([...again, '--rate', '20000', '--answer-key', path]);
    await untilAccepted(daybook, 5000);
    await three.stack.kill('kafka-2');
    await untilAccepted(daybook, 20_000);
    await apply(kafka, 6);
    expect(await generating.ended).toBe(0);
    const key = await readKey(path);
    await untilAccepted(daybook, key.records.accepted);
    // The new partitions may have got no sales, and are looked for every few seconds.
    await expect
      .poll(async () => (await pipeline(daybook)).sources[0], PATIENT)
      .toMatchObject({ lag: 0, trouble: null, partitions: { length: 6 } });
    expect((await pipeline(daybook)).accepted).toBe(key.records.accepted);
    await expectAnswer(daybook, key);
    expect(await runDaybook(again)).toMatchObject({ code: 0 });
    await expect
      .poll(async () => (await pipeline(daybook)).duplicates, PATIENT)
      .toBeGreaterThanOrEqual(key.records.accepted);
    expect((await pipeline(daybook)).accepted).toBe(key.records.accepted);
    await expectAnswer(daybook, key);
    await daybook.stop();
  });

  test('takes what an old producer writes, and reads a topic that was deleted and made anew', async () => {
    await using folder = await temporaryFolder();
    const { kafka } = servers.at;
    await apply(kafka, 1);
    // As Python prints it: spaces, all digits of a float, the discount as a text.
    const old = (id: string, revenue: string): string =>
      `{"ts_id": "${id}", "ts": "2026-03-04 10:11:12", "ts_date": "2026-03-04", "customer_id": "CG-12520", ` +
      '"customer_name": "Claire Gute", "segment": "Consumer", "country": "United States", "city": "Henderson", ' +
      '"category": "Furniture", "sub_category": "Chairs", "product_name": "Chair, 18\\" seat", "price": 120.5, ' +
      `"quantity": 2, "discount": "0.5", "revenue": ${revenue}, "profit": 1.2e3, "latitude": 37.8363, "longitude": -87.5901}`;
    const first = '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
    const second = '1b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
    const topic = 'daily_records';
    await produce(kafka, [
      { topic, key: first, value: old(first, '422.23999999999995') },
      { topic, value: old(second, '0.1').replaceAll(', "', ',\n  "') },
      { topic, value: '{"ts_id": "none"}' },
    ]);
    const daybook = await startDaybook(join(folder.path, 'data'), ['--from-kafka', kafka]);
    await untilAccepted(daybook, 2);
    const row = { ts_date: '2026-03-04', daily_pu: '1', daily_profit: '2400' };
    expect(await readReport(daybook.url, 'daily_pu_rev')).toEqual([{ ...row, daily_rev: '422.34' }]);
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka] });
    await admin.deleteTopics({ topics: [topic] });
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
    await admin.close();
    const third = '2b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
    await produce(kafka, [
      { topic, key: first, value: old(first, '7') },
      { topic, key: third, value: old(third, '1') },
    ]);
    await untilAccepted(daybook, 3);
    expect(await readReport(daybook.url, 'daily_pu_rev')).toMatchObject([
      { daily_rev: '423.34', daily_profit: '3600' },
    ]);
    expect(await pipeline(daybook)).toMatchObject({ accepted: 3, duplicates: 1, quarantined: 1 });
    await daybook.stop();
  });
});
