import type { Zone } from '../base/calendar.ts';
import { businessDayAt, MS_PER_DAY, parseDay, parseTimestamp, zone } from '../base/calendar.ts';
import { closingError } from '../base/closing.ts';
import { DaybookError } from '../base/errors.ts';
import { keyText } from '../base/key-text.ts';
import type { Plan } from '../plan/plan.ts';
import type { Log } from '../ports/log.ts';
import type { RecordDetails, TopicChunk, TopicInfo, TopicReading, TopicRecord } from '../ports/topics.ts';
import { Scanner } from '../record/scanner.ts';
import type { LogIndex } from './log-index.ts';
import type { Stretch } from './newest-first.ts';
import { newestFirst, requireOneEach } from './newest-first.ts';
import { queryState } from './query.ts';
import { EngineState } from './state.ts';
import { makeTopicTest } from './topic-filter.ts';

const LINE_FEED = 10;
/** After so many records that did not pass, a reading says how far it is. */
const CHUNK_LOOKED = 20_000;

/** The log as a topic of one partition, named as its stream is. */
export class LogTopic {
  readonly #plan: Plan;
  readonly #log: Log;
  readonly #index: LogIndex;
  readonly #zone: Zone;

  constructor(plan: Plan, log: Log, index: LogIndex) {
    this.#plan = plan;
    this.#log = log;
    this.#index = index;
    this.#zone = zone(plan.stream.timeZone);
  }

  info(): TopicInfo {
    const { files, bytes, nextOffset } = this.#log.status();
    const segments = files.map((file, index) => ({ ...file, nextOffset: files[index + 1]?.firstOffset ?? nextOffset }));
    const firstOffset = this.#firstOffset;
    return {
      name: this.#plan.stream.name,
      holds: 'records',
      records: nextOffset - firstOffset,
      bytes,
      partitions: [{ partition: 0, firstOffset, nextOffset, segments }],
    };
  }

