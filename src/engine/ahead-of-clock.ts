import type { LocalTime, Zone } from '../base/calendar.ts';
import {
  businessDayAt,
  formatDay,
  formatLocalTime,
  MS_PER_DAY,
  parseInstant,
  parseTimestamp,
  zone,
} from '../base/calendar.ts';
import type { StreamPlan } from '../plan/plan.ts';
import type { Refusal } from '../ports/runtime.ts';
import type { RecordColumns, RefusedLine, ScannedLines } from '../record/columns.ts';
import { KEY_WORDS } from '../record/columns.ts';

/** Clocks differ; a record dated further ahead is wrong, and would close days that are still open. */
const AHEAD_MS_MAX = 3_600_000;
/** Wherever the store is, and whenever its business day ends, a day that is further behind UTC's has begun there. */
const SURELY_PAST_DAYS = 3;
const BACKSLASH = 92;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;
/** `YYYY-MM-DD HH:MM:SS` */
const PLAIN_LENGTH = 19;

/** The latest moment that is taken: as an instant, by the store's clock on the wall, and its business day. */
interface Limit {
  readonly instantMs: number;
  readonly time: LocalTime;
  readonly businessDay: number;
}

/**
 * Refuses records that are dated further than an hour ahead of the clock. Only for records that come in: what stands in
 * the log was accepted, whatever the clock says now.
 */
export class AheadOfClock {
  readonly #stream: StreamPlan;
  readonly #zone: Zone;
  /** The event time's name with its quotes, as bytes. */
  readonly #name: Buffer;

  constructor(stream: StreamPlan) {
    this.#stream = stream;
    this.#zone = zone(stream.timeZone);
    this.#name = Buffer.from(JSON.stringify(stream.eventTime.name));
  }

  /**
   * Moves records that are too far ahead of the clock from the columns to the refused lines.
   * @param nowMs  when they came
   */
  refuse(scanned: ScannedLines, nowMs: number): ScannedLines {
    const { columns } = scanned;
    const first = this.#firstToLookAt(columns, nowMs);
    if (first === columns.count) return scanned;
    const limit = this.#limitAt(nowMs);
    const found: RefusedLine[] = [];
    const isKept = new Uint8Array(columns.count).fill(1);
    const times = new EventTimes(columns.bytes, this.#name, this.#stream.eventTime.name);
    for (let record = first; record < columns.count; record++) {
      // A business date is at most a day from the event time's, so older ones need no look at the time.
      if ((columns.days[record] as number) < limit.businessDay - 1) continue;
      const refusal = this.#refusalOf(columns, record, times, limit);
      if (refusal === undefined) continue;
      isKept[record] = 0;
      found.push({
        line: columns.lines[record] as number,
        start: columns.starts[record] as number,
        end: columns.ends[record] as number,
        refusal,
      });
    }
    if (found.length === 0) return scanned;
    keepRecords(columns, isKept);
    return { ...scanned, refused: [...scanned.refused, ...found].sort((a, b) => a.line - b.line) };
  }

  /** History is told by its days: the store's clock takes 30 ms the first time, as the machine's time zones are read for it. */
  #firstToLookAt({ days, count }: RecordColumns, nowMs: number): number {
    const day = Math.floor(nowMs / MS_PER_DAY) - SURELY_PAST_DAYS;
    let record = 0;
    while (record < count && (days[record] as number) < day) record++;
    return record;
  }

