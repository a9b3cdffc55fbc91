import { assert } from '../base/assert.ts';
import { formatDay, parseDay } from '../base/calendar.ts';
import { closingError } from '../base/closing.ts';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { DayFiles } from '../ports/day-files.ts';
import type { Disk } from '../ports/disk.ts';
import type { Log, LogPosition, StoredFrame, WrittenFrame } from '../ports/log.ts';
import type { DuplicatePage, ExplainQuery, Explanation } from '../ports/explanation.ts';
import type { PipelineDetails } from '../ports/pipeline.ts';
import type { Frame, Reading, Readings, ReportPage, ReportQuery } from '../ports/rows.ts';
import type {
  Acceptance,
  AmendmentPage,
  Intake,
  QuarantinePage,
  QuarantineQuery,
  Runtime,
  RuntimeStatus,
  SourceDoor,
  SourceStatus,
} from '../ports/runtime.ts';
import type { RecordDetails, TailChunk, TopicChunk, TopicInfo, TopicReading } from '../ports/topics.ts';
import type { ScannedLines } from '../record/columns.ts';
import type { ScanElsewhere } from '../record/foreign-scan.ts';
import { AheadOfClock } from './ahead-of-clock.ts';
import { Amendments } from './amendments.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CHECKPOINT_FORMAT, checkpointBytes, listCheckpoints, writeCheckpoint } from './checkpoint.ts';
import type { Progress } from './checkpoint-schedule.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { DayFilingOptions } from './day-filing.ts';
import { checkFiles, DayFiling } from './day-filing.ts';
import { Duplicates } from './duplicates.ts';
import { explainRow } from './explain.ts';
import type { GroupFrame, PreparedBatch, WaitingBatch } from './group.ts';
import { answerOf, framesOf, prepareGroup, refusedOf } from './group.ts';
import { FrameFeed } from './frame-feed.ts';
import { LogIndex } from './log-index.ts';
import { LogTail } from './log-tail.ts';
import { LogTopic } from './log-topic.ts';
import { partsOf } from './pipeline-parts.ts';
import type { Journey } from './pipeline-watch.ts';
import { PipelineWatch } from './pipeline-watch.ts';
import { PutBacks } from './put-backs.ts';
import { Quarantine } from './quarantine.ts';
import { newestDayText, queryState } from './query.ts';
import { RateMeter } from './rate-meter.ts';
import { recordsBetween } from './raw-records.ts';
import { Reader } from './reading/reader.ts';
import { removeKeyFiles } from './key-file.ts';
import type { Claim } from './key-index.ts';
import { SectionReader } from './sections.ts';
import { Scanning } from './scanning.ts';
import { EngineState } from './state.ts';
import { SourcePlaces } from './source-places.ts';
import { STATE_BYTES_DEFAULT, StateBudget } from './state-budget.ts';

/** Bytes that may wait for the disk; beyond it batches are turned away, so that memory stays bounded. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** A group has no more than this, or a single batch. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024;
/** With more bytes than this to be taken in, the files of days are left for later. */
const BUSY_BYTES = 1024 * 1024;
const BUSY_POLL_MS = 100;
/** Days that rested so long are written into their files; after a failure it is tried again much later. */
const FILING_INTERVAL_MS = 5_000;
const FILING_RETRY_MS = 300_000;
/** About what a quarantine entry has besides its record. */
const ENTRY_BYTES = 200;
/** How often a disk that failed is tried again while nobody writes. */
const TROUBLE_RETRY_MS = 5_000;

export interface EngineOptions {
  readonly plan: Plan;
  readonly log: Log;
  readonly disk: Disk;
  readonly clock: Clock;
  /** A whole checkpoint of the plan whose place is in the log; undefined: everything is read from the log. */
  readonly checkpoint?: Checkpoint | undefined;
  /** About what the state may hold of memory, in bytes; 512 MiB unless told. Beyond it keys leave for files. */
  readonly stateBytesMax?: number;
  /** Where the raw records of days go whose keys have left memory; without it they stay in the log alone. */
  readonly dayFiles?: DayFiles;
  /** Told how many of the log's records have been taken in, while the engine catches up. */
  readonly onProgress?: (records: number, total: number) => void;
  /** Where large batches are scanned; unless given, here. It is closed with the engine. */
  readonly scanElsewhere?: ScanElsewhere;
}

