/**
 * Measures each stage of the stack by itself, on real servers that are started for it and removed after:
 * `node stack-scale.ts <partitions> <Spark workers> [records] [sinks of each kind]`
 * Prints a line of JSON: records a second of the door to Kafka, of the embedded engine, of Spark's query while it is given more than it can do, of
 * the sink's raw records, and rows a second of the sink's reports; no stage's start is in it. `state` is the bytes of the
 * query's checkpoint at the end. With 0 sinks they are left out.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { daybook } from '../../daybook.config.ts';
import { framesTopic, kafkaTopics } from '../../src/compile/kafka/topics.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { openKafkaIntake } from '../../src/runtimes/kafka-intake.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { makeDurableFolder, openDisk } from '../../src/runtimes/machine/disk.ts';
import { readTopic } from '../../src/runtimes/read-topic.ts';
import { scanThread } from '../../src/runtimes/scan-thread.ts';
import { announcements } from '../../src/runtimes/stack/announced-frames.ts';
import { generateSales } from '../../src/sources/generator/generate.ts';
import { openCatalogue } from '../../src/sources/generator/open-catalogue.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { applyTopics } from '../../src/sources/kafka/topics.ts';
import { portsOfEnvironment } from '../../stack/free-ports.ts';
import { openStack } from '../../stack/stack.ts';

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.js');
const DAYS = { from: '2026-03-01', to: '2026-03-03' };
const POLL_MS = 50;

const [partitions = 6, workers = 1, records = 300_000, sinks = 1] = process.argv.slice(2).map(Number);
const plan = makePlan(daybook);
const clock = machineClock();

/** How much of something there was at a time, in ms. */
type Point = readonly [count: number, atMs: number];

function rateOf(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first[1] === last[1]) return Number.NaN;
  return Math.round(((last[0] - first[0]) / (last[1] - first[1])) * 1000);
}

function daybookProcess(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args, '--log-level', 'warn'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

/** Points until the count is reached. */
async function pointsUntil(total: number, read: () => Promise<number>): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (let before = -1; before < total; await sleep(POLL_MS)) {
    const count = await read();
    if (count > before) points.push([count, performance.now()]);
    before = count;
  }
  return points;
}

async function salesInChunks(): Promise<readonly Uint8Array[]> {
  const catalogue = await openCatalogue(undefined);
  const perDay = Math.round(records / 3);
  const options = { ...DAYS, perDay, seed: 1, duplicates: 0, late: 0, corrupt: 0, catalogue, plan };
  const chunks = [...generateSales(options, undefined)].map(({ lines }) => lines);
  // 10,000 lines each, as generate --to-kafka sends them.
  return Array.from({ length: Math.ceil(chunks.length / 10) }, (_, index) =>
    Buffer.concat(chunks.slice(index * 10, index * 10 + 10)),
  );
}

/** Writes chunks; what was written, and when. */
async function write(kafka: string, chunks: readonly Uint8Array[]): Promise<readonly Point[]> {
  const intake = openKafkaIntake({ plan, connection: { bootstrapBrokers: [kafka] }, clock });
  const points: Point[] = [];
  let written = 0;
  for (const lines of chunks) {
    written += (await intake.accept({ origin: 'bench', lines })).accepted;
    points.push([written, performance.now()]);
  }
  await intake.close();
  return points;
}

interface SparkWork {
  readonly kafka: string;
  readonly spark: string;
  readonly folder: string;
  /** Records that are in the topic; the first batch, which is not measured, has them. */
  readonly before: number;
  readonly chunks: readonly Uint8Array[];
}

async function measureSpark({ kafka, spark, folder, before, chunks }: SparkWork): Promise<number> {
  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'bench');
  const states = String(Math.max(2, workers));
  const checkpoints = ['--checkpoints', join(folder, 'checkpoints'), '--state-partitions', states];
  const child = daybookProcess(['spark', 'run', '--kafka', kafka, '--spark', spark, ...checkpoints]);
  let nextOffset = 0;
  let accepted = 0;
  const newest = async (): Promise<number> => {
    const [read] = await reader.read([{ topic: framesTopic(plan), partition: 0, nextOffset }], POLL_MS);
    nextOffset = read?.nextOffset ?? nextOffset;
    accepted = announcements(read?.messages ?? []).at(-1)?.accepted ?? accepted;
    return accepted;
  };
  await pointsUntil(before, newest);
  const startMs = performance.now();
  const written = (await write(kafka, chunks)).at(-1)?.[0] ?? 0;
  await pointsUntil(before + written, newest);
  const tookMs = performance.now() - startMs;
  await end(child);
  return Math.round((written / tookMs) * 1000);
}

