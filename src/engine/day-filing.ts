import { formatDay } from '../base/calendar.ts';
import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { DayFiles, DayGathering } from '../ports/day-files.ts';
import type { FramePlace, Log, LogPosition } from '../ports/log.ts';
import { dayScanner } from '../record/day-scanner.ts';
import type { Scanner } from '../record/scanner.ts';

const LINE_FEED = 10;
/** So many records of some days are gathered at once: what the disk has to hold of them meanwhile. */
const GATHERED_RECORDS_MAX = 2_000_000;
/** A frame is read in parts of about this size; between two parts others have their turn. */
const PART_BYTES = 256 * 1024;

/** Records of a day that are in no file yet: they stand in the log's frames between two offsets. */
interface Unfiled {
  readonly from: LogPosition;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly records: number;
}

interface FiledDay {
  /** The name of the day's file; undefined when it has none yet. */
  file: string | undefined;
  unfiled: Unfiled | undefined;
  /** What came while a file is being written. */
  since: Unfiled | undefined;
}

/** What a checkpoint says of the days' files. */
export interface DayFilingFacts {
  readonly days: readonly {
    readonly day: number;
    readonly file?: string | undefined;
    readonly unfiled?: Unfiled | undefined;
  }[];
  /** Files that the checkpoint before names: they stay as long as it does. */
  readonly before: readonly string[];
}

export interface DayFilingOptions {
  readonly plan: Plan;
  readonly log: Log;
  /** Without it, it is only noted what would have to be written. */
  readonly files: DayFiles | undefined;
  /** Whether a day is closed and the state too large for its keys. */
  readonly isSpilled: (day: number) => boolean;
  /** Resolves when there is time for the next step. */
  readonly whenIdle: () => Promise<void>;
  /** Told that files were written, which the next checkpoint should name. */
  readonly onFiled: () => void;
  /** Ends what is under way, soon. */
  readonly signal: AbortSignal;
}

/**
 * Looks whether the files that a checkpoint names are there. They need not be when it was left out before: then another
 * one has said which files stay.
 * @throws DaybookError `DAY_FILE_MISSING`, what the disk throws
 */
export async function checkFiles(files: DayFiles, { days }: DayFilingFacts): Promise<void> {
  const there = new Set(await files.names());
  const missing = days.find(({ file }) => file !== undefined && !there.has(file));
  if (missing === undefined) return;
  throw new DaybookError(
    'DAY_FILE_MISSING',
    `The file ${missing.file} of the day ${formatDay(missing.day)} is not there. All files of days are written again from the log.`,
    { details: { file: missing.file } },
  );
}

/**
 * Puts the raw records of spilled days into files, one a day. It follows behind: keys leave memory whenever they must,
 * but a day is written once it rests, and once for all that came until then, so that records in any order cost no more
 * than records in theirs. A day that gets more records afterwards is written again, from its file and them.
 */
export class DayFiling {
  readonly #options: DayFilingOptions;
  readonly #scanner: Scanner;
  readonly #days = new Map<number, FiledDay>();
  /** Days that got records since they were last looked at. */
  #restless = new Set<number>();
  /** Files that the newest checkpoint names. */
  #named: readonly string[];
  /** Files that have a newer one. */
  #replaced: readonly string[];
  #filing: Promise<void> | undefined;

  constructor(options: DayFilingOptions, facts: DayFilingFacts = { days: [], before: [] }) {
    this.#options = options;
    this.#scanner = dayScanner(options.plan);
    for (const { day, file, unfiled } of facts.days) this.#days.set(day, { file, unfiled, since: undefined });
    this.#named = this.#names();
    this.#replaced = facts.before.filter((name) => !this.#named.includes(name));
  }

