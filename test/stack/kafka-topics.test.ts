import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { keyedRows } from '../process/answer-key.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { readTopic } from './topic-messages.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];
const DAYS = ['--from', '2026-03-01', '--to', '2026-03-05', '--seed', '7'];
const FAULTS = ['--duplicates', '0.05', '--late', '0.02', '--corrupt', '0.01'];

let servers: Servers<'kafka'>;
beforeAll(async () => {
  servers = await startServers(['kafka']);
});
afterAll(() => servers[Symbol.asyncDispose]());

const apply = (...flags: readonly string[]): ReturnType<typeof runDaybook> =>
  runDaybook(['apply', '--target', 'kafka', '--kafka', servers.at.kafka, ...flags]);

test('topics are made once, and what would lose data is refused', async () => {
  const first = await apply('--partitions', '3');
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(first.stdout.split('\n')).toContain('daily_records: created with 3 partitions.');
  expect(first.stdout.split('\n')).toContain('daily_records_frames: created with 1 partition.');
  expect((await apply()).stdout).toBe('All of it was there.\n');
  expect((await apply('--partitions', '3')).stdout).toBe('All of it was there.\n');
  const fewer = await apply('--partitions', '2');
  expect([fewer.code, fewer.stdout]).toEqual([1, '']);
  expect(fewer.stderr).toContain('daily_records has 3 partitions, and fewer would lose what the others hold.');
  const more = await apply('--partitions', '6');
  expect(more.stdout).toContain('daily_records: 6 partitions instead of 3');
  expect((await apply('--partitions', '6')).stdout).toBe('All of it was there.\n');
});

test('generated sales are in the topic as they came, keyed by their ts_id, and give the answer key', async () => {
  await using folder = await temporaryFolder();
  const key = join(folder.path, 'key.json');
  const file = join(folder.path, 'sales.ndjson');
  await apply();
  const sent = await runDaybook(
    ['generate', ...DAYS, ...FAULTS, '--answer-key', key, '--to-kafka', servers.at.kafka],
    '',
  );
  expect([sent.code, sent.stdout]).toEqual([0, '']);
  await runDaybook(['generate', ...DAYS, ...FAULTS, '--out', file]);
  const json = await readFile(key, 'utf8');
  const { records } = JSON.parse(json) as { records: { accepted: number; duplicates: number; quarantined: number } };
  const messages = await readTopic(servers.at.kafka, 'daily_records');
  const refused = await readTopic(servers.at.kafka, 'daily_records_quarantine');
  expect(sent.stderr).toContain(`${records.accepted + records.duplicates} written to Kafka`);

  expect(new Set(messages.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  for (const { key: id, value } of messages) expect(id).toBe(readSale(value).ts_id);
  const entries = refused.map(({ value }) => JSON.parse(value) as { record: string; reason: string; origin: string });
  expect(entries).toHaveLength(records.quarantined);
  for (const { reason, origin } of entries) {
    expect(reason).not.toBe('');
    expect(origin).toBe('generator');
  }
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect([...messages.map(({ value }) => value), ...entries.map(({ record }) => record)].sort()).toEqual(lines.sort());

  // Repeats are in one partition, behind each other, so whoever reads the topic sees the first one first.
  const oracle = reportsOf(messages.map(({ value }) => readSale(value)));
  for (const name of REPORTS) expect(oracle[name]).toEqual(keyedRows(json, name));
});

test('who cannot be reached, or has no topic, is named', async () => {
  const nobody = await runDaybook(['generate', ...DAYS, '--to-kafka', '127.0.0.1:1']);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('(KAFKA_UNREACHABLE)')]);
  await using others = await startServers(['kafka']);
  const noTopic = await runDaybook(['generate', ...DAYS, '--to-kafka', others.at.kafka]);
  expect([noTopic.code, noTopic.stderr]).toEqual([1, expect.stringContaining('daybook apply --target kafka')]);
});
