import { present } from '../../src/base/assert.ts';
import { framesTopic } from '../../src/compile/kafka/topics.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { daysTopic } from '../../src/plan/shared-names.ts';
import type { TopicMessage } from '../../src/ports/messages.ts';
import { messagesBetween } from '../../src/ports/messages-between.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { sortedRows } from '../oracle/furniture-store.ts';

type Row = Readonly<Record<string, string | null>>;

/** Everything that a topic holds, partition by partition. */
export async function messagesOf(broker: string, topic: string): Promise<readonly TopicMessage[]> {
  await using reader = openTopicReader({ bootstrapBrokers: broker.split(',') }, 'test');
  const found: TopicMessage[] = [];
  for (const extent of await reader.extents([topic])) {
    for await (const part of messagesBetween(reader, extent, extent.firstOffset, extent.endOffset)) found.push(...part);
  }
  return found;
}

/** What was read of a topic so far. */
interface ReadTopic {
  readonly rows: Map<string, Row>;
  /** By partition. */
  readonly nextOffsets: Map<number, number>;
}

/** By the topic's id, which no other has. What stands at an offset stays, so who waits for more reads what is new. */
const readTopics = new Map<string, ReadTopic>();

/** The reports as their topics have them: the last message of a key holds, number texts as they stand, without frames. */
export async function reportsInTopics(plan: Plan, broker: string): Promise<Reports> {
  await using reader = openTopicReader({ bootstrapBrokers: broker.split(',') }, 'test');
  const reports: Record<string, Reports[string]> = {};
  const extents = Map.groupBy(await reader.extents(plan.reports.map(({ name }) => name)), ({ topic }) => topic);
  for (const [name, partitions] of extents) {
    const { topicId } = present(partitions[0], 'a partition');
    const read: ReadTopic = readTopics.get(topicId) ?? { rows: new Map(), nextOffsets: new Map() };
    readTopics.set(topicId, read);
    for (const extent of partitions) {
      const from = Math.max(extent.firstOffset, read.nextOffsets.get(extent.partition) ?? 0);
      for await (const messages of messagesBetween(reader, extent, from, extent.endOffset)) {
        for (const { key, value, offset } of messages) {
          read.rows.set(Buffer.from(key ?? '').toString(), rowOf(value));
          // Not the end: of a partition that has no leader just now nothing is read.
          read.nextOffsets.set(extent.partition, offset + 1);
        }
      }
    }
    reports[name] = sortedRows(
      [...read.rows.values()].map((row) =>
        Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, String(cell)])),
      ),
    );
  }
  return reports;
}

function rowOf(value: Uint8Array | null): Row {
  const { frame: _frame, ...row } = JSON.parse(
    Buffer.from(value ?? '').toString(),
    (_key, each: unknown, context?: { readonly source: string }) =>
      typeof each === 'number' ? (context?.source ?? '') : each,
  ) as Row;
  return row;
}

/** Every frame that was announced, in order, with how many records there were. What tells one again is a sign of life. */
export async function announcedFrames(
  plan: Plan,
  broker: string,
): Promise<readonly { readonly frame: number; readonly accepted: number; readonly late: number }[]> {
  const told = (await messagesOf(broker, framesTopic(plan))).map(
    ({ value }) =>
      JSON.parse(Buffer.from(value ?? '').toString()) as { frame?: number; accepted: number; late: number },
  );
  return told.flatMap(({ frame, accepted, late }, index) =>
    frame === undefined || frame === told[index - 1]?.frame ? [] : [{ frame, accepted, late }],
  );
}

/** Sends records as a producer does that knows their key: those of a key are in one partition, in order. */
export async function sendRecords(plan: Plan, broker: string, lines: readonly string[]): Promise<void> {
  await using producer = openTopicProducer({ bootstrapBrokers: broker.split(',') }, 'test');
  await producer.send(
    lines.map((line) => {
      const record = JSON.parse(line) as Readonly<Record<string, unknown>>;
      const key = Buffer.from(String(record[plan.stream.primaryKey.name]));
      return { topic: plan.stream.name, key, value: Buffer.from(line) };
    }),
  );
}

/** Tells how many records a day has, and how many of them came before it was closed, as Spark does. */
export async function tellLateDay(
  plan: Plan,
  broker: string,
  {
    day,
    seen,
    kept,
    frame,
  }: { readonly day: string; readonly seen: number; readonly kept: number; readonly frame: number },
): Promise<void> {
  await using producer = openTopicProducer({ bootstrapBrokers: broker.split(',') }, 'test');
  const counts = Object.entries({ seen, kept }).map(([of, records]) => {
    const key = { [plan.stream.businessDate.name]: day, of };
    return { key, value: { ...key, records, query: plan.fingerprint, frame } };
  });
  await producer.send(
    counts.map(({ key, value }) => ({
      topic: daysTopic(plan),
      key: Buffer.from(JSON.stringify(key)),
      value: Buffer.from(JSON.stringify(value)),
    })),
  );
}