  /** Notes that a durable frame has so many records of each of some days. */
  note(frame: FramePlace & { readonly recordCount: number }, days: ReadonlyMap<number, number>): void {
    const toOffset = frame.firstOffset + frame.recordCount;
    for (const [day, records] of days) {
      const more: Unfiled = { from: frame.at, fromOffset: frame.firstOffset, toOffset, records };
      const known = this.#days.get(day);
      if (known === undefined) this.#days.set(day, { file: undefined, unfiled: more, since: undefined });
      else if (this.#filing === undefined) known.unfiled = joined(known.unfiled, more);
      else known.since = joined(known.since, more);
      this.#restless.add(day);
    }
  }

  /** How many records of spilled days are in no file. */
  get unfiledRecords(): number {
    return this.#spilled().reduce((sum, day) => sum + (this.#days.get(day)?.unfiled?.records ?? 0), 0);
  }

  /**
   * Writes the files of spilled days that got no records since the last call.
   * @throws DaybookError what `DayGathering` throws, what the log throws; days written before count
   */
  async fileResting(): Promise<void> {
    const restless = this.#restless;
    this.#restless = new Set();
    await this.#file(this.#spilled().filter((day) => !restless.has(day)));
  }

  /** Writes the files of all spilled days. @throws as `fileResting` does */
  async fileAll(): Promise<void> {
    while (this.#filing !== undefined) await this.#filing;
    await this.#file(this.#spilled());
  }

  /** For a checkpoint. */
  save(): DayFilingFacts {
    const days = [...this.#days].map(([day, { file, unfiled, since }]) => {
      return { day, file, unfiled: since === undefined ? unfiled : joined(unfiled, since) };
    });
    return { days, before: this.#named };
  }

  /** Says that a checkpoint with these facts is durable: files that neither it nor the one before names can go. */
  async saved({ days, before }: DayFilingFacts): Promise<void> {
    this.#named = days.flatMap(({ file }) => file ?? []);
    const kept = new Set([...this.#named, ...before, ...this.#names()]);
    const needless = this.#replaced.filter((name) => !kept.has(name));
    if (needless.length === 0) return;
    // These alone: what else no checkpoint names may be the files of a filing under way.
    await this.#options.files?.remove(needless);
    this.#replaced = this.#replaced.filter((name) => !needless.includes(name));
  }

  /** Removes files that no checkpoint names; for the beginning. */
  async removeUnnamed(): Promise<void> {
    await this.#options.files?.removeAllBut(new Set([...this.#names(), ...this.#replaced]));
  }

  /** The files that there are. */
  get names(): readonly string[] {
    return this.#names();
  }

  #names(): readonly string[] {
    return [...this.#days.values()].flatMap(({ file }) => file ?? []);
  }

  #spilled(): readonly number[] {
    const unfiled = [...this.#days].flatMap(([day, { unfiled: its }]) => (its === undefined ? [] : [day]));
    return unfiled.filter(this.#options.isSpilled).sort((a, b) => a - b);
  }

  async #file(days: readonly number[]): Promise<void> {
    const { files, signal, whenIdle } = this.#options;
    if (files === undefined || this.#filing !== undefined || days.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#filing = promise;
    try {
      const failures: unknown[] = [];
      for (const group of this.#groups(days)) {
        await whenIdle();
        if (signal.aborted) break;
        await this.#fileGroup(files, group).catch((error: unknown) => {
          if (!isOfOneDay(error)) throw error;
          failures.push(error);
        });
      }
      if (failures.length > 0) throw failures[0];
    } finally {
      this.#filing = undefined;
      for (const day of this.#days.values()) joinSince(day);
      resolve();
    }
  }

  async #fileGroup(files: DayFiles, group: readonly number[]): Promise<void> {
    await using gathering = await files.gather();
    await this.#gather(gathering, group);
    await this.#write(gathering, group);
  }

  /** Days that are gathered together: neighbours, as their records mostly are, too. */
  *#groups(days: readonly number[]): Generator<readonly number[]> {
    let group: number[] = [];
    let records = 0;
    for (const day of days) {
      const its = this.#day(day).unfiled?.records ?? 0;
      if (group.length > 0 && records + its > GATHERED_RECORDS_MAX) {
        yield group;
        group = [];
        records = 0;
      }
      group.push(day);
      records += its;
    }
    if (group.length > 0) yield group;
  }

  /** Reads the days' records out of the log. */
  async #gather(gathering: DayGathering, group: readonly number[]): Promise<void> {
    const { log, signal, whenIdle } = this.#options;
    const ranges = new Map(group.map((day) => [day, present(this.#day(day).unfiled, 'its records are in no file')]));
    const [first] = [...ranges.values()].sort((a, b) => a.fromOffset - b.fromOffset);
    const end = Math.max(...[...ranges.values()].map(({ toOffset }) => toOffset));
    if (first === undefined) return;
    for await (const frame of log.read(first.from)) {
      if (frame.firstOffset >= end) break;
      const isWanted = (day: number): boolean => {
        const range = ranges.get(day);
        return range !== undefined && range.fromOffset <= frame.firstOffset && frame.firstOffset < range.toOffset;
      };
      for (const part of inParts(frame.records)) {
        for (const [day, lines] of this.#linesByDay(part, isWanted)) await gathering.add(day, Buffer.concat(lines));
        await whenIdle();
        if (signal.aborted) return;
      }
    }
  }

  #linesByDay(part: Uint8Array, isWanted: (day: number) => boolean): ReadonlyMap<number, readonly Uint8Array[]> {
    const { bytes, days, starts, ends, count } = this.#scanner.scan(part, 1).columns;
    const lines = new Map<number, Uint8Array[]>();
    for (let record = 0; record < count;) {
      const first = record;
      const day = days[first] as number;
      while (record < count && days[record] === day) record++;
      if (!isWanted(day)) continue;
      // Behind each record stands its line feed.
      const run = bytes.subarray(starts[first], (ends[record - 1] as number) + 1);
      const others = lines.get(day);
      if (others === undefined) lines.set(day, [run]);
      else others.push(run);
    }
    return lines;
  }

  async #write(gathering: DayGathering, group: readonly number[]): Promise<void> {
    const { signal, whenIdle } = this.#options;
    const written = new Map<number, string>();
    const failures: unknown[] = [];
    try {
      for (const day of group) {
        await whenIdle();
        if (signal.aborted) break;
        const { file, unfiled } = this.#day(day);
        const name = `${formatDay(day)}.${String(unfiled?.toOffset).padStart(12, '0')}`;
        try {
          await gathering.write(day, name, file);
          written.set(day, name);
        } catch (error) {
          if (!isOfOneDay(error)) throw error;
          failures.push(error);
        }
      }
    } finally {
      if (written.size > 0) {
        await gathering.settle();
        for (const [day, name] of written) {
          const known = this.#day(day);
          if (known.file !== undefined) this.#replaced = [...this.#replaced, known.file];
          known.file = name;
          known.unfiled = undefined;
        }
        this.#options.onFiled();
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #day(day: number): FiledDay {
    return present(this.#days.get(day), 'a day with records is known');
  }
}

/** A day whose file is damaged must not keep the others from theirs, as a disk that fails would. */
function isOfOneDay(error: unknown): boolean {
  return error instanceof DaybookError && error.code === 'DAY_FILE_DAMAGED';
}

function joinSince(day: FiledDay): void {
  if (day.since !== undefined) day.unfiled = joined(day.unfiled, day.since);
  day.since = undefined;
}

function joined(before: Unfiled | undefined, more: Unfiled): Unfiled {
  if (before === undefined) return more;
  return { ...before, toOffset: more.toOffset, records: before.records + more.records };
}

/** Whole lines, as many at once as fit a part, at least one. */
function* inParts(lines: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < lines.length;) {
    const feed = lines.indexOf(LINE_FEED, Math.min(lines.length, start + PART_BYTES) - 1);
    const end = feed === -1 ? lines.length : feed + 1;
    yield lines.subarray(start, end);
    start = end;
  }
}
