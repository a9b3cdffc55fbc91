import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { daybook } from '../../daybook.config.ts';
import { framesTopic } from '../../src/compile/kafka/topics.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { runDaybook } from '../../test/process/daybook-process.ts';
import { startProcess } from '../../test/stack/processes.ts';
import { startServers } from '../../test/stack/servers.ts';
import type { BenchContext, Figure, Outcome } from '../figure.ts';
import { percentile } from '../statistics.ts';

const PER_SECOND = 1_000;
const SENDS_PER_SECOND = 20;
const WARM_S = 60;
const SECONDS = 30;
const plan = makePlan(daybook);

export const sparkFreshness: Figure = {
  name: 'spark-freshness',
  title: 'On Spark: from a sale in Kafka to the frame that has it',
  method:
    `\`daybook spark run\` with Spark 4.2, \`local[2]\`, and Kafka on the same machine. ${PER_SECOND} records a second are ` +
    `sent, ${SENDS_PER_SECOND} times a second, for ${WARM_S} seconds before and ${SECONDS} seconds of measuring: from the ` +
    "broker's answer to a send until a reader has the message that announces the first frame with its records, whose rows " +
    'are in the topics of the reports by then. The value is the 99th percentile of all sends of a run.',
  run,
};

async function run({ runs, scratchFolder, say }: BenchContext): Promise<Outcome> {
  const values: number[] = [];
  const middles: number[] = [];
  for (let turn = 0; turn < runs; turn++) {
    const delays = await measure(await mkdtemp(join(scratchFolder, 'checkpoints-')));
    values.push(percentile(delays, 0.99));
    middles.push(percentile(delays, 0.5));
    say(`run ${turn + 1} of ${runs}: p50 ${middles.at(-1)?.toFixed(0)} ms, p99 ${values.at(-1)?.toFixed(0)} ms`);
  }
  const note = `p50 ${middles.map((each) => each.toFixed(0)).join(', ')} ms`;
  return {
    lines: [{ what: `p99 at ${PER_SECOND} records/s`, unit: 'ms', values, note }],
    versions: { Spark: '4.2.0', Kafka: '4.4.0' },
  };
}

/** @returns how long each send waited for its frame, in ms */
async function measure(checkpoints: string): Promise<readonly number[]> {
  await using servers = await startServers(['kafka', 'spark']);
  const { kafka, spark } = servers.at;
  await runDaybook(['apply', '--target', 'kafka', '--kafka', kafka, '--partitions', '2']);
  await using _supervisor = startProcess([
    'spark',
    'run',
    '--kafka',
    kafka,
    '--spark',
    spark,
    '--checkpoints',
    checkpoints,
  ]);
  const lines = mixedSales((WARM_S + SECONDS) * PER_SECOND, { repeats: 0, seed: 1, days: 3 });
  const messages = lines.map((line) => ({
    topic: plan.stream.name,
    key: Buffer.from(line.slice(10, 46)),
    value: Buffer.from(line),
  }));
  const waiting: { readonly accepted: number; readonly sentMs: number }[] = [];
  const delays: number[] = [];
  const done = { sending: false };
  const listening = listen(kafka, done, waiting, delays);
  await using producer = openTopicProducer({ bootstrapBrokers: [kafka] }, 'bench');
  const atOnce = PER_SECOND / SENDS_PER_SECOND;
  const startMs = performance.now();
  for (let at = 0; at < messages.length; at += atOnce) {
    const dueMs = startMs + (at / PER_SECOND) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    await producer.send(messages.slice(at, at + atOnce));
    waiting.push({ accepted: at + atOnce, sentMs: performance.now() });
  }
  done.sending = true;
  await listening;
  return delays.slice(WARM_S * SENDS_PER_SECOND);
}

/** Notes how long each send waited, until all have their frame. */
async function listen(
  kafka: string,
  done: { readonly sending: boolean },
  waiting: { readonly accepted: number; readonly sentMs: number }[],
  delays: number[],
): Promise<void> {
  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'bench');
  let place = { topic: framesTopic(plan), partition: 0, nextOffset: 0 };
  while (!done.sending || waiting.length > 0) {
    const [read] = await reader.read([place], 100);
    const nowMs = performance.now();
    for (const { value } of read?.messages ?? []) {
      const { accepted } = JSON.parse(Buffer.from(value ?? '{}').toString()) as { readonly accepted: number };
      while (waiting[0] !== undefined && waiting[0].accepted <= accepted) {
        delays.push(nowMs - (waiting.shift()?.sentMs ?? nowMs));
      }
    }
    place = { topic: place.topic, partition: 0, nextOffset: read?.nextOffset ?? place.nextOffset };
  }
}