  #limitAt(nowMs: number): Limit {
    const instantMs = nowMs + AHEAD_MS_MAX;
    // When clocks are about to go back, a sale of the next minutes has a later time than the wall shows in an hour.
    const wallMs = Math.max(
      wallMsOf(this.#zone.localTime(instantMs)),
      wallMsOf(this.#zone.localTime(nowMs)) + AHEAD_MS_MAX,
    );
    const day = Math.floor(wallMs / MS_PER_DAY);
    const time = { day, msOfDay: wallMs - day * MS_PER_DAY };
    return { instantMs, time, businessDay: businessDayAt(time, this.#stream.businessDayEndsAtHour) };
  }

  #refusalOf(columns: RecordColumns, record: number, times: EventTimes, limit: Limit): Refusal | undefined {
    const { eventTime, businessDate } = this.#stream;
    const text = times.textOf(columns.starts[record] as number, columns.ends[record] as number);
    const day = columns.days[record] as number;
    const instantMs = parseInstant(text);
    if (instantMs !== undefined && instantMs > limit.instantMs) {
      return this.#refusal(eventTime.name, text, new Date(limit.instantMs).toISOString());
    }
    const latest = `${formatLocalTime(limit.time)} in ${this.#zone.name}`;
    const time = instantMs === undefined ? parseTimestamp(text, this.#zone) : undefined;
    if (time !== undefined && wallMsOf(time) > wallMsOf(limit.time)) return this.#refusal(eventTime.name, text, latest);
    return day > limit.businessDay ? this.#refusal(businessDate.name, formatDay(day), latest) : undefined;
  }

  #refusal(field: string, value: string, latest: string): Refusal {
    const reason = `field '${field}' is ${value}, more than an hour ahead of the clock: nothing after ${latest} is taken yet`;
    return { code: 'DATE_IN_THE_FUTURE', field, reason };
  }
}

/** A local time as if it were UTC. */
function wallMsOf({ day, msOfDay }: LocalTime): number {
  return day * MS_PER_DAY + msOfDay;
}

/** The event times of accepted records, whose columns have no more than the day. Lines are asked for in their order. */
class EventTimes {
  readonly #bytes: Buffer;
  readonly #quotedName: Buffer;
  readonly #name: string;
  #backslashAt = -1;

  constructor(bytes: Uint8Array, quotedName: Buffer, name: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#quotedName = quotedName;
    this.#name = name;
  }

  textOf(start: number, end: number): string {
    return this.#plainText(start, end) ?? this.#parsedText(start, end);
  }

  /**
   * The text where it can be seen without parsing: without any backslash in the line, a name that stands in it only once
   * is the member's.
   */
  #plainText(start: number, end: number): string | undefined {
    const bytes = this.#bytes;
    if (this.#backslashAt < start) {
      const found = bytes.indexOf(BACKSLASH, start);
      this.#backslashAt = found === -1 ? bytes.length : found;
    }
    if (this.#backslashAt < end) return undefined;
    const at = bytes.indexOf(this.#quotedName, start);
    const behind = at + this.#quotedName.length;
    const second = bytes.indexOf(this.#quotedName, behind);
    if (at === -1 || behind > end || (second !== -1 && second < end)) return undefined;
    let p = behind;
    while (bytes[p] === SPACE) p++;
    if (bytes[p++] !== COLON) return undefined;
    while (bytes[p] === SPACE) p++;
    if (bytes[p++] !== QUOTE || bytes[p + PLAIN_LENGTH] !== QUOTE) return undefined;
    return bytes.toString('latin1', p, p + PLAIN_LENGTH);
  }

  #parsedText(start: number, end: number): string {
    const record = JSON.parse(this.#bytes.toString('utf8', start, end)) as Readonly<Record<string, unknown>>;
    return String(record[this.#name]);
  }
}

/** Takes the other records out of the columns. */
function keepRecords(columns: RecordColumns, isKept: Uint8Array): void {
  const { packed, starts, ends, lines, keys, hashes, days, ids, values } = columns;
  packed?.keep(isKept);
  const arrays = [starts, ends, lines, hashes, days, ...ids, ...values];
  let count = 0;
  for (let record = 0; record < columns.count; record++) {
    if (isKept[record] === 0) continue;
    if (count < record) {
      for (const array of arrays) if (array !== undefined) array[count] = array[record] as number;
      keys.copyWithin(count * KEY_WORDS, record * KEY_WORDS, (record + 1) * KEY_WORDS);
    }
    count++;
  }
  columns.count = count;
}