/**
 * Opens the embedded engine: the newest checkpoint and the log behind it give the state that was there before.
 * @throws DaybookError `LOG_OTHER_DEFINITION` when a record in the log is none by the present definition;
 *   `KEYS_DAMAGED`, `DAY_FILE_MISSING` when files that the checkpoint names are not as it says
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { plan, disk, checkpoint, dayFiles } = options;
  // Before anything is removed that an older checkpoint may name.
  if (checkpoint !== undefined && dayFiles !== undefined) await checkFiles(dayFiles, checkpoint.facts.filing);
  const sections = new SectionReader(checkpoint?.arrays ?? []);
  const state =
    checkpoint === undefined
      ? new EngineState(plan)
      : await EngineState.load(plan, checkpoint.facts.state, sections, disk);
  const amendments =
    checkpoint === undefined
      ? new Amendments()
      : Amendments.load(checkpoint.facts.amendments, sections, (report, day) => state.tableAt(report, day));
  // Files that no checkpoint names were written for one that a crash prevented.
  await removeKeyFiles(disk, new Set(checkpoint?.facts.state.keys.files.map((file) => file.number)));
  const engine = new Engine(options, state, amendments, await PutBacks.load(disk));
  await engine.catchUp(options.onProgress);
  return engine;
}

/**
 * The embedded engine. Batches are scanned as they come; waiting ones are checked for repeats, written and fsynced
 * together as one frame of the log (group commit), then added to the reports and answered. So what is answered is
 * durable, and what is shown was answered.
 */