  get #firstOffset(): number {
    return this.#log.status().files[0]?.firstOffset ?? 0;
  }

  /** @throws DaybookError `UNKNOWN_TOPIC`; `BAD_QUERY` for a partition that is none */
  check(topic: string, partition = 0): void {
    const { name } = this.#plan.stream;
    if (topic !== name) {
      const message = `There is no topic '${topic}'; there is ${name}.`;
      throw new DaybookError('UNKNOWN_TOPIC', message, { details: { topic } });
    }
    if (partition === 0) return;
    throw new DaybookError('BAD_QUERY', `'partition' is ${partition}; topic '${topic}' has 0 to 0.`);
  }

  /** @throws DaybookError `UNKNOWN_TOPIC`, `BAD_QUERY` */
  async *read(topic: string, reading: TopicReading, signal: AbortSignal): AsyncGenerator<TopicChunk> {
    this.check(topic, reading.partition);
    const { from: wanted, filter, limit } = reading;
    const toOffset = this.#log.nextOffset;
    const test = filter === undefined ? undefined : makeTopicTest(this.#plan, filter);
    if ('before' in wanted) {
      await this.#index.refresh(signal);
      const partitions = [{ partition: 0, from: this.#firstOffset, to: toOffset }];
      const read = (stretches: readonly Stretch[]) => this.#passing(stretches, test, signal);
      // A frame is read whole, and may have more records than a stretch; without a test one stretch is enough.
      const startAt = (offset: number): number => (test === undefined ? offset : this.#index.startAt(offset));
      yield* newestFirst({ partitions, before: wanted.before, limit, read, startAt, signal });
      return;
    }
    const start = this.#startOf(wanted);
    await this.#index.refresh(signal);
    // Beyond the end there is nothing to look at.
    const from = Math.min(start.fromOffset, toOffset);
    let records: TopicRecord[] = [];
    let [given, scanned, unsaid, hasBegun] = [0, 0, 0, start.isAt === undefined];
    for await (const record of this.#records(from, toOffset, start.firstDay)) {
      if (signal.aborted) return;
      scanned = record.offset - from + 1;
      unsaid++;
      hasBegun ||= start.isAt?.(record.value) === true;
      if (hasBegun && test?.(record.value) !== false) {
        records.push(record);
        if (++given === limit) break;
      }
      if (unsaid < CHUNK_LOOKED) continue;
      yield { records, scanned, of: toOffset - from, nextOffset: record.offset + 1 };
      records = [];
      unsaid = 0;
    }
    const nextOffset = from + scanned;
    const isAtEnd = given < limit || nextOffset >= toOffset;
    yield {
      records,
      scanned: isAtEnd ? toOffset - from : scanned,
      of: toOffset - from,
      nextOffset: isAtEnd ? undefined : nextOffset,
    };
  }

  /**
   * A record with the rows of the given state that it is in.
   * @param closing  ends the search
   * @throws DaybookError `NO_RECORD`; `CLOSING` when the search was ended
   */
  async details(offset: number, state: EngineState, closing: AbortSignal): Promise<RecordDetails> {
    await this.#index.refresh(closing);
    if (closing.aborted) throw closingError('ask again');
    for await (const record of this.#records(offset, offset + 1, undefined)) {
      return { record, rows: this.#rowsOf(record, state) };
    }
    throw new DaybookError(
      'NO_RECORD',
      `There is no record at offset ${offset}; the next one is ${this.#log.nextOffset}.`,
    );
  }

  #rowsOf({ value }: TopicRecord, state: EngineState): RecordDetails['rows'] {
    const own = new EngineState(this.#plan);
    const { columns } = new Scanner(this.#plan, own.dictionaries).scan(Buffer.from(value), 1);
    own.apply(
      columns,
      Int32Array.from({ length: columns.count }, (_, record) => record),
    );
    return this.#plan.reports.flatMap((report) => {
      const [changed] = own.takeChanges(report, 1) ?? [];
      if (changed === undefined) return [];
      const equals = Object.fromEntries(report.dimensions.map(({ name }) => [name, [keyText(changed[name] ?? null)]]));
      const day = equals[report.dimensions[0]?.name ?? '']?.[0] ?? '';
      const [row] = queryState(state, report.name, { from: day, to: day, equals }, 0).rows;
      return row === undefined ? [] : [{ report: report.name, row }];
    });
  }

  /** Where to begin: an offset, or the first record that says it is late enough. @throws DaybookError `BAD_QUERY` */
  #startOf(from: Exclude<TopicReading['from'], { readonly before: unknown }>): {
    readonly fromOffset: number;
    readonly firstDay?: number;
    readonly isAt?: (value: string) => boolean;
  } {
    if ('offset' in from) return { fromOffset: Math.max(from.offset, this.#firstOffset) };
    if ('offsets' in from) {
      requireOneEach({ name: 'offset', alone: 'one for all' }, from.offsets, [{ partition: 0 }]);
      return this.#startOf({ offset: from.offsets[0] ?? 0 });
    }
    const wanted = parseTimestamp(parseDay(from.time) !== undefined ? `${from.time} 00:00:00` : from.time, this.#zone);
    if (wanted === undefined) {
      throw new DaybookError(
        'BAD_QUERY',
        `'${from.time}' is no time; it must be YYYY-MM-DD HH:MM:SS, or a day alone, in ${this.#zone.name}.`,
      );
    }
    const wantedMs = wanted.day * MS_PER_DAY + wanted.msOfDay;
    const { eventTime, businessDayEndsAtHour } = this.#plan.stream;
    return {
      fromOffset: 0,
      // A business date is at most a day from the event time's.
      firstDay: businessDayAt(wanted, businessDayEndsAtHour) - 1,
      isAt: (value) => {
        const record = JSON.parse(value) as Readonly<Record<string, unknown>>;
        const time = parseTimestamp(String(record[eventTime.name]), this.#zone);
        return time !== undefined && time.day * MS_PER_DAY + time.msOfDay >= wantedMs;
      },
    };
  }

  async *#passing(
    stretches: readonly Stretch[],
    test: ((value: string) => boolean) | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<TopicRecord> {
    for (const { from, to } of stretches) {
      for await (const record of this.#records(from, to, undefined)) {
        if (signal.aborted) return;
        if (test?.(record.value) !== false) yield record;
      }
    }
  }

  async *#records(fromOffset: number, toOffset: number, firstDay: number | undefined): AsyncGenerator<TopicRecord> {
    const days = firstDay === undefined ? {} : { days: { first: firstDay, last: Infinity } };
    for await (const frame of this.#index.frames({ fromOffset, toOffset, ...days })) {
      const bytes = Buffer.from(frame.records.buffer, frame.records.byteOffset, frame.records.length);
      let offset = frame.firstOffset;
      for (let start = 0; start < bytes.length && offset < toOffset; offset++) {
        const end = bytes.indexOf(LINE_FEED, start);
        if (offset >= fromOffset) {
          yield { partition: 0, offset, atMs: undefined, value: bytes.toString('utf8', start, end) };
        }
        start = end + 1;
      }
    }
  }
}
