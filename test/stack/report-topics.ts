import { framesTopic } from '../../src/compile/kafka/topics.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { TopicMessage } from '../../src/ports/messages.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { messagesBetween } from '../../src/spark/supervisor/messages-between.ts';
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

/** The reports as their topics have them: the last message of a key holds, number texts as they stand, without frames. */
export async function reportsInTopics(plan: Plan, broker: string): Promise<Reports> {
  const reports: Record<string, Reports[string]> = {};
  for (const { name } of plan.reports) {
    const byKey = new Map<string, Row>();
    for (const { key, value } of await messagesOf(broker, name)) {
      const { frame: _frame, ...row } = JSON.parse(
        Buffer.from(value ?? '').toString(),
        (_key, each: unknown, context?: { readonly source: string }) =>
          typeof each === 'number' ? (context?.source ?? '') : each,
      ) as Row;
      byKey.set(Buffer.from(key ?? '').toString(), row);
    }
    reports[name] = sortedRows(
      [...byKey.values()].map((row) =>
        Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, String(cell)])),
      ),
    );
  }
  return reports;
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
