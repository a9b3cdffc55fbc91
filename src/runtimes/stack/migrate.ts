import { present } from '../../base/assert.ts';
import { formatDay, parseDay } from '../../base/calendar.ts';
import { microsText } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import { daysTopic, framesTopic, quarantineTopic } from '../../compile/kafka/topics.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import type { Cell, ReportPage, ReportQuery, Row } from '../../ports/rows.ts';
import type { QuarantinePage, QuarantineQuery } from '../../ports/runtime.ts';
import { DayCounts } from '../../spark/supervisor/day-counts.ts';
import { messagesBetween } from '../../spark/supervisor/messages-between.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import { openTopicProducer } from '../../sources/kafka/producer.ts';
import { openTopicReader } from '../../sources/kafka/topic-reader.ts';
import { openPostgres } from '../../stores/postgres/database.ts';
import { postgresOwnReader } from '../../stores/postgres/own-reader.ts';
import { postgresReportReader } from '../../stores/postgres/report-reader.ts';
import { kafkaConnection } from '../kafka-connection.ts';
import { openKafkaIntake } from '../kafka-intake.ts';
import { postgresConnection } from '../postgres-connection.ts';
import type { RemoteRuntime } from '../remote.ts';
import { newestFrame } from './announced-frames.ts';
import { oldestFirst } from './quarantine-pages.ts';
import { quarantineValue } from './quarantine-topic.ts';

const SLICE_DAYS = 31;
const POLL_MS = 250;

export interface MigrateOptions {
  readonly plan: Plan;
  /** The Daybook that is moved. */
  readonly from: RemoteRuntime;
  readonly kafka: string;
  readonly postgres: string;
  readonly clock: Clock;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** How long the stack may go without getting further. */
  readonly patienceMs: number;
  /** So many rows that differ are given of all reports; all are counted. */
  readonly differencesMax: number;
  readonly onProgress: (
    phase: 'records' | 'quarantine' | 'reports' | 'closed days',
    done: number,
    total: number,
  ) => void;
}

/** How one report compares. */
export interface ReconciledReport {
  readonly report: ReportPlan;
  readonly rows: number;
  readonly differing: number;
}

/** A row that differs: as the Daybook has it, and as the stack has it; undefined: it has none. */
export interface RowDifference {
  readonly report: ReportPlan;
  readonly key: string;
  readonly here: Row | undefined;
  readonly there: Row | undefined;
}

export interface Migration {
  readonly records: number;
  readonly refused: number;
  readonly quarantined: number;
  readonly reports: readonly ReconciledReport[];
  readonly differences: readonly RowDifference[];
}

/**
 * Replays a Daybook's records and quarantine into the topics of a stack, waits until the stack has all of them in its
 * reports, and compares each row. Done again, it sends repeats, which the stack leaves out.
 * @throws DaybookError `MIGRATION_STALLED` when the stack gets no further, `INTERRUPTED`; what Daybook, Kafka and
 *   PostgreSQL throw
 */
export async function migrate(options: MigrateOptions): Promise<Migration> {
  const { plan, from, clock } = options;
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
  return { records, refused, quarantined, ...(await reconcileUntilEqual(options, there, settling)) };
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

type ReadThere = (report: string, query: ReportQuery) => Promise<ReportPage>;

/** What tells that the stack is not done yet. */
interface Settling {
  readonly wholeFrame: () => Promise<number | undefined>;
  /** The newest frame that was announced, and how many closed days wait to be computed again. */
  readonly announced: () => Promise<{ readonly frame: number; readonly daysBehind: number }>;
}

/**
 * Days that were closed are computed again behind the others, and what was computed comes to PostgreSQL a little later: so
 * what differs is looked at again as long as anything of it is under way.
 */
async function reconcileUntilEqual(
  options: MigrateOptions,
  there: ReadThere,
  { wholeFrame, announced }: Settling,
): Promise<Pick<Migration, 'reports' | 'differences'>> {
  const { clock, patienceMs, signal, onProgress } = options;
  for (;;) {
    const { frame, daysBehind } = await announced();
    const before = await wholeFrame();
    const found = await reconcile(options, there);
    const isSettled = daysBehind === 0 && before !== undefined && before >= frame;
    if (isSettled || found.reports.every(({ differing }) => differing === 0)) return found;
    if (daysBehind > 0) onProgress('closed days', 0, daysBehind);
    const untilMs = clock.nowMs() + patienceMs;
    while ((await wholeFrame()) === before) {
      stopIf(signal);
      if (clock.nowMs() >= untilMs) return found;
      await clock.sleep(POLL_MS, signal);
    }
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

async function reconcile(
  { plan, from, signal, differencesMax }: MigrateOptions,
  there: ReadThere,
): Promise<Pick<Migration, 'reports' | 'differences'>> {
  const reports: ReconciledReport[] = [];
  const differences: RowDifference[] = [];
  for (const report of plan.reports) {
    let rows = 0;
    let differing = 0;
    for await (const query of slicesOf(report, from, there)) {
      stopIf(signal);
      const [own, theirs] = [await from.query(report.name, query), await there(report.name, query)];
      const found = differencesOf(report, own.rows, theirs.rows);
      rows += Math.max(own.rows.length, theirs.rows.length);
      differing += found.length;
      differences.push(...found.slice(0, Math.max(0, differencesMax - differences.length)));
    }
    reports.push({ report, rows, differing });
  }
  return { reports, differences };
}

/** All days that either side has, a month at a time. */
async function* slicesOf(report: ReportPlan, from: RemoteRuntime, there: ReadThere): AsyncGenerator<ReportQuery> {
  const day = present(report.dimensions[0], 'a report has its business date').name;
  const edge = async (descending: boolean): Promise<readonly number[]> => {
    const query: ReportQuery = { sort: [{ column: day, descending }], limit: 1 };
    const pages = [await from.query(report.name, query), await there(report.name, query)];
    return pages.flatMap(({ rows }) => parseDay(String(rows[0]?.[day])) ?? []);
  };
  const [first, last] = [Math.min(...(await edge(false))), Math.max(...(await edge(true)))];
  for (let at = first; at <= last; at += SLICE_DAYS) {
    yield { from: formatDay(at), to: formatDay(Math.min(last, at + SLICE_DAYS - 1)) };
  }
}

function differencesOf(report: ReportPlan, here: readonly Row[], there: readonly Row[]): readonly RowDifference[] {
  const keyOf = (row: Row): string => report.dimensions.map(({ name }) => cellText(row[name] ?? null)).join(', ');
  const own = new Map(here.map((row) => [keyOf(row), row]));
  const theirs = new Map(there.map((row) => [keyOf(row), row]));
  const keys = new Set([...own.keys(), ...theirs.keys()]);
  return [...keys].flatMap((key) => {
    const [a, b] = [own.get(key), theirs.get(key)];
    const isSame = a !== undefined && b !== undefined && report.measures.every(({ name }) => a[name] === b[name]);
    return isSame ? [] : [{ report, key, here: a, there: b }];
  });
}

/** A cell for people. */
export function cellText(cell: Cell): string {
  if (cell === null) return 'null';
  return typeof cell === 'bigint' ? microsText(cell) : String(cell);
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new DaybookError('INTERRUPTED', 'The migration was interrupted; run it again to go on.');
}
