import type { StreamPlan } from '../../plan/plan.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import type { LateDay } from '../../ports/pipeline.ts';
import { objectOf } from './message-object.ts';

/** A day of which more records came than its rows have. */
export interface DayBehind {
  readonly day: string;
  /** Unique records of the day that came, late ones among them. */
  readonly seen: number;
  /** How many of them came when the day was closed, and are in none of its rows yet. */
  readonly missing: number;
}

/** Days of which a batch wrote rows with an older frame than a batch before it: readers leave such rows out. */
export interface Overtaken {
  readonly days: readonly string[];
  /** The oldest of these frames. */
  readonly from: number;
  /** The newest frame that was written before them. */
  readonly by: number;
}

/** What a message of the topic of days says. */
interface DayCount {
  /** The fingerprint of the definition that it is of. */
  readonly query: string;
  /** `seen` and `kept` by the query; `again` by the supervisor: so many are in the rows that were computed again. */
  readonly of: 'seen' | 'kept' | 'again' | 'all';
  readonly day: string;
  readonly records: number;
  readonly frame: number;
}

/**
 * How many records each day has, and how many of them are in its rows. The two differ just for days that got records when
 * they were closed. All of it stands in a compacted topic, so nothing is lost when nobody looks.
 */
export class DayCounts {
  readonly #dateName: string;
  readonly #query: string;
  readonly #counts: Readonly<Record<DayCount['of'], Map<string, DayCount>>> = {
    seen: new Map(),
    kept: new Map(),
    again: new Map(),
    all: new Map(),
  };
  /** Of frames that are not whole yet. */
  #held: DayCount[] = [];
  #newest = 0;
  /** The newest frame of another definition's: what was counted up to it, that one has written over. */
  #newestOfOthers = 0;
  /** The newest frame of those that were taken since the topic's beginning. */
  #newestInOrder = 0;
  readonly #overtaken = new Map<string, Omit<Overtaken, 'days'>>();

  /** @param query  whose messages count, since no other definition has written any */
  constructor(stream: StreamPlan, query: string) {
    this.#dateName = stream.businessDate.name;
    this.#query = query;
  }

  /** How many records there are. */
  get accepted(): number {
    return this.#counts.all.get('')?.records ?? 0;
  }

  /** How many of all records came when their day was closed. */
  get late(): number {
    let late = 0;
    for (const [day, { records }] of this.#counts.seen) late += records - (this.#counts.kept.get(day)?.records ?? 0);
    return late;
  }

  /** The newest frame that counts were taken of, whole or not; 0: there are none. */
  get newest(): number {
    return this.#newest;
  }

  /** The newest frame that there are counts of, whoever wrote them. */
  get newestOfAny(): number {
    return Math.max(this.#newest, this.#newestOfOthers);
  }

  /** Days whose rows are to be written again, under a newer frame, as a batch wrote them behind newer ones; whole or not. */
  get overtaken(): Overtaken | undefined {
    if (this.#overtaken.size === 0) return undefined;
    const frames = [...this.#overtaken.values()];
    return {
      days: [...this.#overtaken.keys()],
      from: Math.min(...frames.map(({ from }) => from)),
      by: Math.max(...frames.map(({ by }) => by)),
    };
  }

  /** What is taken next is the topic's from its beginning on, once more. */
  rewind(): void {
    this.#newestInOrder = 0;
    this.#newestOfOthers = 0;
  }

  take(messages: readonly TopicMessage[]): void {
    for (const message of messages) {
      const count = this.#read(message);
      if (count === undefined) continue;
      if (count.query === this.#query) {
        this.#held.push(count);
        this.#noteOrder(count);
        this.#newest = Math.max(this.#newest, count.frame);
      } else this.#forgetUpTo(count.frame);
      this.#newestInOrder = Math.max(this.#newestInOrder, count.frame);
    }
  }

  /**
   * Another definition has written a frame: rows of before are its own now, also those of which this one comes to say that its rows
   * have them, when it comes back.
   */
  #forgetUpTo(frame: number): void {
    if (frame <= this.#newestOfOthers) return;
    this.#newestOfOthers = frame;
    this.#held = this.#held.filter((count) => count.frame > frame);
    for (const counts of Object.values(this.#counts)) {
      for (const [day, count] of counts) if (count.frame <= frame) counts.delete(day);
    }
    for (const [day, { by }] of this.#overtaken) if (by <= frame) this.#overtaken.delete(day);
  }

  /** Batches write one after the other, so what is written later with an older frame is of a clock that went back. */
  #noteOrder({ of, day, frame }: DayCount): void {
    const known = this.#overtaken.get(day);
    if (of === 'again' && frame > (known?.by ?? Infinity)) this.#overtaken.delete(day);
    if (of === 'seen' && frame < this.#newestInOrder) {
      this.#overtaken.set(day, { from: Math.min(known?.from ?? frame, frame), by: this.#newestInOrder });
    }
  }

  /** Lets what belongs to frames up to this one count; they are whole. */
  advance(frame: number): void {
    const rest: DayCount[] = [];
    for (const count of this.#held) {
      if (count.frame > frame) rest.push(count);
      else this.#counts[count.of].set(count.day, count);
    }
    this.#held = rest;
  }

  /** The days that must be computed again, oldest first. */
  behind(): readonly DayBehind[] {
    return [...this.#counts.seen.values()]
      .map(({ day, records }) => ({ day, seen: records, missing: records - this.#inRows(day) }))
      .filter(({ missing }) => missing > 0)
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  /** Whether a day that was behind has the records in its rows that were seen then. */
  has({ day, seen }: DayBehind): boolean {
    return this.#inRows(day) >= seen;
  }

  /** The days that got records when they were closed, oldest first. */
  lateDays(): readonly LateDay[] {
    return [...this.#counts.seen.values()]
      .map(({ day, records }) => ({
        day,
        records,
        late: records - (this.#counts.kept.get(day)?.records ?? 0),
        waiting: Math.max(0, records - this.#inRows(day)),
      }))
      .filter(({ late }) => late > 0)
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  /**
   * How many records a day's rows have. Those that were computed again count as long as they are the newest: a query that
   * began anew, because its checkpoint was gone, has written over them.
   */
  #inRows(day: string): number {
    const kept = this.#counts.kept.get(day);
    const again = this.#counts.again.get(day);
    if (again === undefined || again.frame <= (kept?.frame ?? 0)) return kept?.records ?? 0;
    return Math.max(kept?.records ?? 0, again.records);
  }

  /** The message that says of a day that its rows have all the records that were seen. */
  answer({ day, seen }: DayBehind, frame: number): { readonly key: string; readonly value: string } {
    return this.#again(day, seen, frame);
  }

  /** The message that says of a day that its rows were written again as they were. */
  answerSame(day: string, frame: number): { readonly key: string; readonly value: string } {
    return this.#again(day, this.#inRows(day), frame);
  }

  /**
   * The message that says that what was counted up to a frame is of rows that are written anew: of no definition's query, it is
   * another's for all.
   */
  before(frame: number): { readonly key: string; readonly value: string } {
    const key = { of: 'again' };
    return { key: JSON.stringify(key), value: JSON.stringify({ ...key, records: 0, query: '', frame }) };
  }

  #again(day: string, records: number, frame: number): { readonly key: string; readonly value: string } {
    const key = { [this.#dateName]: day, of: 'again' };
    return { key: JSON.stringify(key), value: JSON.stringify({ ...key, records, query: this.#query, frame }) };
  }

  #read(message: TopicMessage): DayCount | undefined {
    const members = objectOf(message);
    const { of, records, frame, query } = members;
    if (typeof query !== 'string' || typeof of !== 'string' || !Object.hasOwn(this.#counts, of)) return undefined;
    if (typeof frame !== 'number') return undefined;
    const day = members[this.#dateName];
    return {
      query,
      of: of as DayCount['of'],
      day: typeof day === 'string' ? day : '',
      records: Number(records),
      frame,
    };
  }
}
