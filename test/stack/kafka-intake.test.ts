import { afterAll, beforeAll, expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { KafkaIntake } from '../../src/runtimes/kafka-intake.ts';
import { openKafkaIntake } from '../../src/runtimes/kafka-intake.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { runDaybook } from '../process/daybook-process.ts';
import { plainSale } from '../sales/plain-sale.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { readTopic } from './topic-messages.ts';

const plan = makePlan(daybook);
const BATCHES = 200;

let servers: Servers<'kafka'>;
let intake: KafkaIntake;
beforeAll(async () => {
  servers = await startServers(['kafka']);
  await runDaybook(['apply', '--target', 'kafka', '--kafka', servers.at.kafka, '--partitions', '4']);
  const connection = { bootstrapBrokers: [servers.at.kafka] };
  intake = openKafkaIntake({ plan, connection, clock: machineClock() });
});
afterAll(async () => {
  await intake.close();
  await servers[Symbol.asyncDispose]();
});

function sale(id: number, members: Readonly<Record<string, unknown>> = {}): string {
  const ts_id = `00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`;
  return JSON.stringify({ ...plainSale, ts_id, ...members });
}

const accept = (lines: readonly string[]): ReturnType<KafkaIntake['accept']> =>
  intake.accept({ origin: 'test', lines: Buffer.from(lines.join('\n')) });

test('overlapping batches are answered when they are in the topic, in the order of the calls', async () => {
  const answers = await Promise.all(
    // Each sale is sent by four batches, the later ones altered.
    Array.from({ length: BATCHES }, (_, index) =>
      accept([sale(index % 50, { revenue: index }), sale(1000 + index, { more: 'x'.repeat(index * 100) })]),
    ),
  );
  expect(answers.every(({ accepted, quarantined }) => accepted === 2 && quarantined.length === 0)).toBe(true);
  expect(answers.at(-1)?.offset).toBe(2 * BATCHES);
  const messages = await readTopic(servers.at.kafka, 'daily_records');
  expect(messages).toHaveLength(2 * BATCHES);
  const revenues = new Map<string, number[]>();
  for (const { key = '', value } of messages) {
    const { revenue } = JSON.parse(value) as { revenue: number };
    revenues.set(key, [...(revenues.get(key) ?? []), revenue]);
  }
  for (let id = 0; id < 50; id++) {
    expect(revenues.get(`00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`)).toEqual([
      id,
      id + 50,
      id + 100,
      id + 150,
    ]);
  }
});

test('what no topic takes, and what is no record, is in the quarantine whole; the rest of the batch is accepted', async () => {
  const long = sale(5000, { more: 'y'.repeat(1_000_000) });
  const { accepted, quarantined } = await accept(['{"no":"record"}', sale(5001), long, '', sale(5002)]);
  expect(accepted).toBe(2);
  expect(quarantined.map(({ line, code }) => [line, code])).toEqual([
    [1, 'MISSING_FIELD'],
    [3, 'TOO_LONG'],
  ]);
  // What a source made records of is kept as it was, unless it is to follow.
  const made = { origin: 'sales.csv', lines: Buffer.from('{}'), originalOf: () => 'a,b' };
  const { originalOf: _, ...follows } = { ...made, originalsFollow: true };
  for (const each of [made, follows]) expect(await intake.accept(each)).toMatchObject({ quarantined: [{ line: 1 }] });
  // A correction that is refused again is no further entry.
  const again = await intake.accept({ origin: 'test', lines: Buffer.from('{"still":"none"}'), corrects: 1 });
  expect(again).toMatchObject({ accepted: 0, quarantined: [{ line: 1, code: 'MISSING_FIELD' }] });
  const entries = (await readTopic(servers.at.kafka, 'daily_records_quarantine')).map(
    ({ value }) => JSON.parse(value) as Record<string, unknown>,
  );
  expect(entries.map(({ line, code, record, origin, converted }) => [line, code, record, origin, converted])).toEqual([
    [1, 'MISSING_FIELD', '{"no":"record"}', 'test', undefined],
    [3, 'TOO_LONG', long, 'test', undefined],
    [1, 'MISSING_FIELD', 'a,b', 'sales.csv', '{}'],
  ]);
});

test('a batch of many times what a broker takes at once is accepted', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => sale(10_000 + index));
  expect(await accept(lines)).toMatchObject({ accepted: 20_000, quarantined: [] });
  const keys = new Set((await readTopic(servers.at.kafka, 'daily_records')).map(({ key }) => key));
  expect(keys.size).toBe(50 + BATCHES + 2 + 20_000);
});

test('while the broker is away a batch waits; it is refused, to be sent again, when that takes long', async () => {
  await servers.stack.kill('kafka-1');
  await expect(accept([sale(90_000)])).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true });
  const starting = servers.stack.start('kafka-1');
  const acceptedBy = (lines: readonly string[]): Promise<number> =>
    accept(lines).then(
      ({ accepted }) => accepted,
      () => 0,
    );
  await expect.poll(() => acceptedBy([sale(90_001)]), { timeout: 120_000 }).toBe(1);
  await starting;
  expect(await accept([sale(90_000)])).toMatchObject({ accepted: 1 });
  const keys = new Set((await readTopic(servers.at.kafka, 'daily_records')).map(({ key }) => key ?? ''));
  expect([...keys].filter((key) => key >= '00000000-0000-4000-8000-000000015f90').sort()).toEqual([
    '00000000-0000-4000-8000-000000015f90',
    '00000000-0000-4000-8000-000000015f91',
  ]);
});
