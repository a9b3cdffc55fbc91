import { createHash } from 'node:crypto';
import { formatDay, parseDay } from '../../base/calendar.ts';
import { microsText } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { AnnouncedFrame, Move, RowsOfReport, VersionedRow } from '../../ports/report-rows.ts';
import type { QuarantineEntry } from '../../ports/runtime.ts';
import type { PartitionExtent, TopicPartition, TopicPlace } from '../../ports/messages.ts';
import { reportStatements, sinkStatements } from '../../compile/postgres/statements.ts';
import type { PostgresDatabase, Run, TextRow } from './database.ts';

/** Texts of a key up to so many bytes together are sure to have room in an index. */
const KEY_BYTES_MAX = 2_000;
/** So many rows are written by one statement. */
const ROWS_AT_ONCE = 5_000;

/** A partition of the topic that has the id now. */
export type PartitionOfTopic = TopicPartition & { readonly topicId: string };

/** What is written together: all of it, or nothing. */
export interface SinkBatch {
  readonly reports: readonly RowsOfReport[];
  readonly quarantine: readonly Omit<QuarantineEntry, 'id'>[];
  /** All partitions of the sink when a frame is whole, else those that move. */
  readonly moves: readonly Move[];
  /** The frame that the rows complete; undefined: none. */
  readonly frame: AnnouncedFrame | undefined;
  /** Rows of frames up to this one are no changes of closed days: the engine wrote anew what was there. */
  readonly since: number;
}

export interface WrittenBatch {
  /** Rows that were not older than what was there. */
  readonly rows: number;
  readonly amendments: number;
}

/** Writes reports into PostgreSQL, and with them how far their topics are worked off. Throws what `PostgresDatabase` does. */
export interface PostgresReportSink {
  /** Notes partitions that were not, from their beginning on. Of all, also those of others: what is not noted passes for whole. */
  note(partitions: readonly PartitionExtent[]): Promise<void>;
  /**
   * Where partitions are worked off up to; those that are not noted are left out, and a place that was noted before there were ids of
   * topics has none.
   */
  places(partitions: readonly TopicPartition[]): Promise<readonly TopicPlace[]>;
  /** Takes places without an id to be in these topics. */
  adopt(partitions: readonly PartitionOfTopic[]): Promise<void>;
  /** Has places in topics of other ids begin anew in these. */
  beginAnew(partitions: readonly PartitionOfTopic[]): Promise<void>;
  /** Notes what the topics hold that are filled from now on: none of it is a change of a closed day. */
  begin(frame: AnnouncedFrame): Promise<void>;
  /**
   * Writes a batch in one transaction; the same batch again changes nothing.
   * @throws DaybookError `SINK_OVERTAKEN` (retryable from `places`): another one has worked off a partition further
   */
  write(batch: SinkBatch): Promise<WrittenBatch>;
}

export function postgresReportSink(database: PostgresDatabase, plan: Plan): PostgresReportSink {
  const { name: stream, latenessDays } = plan.stream;
  const own = sinkStatements(plan);
  const ofReport = new Map(plan.reports.map((report) => [report, reportStatements(report)]));
  const topics = plan.reports.map(({ name }) => name);
  /** By report, the frame up to which nothing is an amendment. */
  let filledTo: ReadonlyMap<string | null | undefined, number> = new Map();

  const closedBefore = async (run: Run): Promise<string | null> => {
    const { rows } = await run(own.newestDay);
    const newest = parseDay(rows[0]?.['day'] ?? '');
    return newest === undefined ? null : formatDay(newest - latenessDays);
  };

  const writeRows = async (
    run: Run,
    { report, rows }: RowsOfReport,
    closed: string | null,
    engineSince: number,
  ): Promise<WrittenBatch> => {
    const statements = ofReport.get(report);
    const since = Math.max(engineSince, filledTo.get(report.name) ?? 0);
    const sum = { rows: 0, amendments: 0 };
    for (const [sql, json] of rowsAsJson(report, rows)) {
      const text = sql === 'long' ? statements?.writeLong : statements?.write;
      const answer = await run(text ?? '', [json, closed, since]);
      sum.rows += Number(answer.rows[0]?.['written']);
      sum.amendments += Number(answer.rows[0]?.['amended']);
    }
    return sum;
  };

  return {
    async note(partitions) {
      const isFilled = partitions.map(({ firstOffset, endOffset }) => endOffset > firstOffset);
      await database.query(own.noteOffsets, [...valuesOf(partitions), isFilled]);
    },
    async places(partitions) {
      const values = [partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)];
      return (await database.query(own.readOffsets, values)).map(placeOf);
    },
    async adopt(partitions) {
      await database.query(own.adoptTopics, valuesOf(partitions));
    },
    async beginAnew(partitions) {
      await database.query(own.beginTopics, valuesOf(partitions));
    },
    async begin({ frame, accepted }) {
      await database.query(own.beginFrames, [stream, frame, accepted]);
      await database.query(own.beginReports, [topics, frame]);
      const rows = await database.query(own.readSince, [topics]);
      filledTo = new Map(rows.map(({ topic, since }) => [topic, Number(since)]));
    },
    write: (batch) =>
      database.transaction(async (run) => {
        await move(run, own.moveOffsets, batch);
        const closed = batch.reports.length === 0 ? null : await closedBefore(run);
        const sum = { rows: 0, amendments: 0 };
        for (const part of batch.reports) {
          const { rows, amendments } = await writeRows(run, part, closed, batch.since);
          sum.rows += rows;
          sum.amendments += amendments;
        }
        if (batch.quarantine.length > 0) await run(own.addQuarantine, [quarantineJson(batch.quarantine), stream]);
        if (batch.frame !== undefined) await run(own.moveFrame, [stream, batch.frame.frame, batch.frame.accepted]);
        return sum;
      }),
  };
}