export class Engine implements Runtime, SourceDoor {
  readonly plan: Plan;
  readonly #log: Log;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #scanning: Scanning;
  readonly #aheadOfClock: AheadOfClock;
  readonly #state: EngineState;
  readonly #quarantine: Quarantine;
  readonly #putBacks: PutBacks;
  readonly #places: SourcePlaces;
  readonly #sources: (() => SourceStatus)[] = [];
  readonly #amendments: Amendments;
  readonly #feed: FrameFeed;
  readonly #rate: RateMeter;
  readonly #reader: Reader;
  readonly #duplicatesKept: Duplicates;
  readonly #index: LogIndex;
  readonly #topic: LogTopic;
  readonly #tail: LogTail;
  readonly #watch: PipelineWatch;
  readonly #waiting: WaitingBatch[] = [];
  readonly #closing = new AbortController();
  /** The group that is durable and not yet in the reports: it is added while the next one is written. */
  #durable: DurableGroup | undefined;
  #pendingBytes = 0;
  #committing: Promise<void> | undefined;
  #offset: number;
  /** Records in the reports; below the offset when records were lost from the log. */
  #accepted: number;
  #next: LogPosition | undefined;
  #logBytes: number;
  #duplicates: number;
  #trouble: string | undefined;
  #isCaughtUp = false;
  #checkpointed: { readonly offset: number; readonly atMs: number } | undefined;
  readonly #checkpoints: CheckpointSchedule;
  #checkpointing: Promise<void> | undefined;
  readonly #budget: StateBudget;
  /** Keys are leaving memory. */
  #spilling: Promise<void> | undefined;
  readonly #filing: DayFiling;
  readonly #hasDayFiles: boolean;
  #keepsFiling: Promise<void> | undefined;
  #changedSinceCheckpoint = false;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions, state: EngineState, amendments: Amendments, putBacks: PutBacks) {
    const { plan, log, disk, clock, checkpoint } = options;
    this.plan = plan;
    this.#log = log;
    this.#disk = disk;
    this.#clock = clock;
    this.#state = state;
    this.#quarantine = new Quarantine(checkpoint?.facts.quarantine);
    this.#putBacks = putBacks;
    this.#places = new SourcePlaces(checkpoint?.facts.places);
    this.#amendments = amendments;
    this.#offset = checkpoint?.facts.offset ?? 0;
    this.#accepted = state.keys.size;
    this.#next = checkpoint?.facts.next;
    this.#duplicates = checkpoint?.facts.duplicates ?? 0;
    this.#checkpointed = checkpoint && { offset: checkpoint.facts.offset, atMs: checkpoint.facts.atMs };
    this.#logBytes = checkpoint?.facts.logBytes ?? 0;
    this.#checkpoints = new CheckpointSchedule(
      this.#progress(),
      checkpoint === undefined ? 0 : checkpointBytes(checkpoint),
    );
    this.#budget = new StateBudget(options.stateBytesMax ?? STATE_BYTES_DEFAULT);
    this.#scanning = new Scanning(plan, state.dictionaries, options.scanElsewhere);
    this.#aheadOfClock = new AheadOfClock(plan.stream);
    this.#hasDayFiles = options.dayFiles !== undefined;
    const filing: DayFilingOptions = {
      plan,
      log,
      files: options.dayFiles,
      isSpilled: (day) => state.keys.spilled > 0 && day < state.closedBelow,
      whenIdle: () => this.#whenIdle(),
      onFiled: () => {
        this.#changedSinceCheckpoint = true;
      },
      signal: this.#closing.signal,
    };
    this.#filing = new DayFiling(filing, checkpoint?.facts.filing);
    this.#watch = new PipelineWatch(clock);
    this.#feed = new FrameFeed(state, clock, this.#closing.signal, () => this.#watch.framed());
    this.#rate = new RateMeter(clock);
    this.#reader = new Reader(state);
    this.#duplicatesKept = new Duplicates(clock, plan.stream.primaryKey.name);
    this.#index = new LogIndex(log, plan);
    this.#topic = new LogTopic(plan, log, this.#index);
    this.#tail = new LogTail(clock);
  }

  /** Takes in the log behind the checkpoint. Nothing is written to the log before all of it is taken in. */
  async catchUp(onProgress?: (records: number, total: number) => void): Promise<void> {
    await this.#filing.removeUnnamed();
    const total = this.#log.nextOffset - this.#offset;
    for await (const frame of this.#log.read(this.#next)) {
      await this.#takeIn(frame);
      if (this.#isSpillDue()) this.#spill();
      await this.#spilling;
      this.#checkpointWhenDue();
      onProgress?.(total - (this.#log.nextOffset - this.#offset), total);
    }
    this.#feed.forget();
    this.#isCaughtUp = true;
    if (this.#hasDayFiles) this.#keepsFiling = this.#keepFiling();
    if (this.#trouble !== undefined) void this.#retryUntilWell();
  }

  async accept(intake: Intake): Promise<Acceptance> {
    const bytes = intake.lines.length;
    assert(this.#isCaughtUp, 'batches are accepted behind all that is in the log');
    if (this.#closing.signal.aborted) {
      throw closingError('send the records again');
    }
    if (this.#pendingBytes + bytes > PENDING_BYTES_MAX && this.#pendingBytes > 0) {
      throw new DaybookError(
        'INTAKE_FULL',
        `${this.#pendingBytes} bytes are waiting for the disk; send the records again in a second.`,
        {
          retryable: true,
          details: { pendingBytes: this.#pendingBytes, pendingBytesMax: PENDING_BYTES_MAX },
        },
      );
    }
    if (intake.corrects !== undefined) this.#quarantine.check(intake.corrects);
    this.#pendingBytes += bytes;
    const journey = this.#watch.begin();
    try {
      const scanning = this.#scanning.scan(intake.lines);
      // Without a turn of the loop where it needs none, so that a batch that is there at once waits for nothing.
      const read = scanning instanceof Promise ? await scanning : scanning;
      intake.linesCounted?.(read.lineCount);
      const scanned = this.#aheadOfClock.refuse(read, this.#clock.nowMs());
      // Nobody looks at the columns once the batch is answered.
      const queued = this.#queue(intake, scanned, journey).finally(() => this.#scanning.release(scanned.columns));
      return intake.corrects === undefined ? await queued : await this.#putBack(intake.corrects, await queued);
    } finally {
      this.#watch.forget(journey);
      this.#pendingBytes -= bytes;
    }
  }

  /** Marks the entry that a batch puts right. Without the mark the record counts all the same, so that is all that is lost. */
  async #putBack(id: number, acceptance: Acceptance): Promise<Acceptance> {
    const { accepted, duplicates, quarantined, offset } = acceptance;
    if (quarantined.length > 0 || accepted + duplicates === 0) return acceptance;
    const atMs = this.#clock.nowMs();
    const mark =
      accepted > 0
        ? ({ atMs, outcome: 'accepted', offset: offset - accepted } as const)
        : ({ atMs, outcome: 'duplicate' } as const);
    await this.#putBacks.note(id, mark).catch((error: unknown) => this.#noteTrouble(error));
    return acceptance;
  }

  /** Lets a scanned batch wait for its commit. */
  #queue(intake: Intake, scanned: ScannedLines, journey: Journey): Promise<Acceptance> {
    const { promise, resolve, reject } = Promise.withResolvers<Acceptance>();
    const refused = refusedOf(intake, scanned);
    this.#waiting.push({ intake, columns: scanned.columns, refused, journey, resolve, reject });
    this.#committing ??= this.#commitWaiting();
    return promise;
  }

  async query(report: string, query: ReportQuery): Promise<ReportPage> {
    // All rows are wanted by programs, and not again at once.
    if (query.limit === undefined) return queryState(this.#state, report, query, this.#offset);
    return this.#reader.rows(report, query, this.#offset);
  }

  async read(readings: readonly Reading[]): Promise<Readings> {
    return this.#reader.read(readings, this.#offset);
  }

  async explain(query: ExplainQuery, signal: AbortSignal): Promise<Explanation> {
    const all = { limit: Infinity, offset: 0 };
    const { entries: duplicates } = await this.duplicates(all);
    const { entries: amendments } = await this.amendments(all);
    const from = { state: this.#state, index: this.#index, frame: this.#offset, duplicates, amendments };
    return explainRow(from, query, signal);
  }

  async duplicates({ limit, offset }: { readonly limit: number; readonly offset: number }): Promise<DuplicatePage> {
    return this.#duplicatesKept.page(this.#duplicates, limit, offset);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return [this.#topic.info()];
  }

  readTopic(topic: string, reading: TopicReading, signal: AbortSignal): AsyncIterable<TopicChunk> {
    return this.#topic.read(topic, reading, AbortSignal.any([signal, this.#closing.signal]));
  }

  followTopic(topic: string, signal: AbortSignal): AsyncIterable<TailChunk> {
    this.#topic.check(topic);
    return this.#tail.follow(this.#offset, AbortSignal.any([signal, this.#closing.signal]));
  }

  async topicRecord(topic: string, partition: number, offset: number): Promise<RecordDetails> {
    this.#topic.check(topic, partition);
    return this.#topic.details(offset, this.#state, this.#closing.signal);
  }

  records(range: { readonly from?: string; readonly to?: string }): AsyncIterable<Uint8Array> {
    return recordsBetween(this.#log, this.plan, dayOr('from', range.from, -Infinity), dayOr('to', range.to, Infinity));
  }

  async quarantine(query: QuarantineQuery): Promise<QuarantinePage> {
    return this.#quarantine.page(this.#log, query, this.#putBacks);
  }

  async amendments(page: { readonly limit: number; readonly offset: number }): Promise<AmendmentPage> {
    const { limit, offset } = page;
    return this.#amendments.page(limit, offset, (table, row, numbers, at) =>
      this.#state.rowOf(table, row, numbers, at),
    );
  }

  async status(): Promise<RuntimeStatus> {
    const { segments, bytes } = this.#log.status();
    return {
      offset: this.#offset,
      accepted: this.#accepted,
      duplicates: this.#duplicates,
      quarantined: this.#quarantine.size,
      perSecond: this.#rate.perSecond(),
      pendingBytes: this.#pendingBytes,
      log: { segments, bytes },
      checkpoint: this.#checkpointed,
      trouble: this.#trouble,
      newestDay: newestDayText(this.#state),
      amendments: this.#amendments.total,
      sources: this.#sources.map((source) => source()),
    };
  }

  async pipeline(): Promise<PipelineDetails> {
    const { names, unfiledRecords } = this.#filing;
    return {
      moments: this.#watch.moments(),
      parts: partsOf(
        {
          pendingBytes: this.#pendingBytes,
          isSpilling: this.#spilling !== undefined,
          isCheckpointing: this.#checkpointing !== undefined,
          unfiledRecords,
          status: await this.status(),
        },
        this.#state,
      ),
      checkpoints: await listCheckpoints(this.#disk, this.#checkpointed),
      dayFiles: names.map((name) => ({ name, bytes: undefined })),
      consumers: [],
      batches: [],
    };
  }

  /** Up to where a source has been taken in, by partition, as of what is durable. */
  placesOf(source: string): ReadonlyMap<number, number> {
    return this.#places.of(source);
  }

  /** Has the status tell of a source. */
  tellOf(source: () => SourceStatus): void {
    this.#sources.push(source);
  }

  subscribe(listener: (frame: Frame) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#scanning.idle();
    await this.#scanning.close();
    await this.#committing;
    await this.#spilling;
    await this.#keepsFiling;
    await this.#checkpointing;
    // Without this checkpoint nothing is lost: the next start reads more of the log.
    if (this.#changedSinceCheckpoint) await this.#writeCheckpoint().catch((error: unknown) => this.#noteTrouble(error));
    await this.#log.close();
  }

  /**
   * Commits groups of waiting batches until none waits. One runs at a time. A group that is durable is added to the
   * reports while the next one is being written, so that neither the disk nor this thread waits for the other.
   */
  async #commitWaiting(): Promise<void> {
    try {
      // Batches that come in the same turn are committed together.
      await Promise.resolve();
      while (this.#waiting.length > 0) {
        await this.#commit(takeGroup(this.#waiting));
        const isSpillDue = this.#isSpillDue();
        if (this.#waiting.length > 0 && !isSpillDue && !this.#isCheckpointDue()) continue;
        // What is saved must be the keys and the reports of one place in the log.
        this.#settleDurable();
        if (isSpillDue) this.#spill();
        this.#checkpointWhenDue();
        if (this.#spilling !== undefined && this.#budget.isSpent(this.#state)) await this.#spilling;
      }
    } finally {
      this.#committing = undefined;
    }
  }

  async #commit(batches: readonly WaitingBatch[]): Promise<void> {
    this.#state.keys.mark();
    let prepared: readonly PreparedBatch[];
    let last: DurableGroup | undefined;
    try {
      prepared = prepareGroup(batches, await this.#claim(batches));
      for (const group of framesOf(prepared, this.#quarantine, this.#clock.nowMs())) {
        // With nothing to write, a disk in trouble is tried all the same: that is how the trouble ends.
        if (group.isEmpty && this.#trouble === undefined) break;
        const writing = this.#log.append(group.frame);
        this.#settleDurable();
        const stored = await writing;
        if (group.isLast) last = { stored, group };
        else this.#settle(stored, group);
      }
    } catch (error) {
      this.#settleDurable();
      // No record of the group is in the log, so none may be remembered.
      this.#state.keys.undo();
      this.#quarantine.undo();
      this.#noteTrouble(error);
      for (const batch of batches) batch.reject(error);
      return;
    }
    this.#settleDurable();
    if (last === undefined) this.#answer(prepared);
    else this.#durable = last;
    // The quarantine must know where entries stand before it is asked for the next ones.
    if (last !== undefined && last.group.frame.quarantineCount > 0) this.#settleDurable();
  }

  /** Adds the group that is durable and not yet in the reports, if there is one, and answers its batches. */
  #settleDurable(): void {
    if (this.#durable === undefined) return;
    const { stored, group } = this.#durable;
    this.#durable = undefined;
    this.#settle(stored, group);
    this.#answer(group.batches);
  }

  #answer(batches: readonly PreparedBatch[]): void {
    let offset = this.#offset - batches.reduce((sum, { picked }) => sum + picked.length, 0);
    for (const each of batches) {
      offset += each.picked.length;
      each.batch.resolve(answerOf(each, offset));
    }
  }

  /** Claims the keys of a group's records. It waits only for the disk, if keys have to be looked up there. */
  async #claim(batches: readonly WaitingBatch[]): Promise<readonly Claim[]> {
    const claims = batches.map(({ columns }) => this.#state.keys.claim(columns));
    if (!claims.some(({ doubtful }) => doubtful.length > 0)) return claims;
    this.#settleDurable();
    await this.#state.keys.settle(this.#disk, claims);
    return claims;
  }

  /** Adds a durable frame of a group to the reports. */
  #settle(stored: WrittenFrame, group: GroupFrame): void {
    this.#trouble = undefined;
    const scope = this.#state.beginFrame();
    for (const { batch, picked } of group.batches) {
      this.#state.apply(batch.columns, picked, scope);
      this.#watch.settled(batch.journey, picked.length);
    }
    this.#tail.note(stored);
    if (stored.duplicateCount > 0) this.#duplicatesKept.note(group.batches, this.#duplicates, stored.firstOffset);
    this.#filing.note(stored, scope.days);
    this.#amendments.add(scope.closedRows, stored.firstOffset + stored.recordCount, stored.firstOffset);
    this.#quarantine.add(stored.at, stored.quarantineCount);
    this.#places.addStored(stored.places);
    this.#rate.add(stored.recordCount);
    this.#advance(stored);
    this.#feed.changed(this.#offset);
  }

  /** Takes in a frame that was read from the log. */
  async #takeIn(frame: StoredFrame): Promise<void> {
    const { columns, refused } = this.#scanning.scanHere(frame.records);
    const first = refused[0];
    if (first !== undefined || columns.count !== frame.recordCount) {
      throw new DaybookError(
        'LOG_OTHER_DEFINITION',
        `Record ${frame.firstOffset + (first?.line ?? columns.count) - 1} in the log (segment ${frame.at.segment}, position ${frame.at.position}) ` +
          `is no record by the present definition: ${first?.refusal.reason ?? 'records are missing'}. ` +
          `Go back to the definition that it was accepted with, or start with another data folder.`,
        { details: { segment: frame.at.segment, position: frame.at.position } },
      );
    }
    this.#state.keys.mark();
    const claim = this.#state.keys.claim(columns);
    if (claim.doubtful.length > 0) await this.#state.keys.settle(this.#disk, [claim]);
    const scope = this.#state.beginFrame();
    this.#state.apply(columns, claim.picked, scope);
    this.#scanning.release(columns);
    this.#filing.note(frame, scope.days);
    this.#amendments.add(scope.closedRows, frame.firstOffset + frame.recordCount, frame.firstOffset);
    if (frame.quarantineCount > 0) this.#quarantine.addStored(frame.at, frame.quarantine);
    this.#places.addStored(frame.places);
    this.#advance(frame);
  }

  #advance(frame: WrittenFrame): void {
    this.#offset = frame.firstOffset + frame.recordCount;
    this.#accepted += frame.recordCount;
    this.#duplicates += frame.duplicateCount;
    this.#logBytes += frame.next.position - frame.at.position;
    this.#next = frame.next;
    this.#changedSinceCheckpoint = true;
  }

  /** Says what is wrong until a write succeeds, and tries one now and then so that it ends when the cause does. */
  #noteTrouble(error: unknown): void {
    const wasWell = this.#trouble === undefined;
    this.#trouble = error instanceof Error ? error.message : String(error);
    if (wasWell && this.#isCaughtUp) void this.#retryUntilWell();
  }

  async #retryUntilWell(): Promise<void> {
    while (this.#trouble !== undefined && !this.#closing.signal.aborted) {
      await this.#clock.sleep(TROUBLE_RETRY_MS, this.#closing.signal);
      if (this.#committing !== undefined || this.#closing.signal.aborted) continue;
      // An empty batch is committed like any other, and so never beside one.
      await this.accept({ origin: 'disk check', lines: new Uint8Array() }).catch((error: unknown) => {
        this.#trouble = error instanceof Error ? error.message : String(error);
      });
    }
  }

  /** Looks at the state's budget, which is not looked at again before more has come. */
  #isSpillDue(): boolean {
    return this.#spilling === undefined && this.#budget.isPassed(this.#state);
  }

  /** Must be called between two groups: keys that leave must be those of durable records. */
  #spill(): void {
    this.#state.trim();
    this.#state.keys.retire();
    this.#spilling = this.#state.keys
      .spill(this.#disk)
      .catch((error: unknown) => this.#noteTrouble(error))
      .finally(() => {
        this.#spilling = undefined;
      });
  }

  /**
   * Writes the files of all days whose keys have left memory, if no more records than this have to be written; else they
   * are written later, by whoever opens the folder for longer.
   * @throws DaybookError what `DayGathering` throws
   */
  async fileDays(recordsMax: number): Promise<void> {
    // Keys that are just leaving count as well.
    await this.#spilling;
    if (this.#filing.unfiledRecords <= recordsMax) await this.#filing.fileAll();
  }

  async #keepFiling(): Promise<void> {
    const { signal } = this.#closing;
    let waitMs = FILING_INTERVAL_MS;
    while (!signal.aborted) {
      await this.#clock.sleep(waitMs, signal);
      if (signal.aborted) return;
      waitMs = FILING_INTERVAL_MS;
      await this.#filing.fileResting().catch((error: unknown) => {
        waitMs = FILING_RETRY_MS;
        this.#noteTrouble(error);
      });
    }
  }

  async #whenIdle(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#pendingBytes > BUSY_BYTES && !signal.aborted) await this.#clock.sleep(BUSY_POLL_MS, signal);
  }

  #isCheckpointDue(): boolean {
    if (this.#checkpointing !== undefined || !this.#changedSinceCheckpoint) return false;
    return this.#checkpoints.isDue(this.#progress());
  }

  #checkpointWhenDue(): void {
    if (!this.#isCheckpointDue()) return;
    this.#checkpointing = this.#writeCheckpoint()
      .catch((error: unknown) => this.#noteTrouble(error))
      .finally(() => {
        this.#checkpointing = undefined;
      });
  }

  #progress(): Progress {
    return { offset: this.#offset, logBytes: this.#logBytes, nowMs: this.#clock.nowMs() };
  }

  async #writeCheckpoint(): Promise<void> {
    if (this.#next === undefined) return;
    const at = this.#progress();
    const state = this.#state.save();
    const amendments = this.#amendments.save();
    const filing = this.#filing.save();
    const checkpoint: Checkpoint = {
      facts: {
        format: CHECKPOINT_FORMAT,
        fingerprint: this.plan.fingerprint,
        atMs: at.nowMs,
        offset: at.offset,
        next: this.#next,
        logBytes: at.logBytes,
        duplicates: this.#duplicates,
        quarantine: this.#quarantine.save(),
        places: this.#places.save(),
        amendments: amendments.facts,
        filing,
        state: state.facts,
      },
      arrays: [...state.arrays, ...amendments.arrays],
    };
    this.#checkpoints.begun(at, checkpointBytes(checkpoint));
    this.#changedSinceCheckpoint = false;
    try {
      await writeCheckpoint(this.#disk, checkpoint);
    } catch (error) {
      this.#changedSinceCheckpoint = true;
      throw error;
    } finally {
      this.#state.release();
    }
    await this.#filing.saved(filing);
    this.#checkpointed = { offset: at.offset, atMs: at.nowMs };
  }
}

interface DurableGroup {
  readonly stored: WrittenFrame;
  readonly group: GroupFrame;
}

/** The batches that go into the next frame: in order, as many as fit, at least one. */
function takeGroup(waiting: WaitingBatch[]): readonly WaitingBatch[] {
  let bytes = 0;
  let count = 0;
  for (const { intake, refused } of waiting) {
    bytes += intake.lines.length + refused.length * ENTRY_BYTES;
    if (count > 0 && bytes > GROUP_BYTES_MAX) break;
    count++;
  }
  return waiting.splice(0, count);
}

function dayOr(name: string, text: string | undefined, open: number): number {
  if (text === undefined) return open;
  const day = parseDay(text);
  if (day === undefined) {
    throw new DaybookError('BAD_QUERY', `'${name}' is '${text}'; it must be a day that exists, as ${formatDay(0)}.`);
  }
  return day;
}
