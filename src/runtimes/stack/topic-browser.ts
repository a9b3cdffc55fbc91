import { isUtf8 } from 'node:buffer';
import { parseTimestamp, zone } from '../../base/calendar.ts';
import type { LocalTime, Zone } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Stretch } from '../../engine/newest-first.ts';
import { newestFirst, requireOneEach } from '../../engine/newest-first.ts';
import { makeTopicTest } from '../../engine/topic-filter.ts';
import type { Plan } from '../../plan/plan.ts';
import { kafkaTopics } from '../../compile/kafka/topics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PartitionExtent, ReadPartition, TopicMessage, TopicPlace, TopicReader } from '../../ports/messages.ts';
import type { TailChunk, TopicChunk, TopicInfo, TopicReading, TopicRecord } from '../../ports/topics.ts';

const WAIT_MS = 250;
/** A chunk of a tail has no more records: what eyes can follow. */
const TAIL_RECORDS_MAX = 50;
const TAIL_INTERVAL_MS = 200;
/** How often a tail looks for partitions that were added. */
const LOOK_EVERY_MS = 5_000;

export interface TopicBrowserOptions {
  readonly plan: Plan;
  readonly clock: Clock;
  /** Opens a reader of its own for each reading, as a reader does one thing at a time. */
  readonly openReader: () => TopicReader;
}

/** Looks into the topics of a definition. */
export class TopicBrowser {
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #openReader: () => TopicReader;
  readonly #zone: Zone;

  constructor({ plan, clock, openReader }: TopicBrowserOptions) {
    this.#plan = plan;
    this.#clock = clock;
    this.#openReader = openReader;
    this.#zone = zone(plan.stream.timeZone);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    const topics = kafkaTopics(this.#plan);
    await using reader = this.#openReader();
    const extents = await reader.extents(topics.map(({ name }) => name));
    return topics.map(({ name, role }) => {
      const partitions = extents
        .filter(({ topic }) => topic === name)
        .map(({ partition, firstOffset, endOffset }) => ({
          partition,
          firstOffset,
          nextOffset: endOffset,
          segments: [],
        }));
      return {
        name,
        holds: role === 'report' || role === 'frames' ? 'updates' : 'records',
        records: partitions.reduce((sum, { firstOffset, nextOffset }) => sum + nextOffset - firstOffset, 0),
        bytes: undefined,
        partitions,
      };
    });
  }