function placeOf({ topic, partition, next_offset, topic_id }: TextRow): TopicPlace {
  return {
    topic: topic ?? '',
    topicId: topic_id ?? undefined,
    partition: Number(partition),
    nextOffset: Number(next_offset),
  };
}

function valuesOf(partitions: readonly PartitionOfTopic[]): readonly (readonly unknown[])[] {
  return [
    partitions.map(({ topic }) => topic),
    partitions.map(({ partition }) => partition),
    partitions.map(({ topicId }) => topicId),
  ];
}

/** Moves the partitions, whose rows stay locked until the transaction ends, so that of two with one partition one waits. */
async function move(run: Run, sql: string, { moves, frame, reports }: SinkBatch): Promise<void> {
  if (moves.length === 0) return;
  const { count } = await run(sql, [
    moves.map(({ topic }) => topic),
    moves.map(({ partition }) => partition),
    moves.map(({ fromOffset }) => fromOffset),
    moves.map(({ nextOffset }) => nextOffset),
    frame?.frame ?? null,
    frame === undefined && reports.length === 0,
  ]);
  if (count !== moves.length) throw overtaken();
}

/** To be thrown when the store does not stand where a sink believes it to. */
export function overtaken(): DaybookError {
  return new DaybookError(
    'SINK_OVERTAKEN',
    'Another sink has worked off one of the partitions further, a report is to be filled again, or PostgreSQL lost what it had ' +
      'acknowledged; beginning where it stands.',
    { retryable: true },
  );
}

/** Arrays of rows for the statements, each with as many rows as one statement takes. */
function* rowsAsJson(
  report: ReportPlan,
  rows: readonly VersionedRow[],
): Generator<readonly ['usual' | 'long', string]> {
  const usual: string[] = [];
  const long: string[] = [];
  for (const row of rows) {
    if (isLong(report, row)) long.push(longRowJson(report, row));
    else usual.push(rowJson(report, row, undefined));
  }
  for (const [kind, texts] of [['usual', usual] as const, ['long', long] as const]) {
    for (let at = 0; at < texts.length; at += ROWS_AT_ONCE) {
      yield [kind, `[${texts.slice(at, at + ROWS_AT_ONCE).join(',')}]`];
    }
  }
}

/** Whether a row's key may be too long for an index, or has U+0000, which a text of PostgreSQL cannot hold. */
function isLong(report: ReportPlan, { row, key }: VersionedRow): boolean {
  if (key.includes('\\u0000')) return texts(report, row).some((text) => text.includes('\0'));
  // A text has at most three bytes a UTF-16 unit.
  if (key.length * 3 <= KEY_BYTES_MAX) return false;
  return texts(report, row).reduce((sum, text) => sum + Buffer.byteLength(text), 0) > KEY_BYTES_MAX;
}

function texts(report: ReportPlan, row: VersionedRow['row']): readonly string[] {
  return report.dimensions.flatMap(({ name, kind }) => {
    const cell = row[name];
    return kind === 'text' && typeof cell === 'string' ? [cell] : [];
  });
}

function longRowJson(report: ReportPlan, versioned: VersionedRow): string {
  const shown = Object.fromEntries(
    Object.entries(versioned.row).map(([name, cell]) => [
      name,
      typeof cell === 'string' ? cell.replaceAll('\0', '\u2400') : cell,
    ]),
  );
  const hash = createHash('sha256').update(versioned.key).digest('hex');
  return rowJson(report, { ...versioned, row: shown }, hash);
}

function rowJson(report: ReportPlan, { row, frame }: VersionedRow, keyHash: string | undefined): string {
  const cells = report.columns.map(({ name }) => {
    const cell = row[name] ?? null;
    return `"${name}":${typeof cell === 'bigint' ? microsText(cell) : JSON.stringify(cell)}`;
  });
  const hash = keyHash === undefined ? '' : `,"key_hash":"${keyHash}"`;
  return `{${cells.join(',')},"frame":${frame}${hash}}`;
}

/** A text as PostgreSQL takes it, whoever wrote it into the topic: without U+0000, and without halves of characters. */
function takenText(text: string): string {
  return text.replaceAll('\0', '\u2400').toWellFormed();
}

function quarantineJson(entries: SinkBatch['quarantine']): string {
  return JSON.stringify(
    entries.map(({ atMs, origin, line, code, field, reason, record, encoding, converted }) => {
      const bytes = Buffer.from(record, encoding);
      const hash = createHash('sha256')
        .update(`${code}\n${field ?? ''}\n`)
        .update(bytes)
        .digest('hex');
      return {
        entry_hash: hash,
        at_ms: atMs,
        origin: takenText(origin),
        line,
        code: takenText(code),
        field: field === undefined ? null : takenText(field),
        reason: takenText(reason),
        record: bytes.toString('base64'),
        converted: converted === undefined ? null : Buffer.from(converted).toString('base64'),
      };
    }),
  );
}