/** The embedded engine with the same topic, into a folder of its own. */
async function measureEmbedded(kafka: string, root: string, total: number): Promise<number> {
  await makeDurableFolder(root);
  const engine = await openEmbedded({ plan, disk: openDisk(root), clock, scanElsewhere: scanThread(plan) });
  const ended = new AbortController();
  const connection = { bootstrapBrokers: [kafka] };
  const { signal } = ended;
  const reading = readTopic({ engine, connection, topic: plan.stream.name, clock, signal, onNotice: console.error });
  const points = await pointsUntil(total, async () => (await engine.status()).accepted);
  ended.abort();
  await reading;
  await engine.close();
  return rateOf(points.filter(([count]) => count > 0));
}

async function measureSink(
  kafka: string,
  kind: 'cassandra' | 'postgres',
  address: string,
  topics: readonly string[],
): Promise<number> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [kafka] });
  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'bench');
  const total = (await reader.extents(topics)).reduce((sum, { endOffset }) => sum + endOffset, 0);
  const url = kind === 'postgres' ? new URL(address) : undefined;
  const at = url === undefined ? address : `${url.host}${url.pathname}`;
  const environment: Record<string, string> =
    url === undefined
      ? {}
      : { DAYBOOK_POSTGRES_USER: url.username, DAYBOOK_POSTGRES_PASSWORD: decodeURIComponent(url.password) };
  execFileSync(process.execPath, [MAIN, 'apply', '--target', kind, `--${kind}`, at], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const children = Array.from({ length: sinks }, () =>
    daybookProcess(['sink', kind, '--kafka', kafka, `--${kind}`, at], environment),
  );
  const points = await pointsUntil(total, async () => {
    const groups = [...(await admin.listGroups()).keys()].filter((id) => id.includes(kind));
    if (groups.length === 0) return 0;
    const offsets = await admin.listConsumerGroupOffsets({ groups });
    return offsets
      .flatMap((group) => group.topics)
      .filter(({ name }) => topics.includes(name))
      .flatMap((topic) => topic.partitions)
      .reduce((sum, { committedOffset }) => sum + Math.max(0, Number(committedOffset)), 0);
  });
  await Promise.all(children.map(end));
  await admin.close();
  return rateOf(points);
}

async function measureSinks(kafka: string): Promise<{ readonly raw: number; readonly reports: number }> {
  await stack.down(['spark']);
  await stack.up(['cassandra', 'postgres']);
  const { cassandra = '', postgres = '' } = await stack.addresses();
  const raw = await measureSink(kafka, 'cassandra', cassandra, [plan.stream.name]);
  const names = plan.reports.map(({ name }) => name);
  return { raw, reports: await measureSink(kafka, 'postgres', postgres, names) };
}

async function bytesIn(path: string): Promise<number> {
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

const folder = await mkdtemp(join(tmpdir(), 'daybook-scale-'));
await chmod(folder, 0o711);
const stack = openStack({ folder, clock, ports: portsOfEnvironment(false) });
try {
  await stack.up(['kafka', 'spark'], { sparkWorkers: workers });
  const { kafka = '', spark = '' } = await stack.addresses();
  const topics = kafkaTopics(plan, { partitions });
  await applyTopics({ connection: { bootstrapBrokers: [kafka] }, topics, isPartitionsTold: true });
  const chunks = await salesInChunks();
  const few = Math.ceil(chunks.length / 4);
  const points = await write(kafka, chunks.slice(0, few));
  const door = rateOf(points);
  const before = points.at(-1)?.[0] ?? 0;
  const embedded = await measureEmbedded(kafka, join(folder, 'embedded'), before);
  const query = await measureSpark({ kafka, spark, folder, before, chunks: chunks.slice(few) });
  const state = await bytesIn(join(folder, 'checkpoints'));
  const figures = { partitions, workers, sinks, records, door, embedded, query, state };
  process.stdout.write(`${JSON.stringify({ ...figures, ...(sinks > 0 && (await measureSinks(kafka))) })}\n`);
} finally {
  await stack.down();
  await rm(folder, { recursive: true, force: true });
}