  /** @throws DaybookError `UNKNOWN_TOPIC`, `BAD_QUERY` */
  async *read(topic: string, reading: TopicReading, signal: AbortSignal): AsyncGenerator<TopicChunk> {
    const extents = await this.#extentsOf(topic, reading.partition);
    const test = reading.filter === undefined ? undefined : makeTopicTest(this.#plan, reading.filter);
    if ('before' in reading.from) {
      await using reader = this.#openReader();
      const partitions = extents.map(({ partition, firstOffset: from, endOffset: to }) => ({ partition, from, to }));
      const read = (stretches: readonly Stretch[]) => readStretches(reader, extents, stretches, test, signal);
      yield* newestFirst({ partitions, before: reading.from.before, limit: reading.limit, read, signal });
      return;
    }
    const isLate = this.#isLateEnough(reading);
    const asked = beginnings(extents, reading);
    let places = extents.map(({ topic, topicId, partition, firstOffset, endOffset }, index) => {
      const nextOffset = Math.min(Math.max(asked[index] ?? 0, firstOffset), endOffset);
      return { topic, topicId, partition, nextOffset };
    });
    const of = places.reduce((sum, { nextOffset }, index) => sum + (extents[index]?.endOffset ?? 0) - nextOffset, 0);
    let scanned = 0;
    let left = reading.limit;
    await using reader = this.#openReader();
    while (!signal.aborted) {
      const open = places.filter((place) => place.nextOffset < endOf(extents, place));
      if (open.length === 0 || left === 0) break;
      const records: TopicRecord[] = [];
      for (const read of await reader.read(open, WAIT_MS)) {
        let { nextOffset } = read;
        for (const message of read.messages) {
          if (message.offset >= endOf(extents, read)) break;
          const record = recordOf(read, message);
          if (!isLate(record.value) || test?.(record.value) === false) continue;
          records.push(record);
          if (--left > 0) continue;
          nextOffset = message.offset + 1;
          break;
        }
        const before = places.find((place) => place.partition === read.partition)?.nextOffset ?? 0;
        scanned += Math.min(nextOffset, endOf(extents, read)) - before;
        places = places.map((place) => (place.partition === read.partition ? { ...place, nextOffset } : place));
        if (left === 0) break;
      }
      yield { records, scanned, of, ...nextPage(places, extents, asked) };
    }
    yield { records: [], scanned, of, ...nextPage(places, extents, asked) };
  }

  /** @throws DaybookError `UNKNOWN_TOPIC` */
  async *follow(topic: string, signal: AbortSignal): AsyncGenerator<TailChunk> {
    const extents = await this.#extentsOf(topic, undefined);
    let places: readonly TopicPlace[] = extents.map((extent) => ({ ...extent, nextOffset: extent.endOffset }));
    const sum = (): number => places.reduce((total, { nextOffset }) => total + nextOffset, 0);
    yield { records: [], skipped: 0, nextOffset: sum() };
    await using reader = this.#openReader();
    let lookAtMs = this.#clock.nowMs() + LOOK_EVERY_MS;
    while (!signal.aborted) {
      if (this.#clock.nowMs() >= lookAtMs) {
        const isAdded = (extent: PartitionExtent): boolean => !places.some((at) => at.partition === extent.partition);
        const added = (await reader.extents([topic])).filter(isAdded);
        places = places.concat(added.map((extent) => ({ ...extent, nextOffset: extent.firstOffset })));
        lookAtMs = this.#clock.nowMs() + LOOK_EVERY_MS;
      }
      const read = await reader.read(places, WAIT_MS);
      const records = read.flatMap((each) => each.messages.map((message) => recordOf(each, message)));
      places = places.map((place) => read.find(({ partition }) => partition === place.partition) ?? place);
      if (records.length === 0) continue;
      const skipped = Math.max(0, records.length - TAIL_RECORDS_MAX);
      yield { records: records.slice(skipped), skipped, nextOffset: sum() };
      await this.#clock.sleep(TAIL_INTERVAL_MS, signal);
    }
  }

  /** @throws DaybookError `UNKNOWN_TOPIC`, `NO_RECORD` */
  async record(topic: string, partition: number, offset: number): Promise<TopicRecord> {
    const extents = await this.#extentsOf(topic, partition);
    const extent = extents[0];
    if (extent !== undefined && offset >= extent.firstOffset && offset < extent.endOffset) {
      await using reader = this.#openReader();
      const [read] = await reader.read([{ ...extent, nextOffset: offset }], WAIT_MS);
      const message = read?.messages.find((each) => each.offset === offset);
      if (read !== undefined && message !== undefined) return recordOf(read, message);
    }
    const message = `There is no record at offset ${offset} of ${topic}, partition ${partition}; the next one is ${extent?.endOffset ?? 0}.`;
    throw new DaybookError('NO_RECORD', message);
  }

  async #extentsOf(topic: string, partition: number | undefined): Promise<readonly PartitionExtent[]> {
    const names = kafkaTopics(this.#plan).map(({ name }) => name);
    if (!names.includes(topic)) {
      const message = `There is no topic '${topic}'; there are ${names.join(', ')}.`;
      throw new DaybookError('UNKNOWN_TOPIC', message, { details: { topic } });
    }
    await using reader = this.#openReader();
    const extents = await reader.extents([topic]);
    const wanted = extents.filter((extent) => partition === undefined || extent.partition === partition);
    if (wanted.length > 0) return wanted;
    const message = `'partition' is ${partition}; topic '${topic}' has 0 to ${extents.length - 1}.`;
    throw new DaybookError('BAD_QUERY', message);
  }

  /** Whether a record's event time is late enough; what has none is, when no time was asked for. */
  #isLateEnough({ from }: TopicReading): (text: string) => boolean {
    if (!('time' in from)) return () => true;
    const wanted = parseTimestamp(from.time, this.#zone);
    if (wanted === undefined) {
      throw new DaybookError('BAD_QUERY', `'time' is '${from.time}'; it must be YYYY-MM-DD HH:MM:SS.`);
    }
    const { name } = this.#plan.stream.eventTime;
    return (text) => {
      const own = momentIn(text, name, this.#zone);
      return own !== undefined && (own.day > wanted.day || (own.day === wanted.day && own.msOfDay >= wanted.msOfDay));
    };
  }
}

function momentIn(text: string, name: string, local: Zone): LocalTime | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return parseTimestamp(String((parsed as Readonly<Record<string, unknown>>)[name]), local);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Where a reading is to begin in each partition, be that there or not. @throws DaybookError `BAD_QUERY` */
function beginnings(extents: readonly PartitionExtent[], { from }: TopicReading): readonly number[] {
  if ('offset' in from) return extents.map(() => from.offset);
  if (!('offsets' in from)) return extents.map(({ firstOffset }) => firstOffset);
  requireOneEach({ name: 'offset', alone: 'one for all' }, from.offsets, extents);
  return from.offsets;
}

/** The messages of some stretches that pass. */
async function* readStretches(
  reader: TopicReader,
  extents: readonly PartitionExtent[],
  stretches: readonly Stretch[],
  test: ((text: string) => boolean) | undefined,
  signal: AbortSignal,
): AsyncGenerator<TopicRecord> {
  const ends = new Map(stretches.map(({ partition, to }) => [partition, to]));
  let places: readonly TopicPlace[] = extents.flatMap(({ topic, topicId, partition }) => {
    const stretch = stretches.find((each) => each.partition === partition);
    return stretch === undefined ? [] : [{ topic, topicId, partition, nextOffset: stretch.from }];
  });
  while (places.length > 0 && !signal.aborted) {
    const reads = await reader.read(places, WAIT_MS);
    for (const read of reads) {
      for (const message of read.messages) {
        if (message.offset >= (ends.get(read.partition) ?? 0)) break;
        const record = recordOf(read, message);
        if (test?.(record.value) !== false) yield record;
      }
    }
    places = places
      .map((place) => reads.find(({ partition }) => partition === place.partition) ?? place)
      .filter(({ partition, nextOffset }) => nextOffset < (ends.get(partition) ?? 0));
  }
}

function endOf(extents: readonly PartitionExtent[], { partition }: { readonly partition: number }): number {
  return extents.find((extent) => extent.partition === partition)?.endOffset ?? 0;
}

/** Where the next page begins: of several partitions in each, and in the one that is the least far, so that nothing is left out. */
function nextPage(
  places: readonly TopicPlace[],
  extents: readonly PartitionExtent[],
  asked: readonly number[],
): Pick<TopicChunk, 'nextOffset' | 'nextOffsets'> {
  const open = places.filter((place) => place.nextOffset < endOf(extents, place));
  if (open.length === 0) return { nextOffset: undefined };
  const nextOffset = Math.min(...open.map((place) => place.nextOffset));
  // What came since it began was passed over, and not given; what is before the place that was asked for is not to be.
  const each = places.map((place, index) => {
    return Math.max(Math.min(place.nextOffset, endOf(extents, place)), asked[index] ?? 0);
  });
  return { nextOffset, ...(each.length > 1 && { nextOffsets: each }) };
}

function recordOf(
  { partition }: Pick<ReadPartition, 'partition'>,
  { offset, timestampMs, value }: TopicMessage,
): TopicRecord {
  const bytes = Buffer.from(value ?? []);
  return { partition, offset, atMs: timestampMs, value: bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64') };
}
