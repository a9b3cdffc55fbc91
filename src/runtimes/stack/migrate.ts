import { present } from '../../base/assert.ts';
import { DaybookError } from '../../base/errors.ts';
import { framesTopic, quarantineTopic } from '../../compile/kafka/topics.ts';
import type { Plan } from '../../plan/plan.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import { messagesBetween } from '../../ports/messages-between.ts';
import type { ReportPage, ReportQuery } from '../../ports/rows.ts';
import type { QuarantinePage, QuarantineQuery } from '../../ports/runtime.ts';
import { DayCounts } from '../../spark/supervisor/day-counts.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import { openTopicProducer } from '../../sources/kafka/producer.ts';
import { openTopicReader } from '../../sources/kafka/topic-reader.ts';
import { openPostgres } from '../../stores/postgres/database.ts';
import { postgresOwnReader } from '../../stores/postgres/own-reader.ts';
import { postgresReportReader } from '../../stores/postgres/report-reader.ts';
import { kafkaConnection } from '../kafka-connection.ts';
import { openKafkaIntake } from '../kafka-intake.ts';
import { postgresConnection } from '../postgres-connection.ts';
import { newestFrame } from './announced-frames.ts';
import { oldestFirst } from './quarantine-pages.ts';
import { quarantineValue } from './quarantine-topic.ts';
import type { ReconcileOptions, Reconciliation, Settling } from './reconcile.ts';
import { reconcileUntilEqual, stopIf } from './reconcile.ts';

const POLL_MS = 250;

export interface MigrateOptions extends Omit<ReconcileOptions, 'onClosedDays'> {
  readonly kafka: string;
  readonly postgres: string;
  readonly onProgress: (
    phase: 'records' | 'quarantine' | 'reports' | 'closed days',
    done: number,
    total: number,
  ) => void;
}

export interface Migration extends Reconciliation {
  readonly records: number;
  readonly refused: number;
  readonly quarantined: number;
}

/**
 * Replays a Daybook's records and quarantine into the topics of a stack, waits until the stack has all of them in its
 * reports, and compares each row. Done again, it sends repeats, which the stack leaves out.
 * @throws DaybookError `OTHER_DEFINITION` before anything is sent; `MIGRATION_STALLED` when the stack gets no further, `INTERRUPTED`; what Daybook, Kafka and
 *   PostgreSQL throw
 */
export async function migrate(options: MigrateOptions): Promise<Migration> {
  const { plan, from, clock } = options;
  // They are read at the end, which is hours from now: one that is another is told before.
  for (const { name } of plan.reports) await from.query(name, { limit: 0 });
  const connection = kafkaConnection(options.kafka);
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openPostgres(postgresConnection(options.postgres)));
  const intake = openKafkaIntake({ plan, connection, clock });
  stack.defer(() => intake.close());
  const status = await from.status();
  let records = 0;
  let refused = 0;
  for await (const lines of from.records({})) {
    stopIf(options.signal);
    const { accepted, quarantined } = await intake.accept({ origin: 'migration', lines });
    records += accepted;
    refused += quarantined.length;
    options.onProgress('records', records, status.accepted);
  }
  const quarantined = await replayQuarantine(options, status.quarantined);
  await untilThere(options, records, postgresOwnReader(database, plan));
  const reader = postgresReportReader(database, plan);
  const there = async (name: string, query: ReportQuery): Promise<ReportPage> => {
    for (;;) {
      stopIf(options.signal);
      const found = await reader.read([{ kind: 'rows', report: name, query }]);
      if (found !== undefined) return present(found.answers[0], 'each question is answered');
      await clock.sleep(POLL_MS, options.signal);
    }
  };
  const settling = { wholeFrame: () => reader.wholeFrame(), announced: () => announcedIn(plan, connection) };
  const onClosedDays = (waiting: number): void => options.onProgress('closed days', 0, waiting);
  const reconciled = await reconcileUntilEqual({ ...options, onClosedDays }, there, settling);
  return { records, refused, quarantined, ...reconciled };
}

/** In the order in which they were refused. */
async function replayQuarantine(
  { plan, from, kafka, signal, onProgress }: MigrateOptions,
  total: number,
): Promise<number> {
  await using producer = openTopicProducer(kafkaConnection(kafka), 'daybook-migrate');
  let sent = 0;
  const read = (query: QuarantineQuery): Promise<QuarantinePage> => {
    stopIf(signal);
    return from.quarantine(query);
  };
  for await (const entries of oldestFirst(read, total)) {
    const values = entries.map((entry) => Buffer.from(quarantineValue(entry)));
    await producer.send(values.map((value) => ({ topic: quarantineTopic(plan), key: null, value })));
    sent += entries.length;
    onProgress('quarantine', sent, total);
  }
  return sent;
}

/** Waits until the reports in PostgreSQL have so many records. @throws DaybookError `MIGRATION_STALLED` */
async function untilThere(
  { clock, signal, patienceMs, onProgress }: MigrateOptions,
  records: number,
  own: ReturnType<typeof postgresOwnReader>,
): Promise<void> {
  let before = -1;
  let changedAtMs = clock.nowMs();
  for (;;) {
    stopIf(signal);
    const { accepted } = await own.counts();
    onProgress('reports', accepted, records);
    if (accepted >= records) return;
    const nowMs = clock.nowMs();
    if (accepted !== before) [before, changedAtMs] = [accepted, nowMs];
    if (nowMs - changedAtMs > patienceMs) {
      throw new DaybookError(
        'MIGRATION_STALLED',
        `All records are in Kafka, but the reports in PostgreSQL have stopped at ${accepted} of ${records}. Are daybook spark run ` +
          'and daybook sink postgres running? Run the same command again; what is there already is not counted twice.',
        { details: { accepted, records } },
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Reads what the stack's engine says of itself. @param connection  to Kafka */
async function announcedIn(plan: Plan, connection: KafkaConnection): ReturnType<Settling['announced']> {
  await using reader = openTopicReader(connection, 'daybook-migrate');
  const messagesOf = async (topic: string): Promise<readonly TopicMessage[]> => {
    const messages: TopicMessage[] = [];
    for (const extent of await reader.extents([topic])) {
      const parts = messagesBetween(reader, extent, extent.firstOffset, extent.endOffset);
      for await (const part of parts) messages.push(...part);
    }
    return messages;
  };
  const frame = newestFrame(await messagesOf(framesTopic(plan)))?.frame ?? 0;
  const counts = new DayCounts(plan.stream, plan.fingerprint);
  counts.take(await messagesOf(daysTopic(plan)));
  counts.advance(frame);
  return { frame, daysBehind: counts.behind().length };
}
