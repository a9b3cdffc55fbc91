import { assert } from '../base/assert.ts';
import { formatDay } from '../base/calendar.ts';
import { closingError } from '../base/closing.ts';
import { DaybookError } from '../base/errors.ts';
import { dayParameter } from '../base/query-values.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { DayFiles } from '../ports/day-files.ts';
import type { Disk } from '../ports/disk.ts';
import type { Log, NewFrame, StoredFrame, WrittenFrame } from '../ports/log.ts';
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
import { removeUnfinishedCheckpoints } from './checkpoint.ts';
import { Checkpointing } from './checkpointing.ts';
import { countedRecord, keyCounted } from './counted-record.ts';
import { checkFiles, DayFiling } from './day-filing.ts';
import { Duplicates } from './duplicates.ts';
import { explainRow } from './explain.ts';
import type { GroupFrame, WaitingBatch } from './group.ts';
import { answerOf, framesOf, recordsOf, refusedOf } from './group.ts';
import { FrameFeed } from './frame-feed.ts';
import { keepFiling } from './keep-filing.ts';
import { LogIndex } from './log-index.ts';
import { otherDefinition, repeated } from './log-other-definition.ts';
import { LogTail } from './log-tail.ts';
import { LogTopic } from './log-topic.ts';
import { MissingRoom } from './missing-room.ts';
import { partsOf } from './pipeline-parts.ts';
import type { Journey } from './pipeline-watch.ts';
import { PipelineWatch } from './pipeline-watch.ts';
import { Place } from './place.ts';
import { PutBacks } from './put-backs.ts';
import { Quarantine } from './quarantine.ts';
import { queryState } from './query.ts';
import { RateMeter } from './rate-meter.ts';
import { recordsBetween } from './raw-records.ts';
import { Reader } from './reading/reader.ts';
import { removeKeyFiles } from './key-file.ts';
import { SectionReader } from './sections.ts';
import { Scanning } from './scanning.ts';
import { EngineState, ROWS_BYTES_MAX_AT_START } from './state.ts';
import { SourcePlaces } from './source-places.ts';
import { REMEMBERED_SHARE_MAX, STATE_BYTES_DEFAULT, StateBudget } from './state-budget.ts';
import type { DiskPart } from './trouble.ts';
import { Trouble } from './trouble.ts';
import { WaitingBatches } from './waiting-batches.ts';

/** Bytes that may wait for the disk; beyond it batches are turned away, so that memory stays bounded. */
export const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** With more bytes than this to be taken in, the files of days are left for later. */
const BUSY_BYTES = 1024 * 1024;
const BUSY_POLL_MS = 100;

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
  /** Told in a sentence what was found and mended, when a part cannot do its work, and when it can again. */
  readonly onNotice?: (sentence: string) => void;
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
  await removeUnfinishedCheckpoints(disk);
  await removeKeyFiles(disk, new Set(checkpoint?.facts.state.keys.files.map((file) => file.number)));
  const quarantine =
    checkpoint === undefined ? new Quarantine() : Quarantine.load(checkpoint.facts.quarantine, sections);
  const engine = new Engine(options, {
    state,
    amendments,
    quarantine,
    putBacks: await PutBacks.load(disk, options.onNotice),
  });
  await engine.catchUp(options.onProgress);
  return engine;
}

/** What the engine begins with: what the checkpoint says, or nothing. */
interface Beginning {
  readonly state: EngineState;
  readonly amendments: Amendments;
  readonly quarantine: Quarantine;
  readonly putBacks: PutBacks;
}

/**
 * The embedded engine. Batches are scanned and checked for repeats as they come; waiting ones are written and fsynced
 * together as one frame of the log (group commit), then added to the reports and answered. So what is answered is
 * durable, and what is shown was answered.
 */
export class Engine implements Runtime, SourceDoor {
  readonly plan: Plan;
  readonly #log: Log;
  readonly #place: Place;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #scanning: Scanning;
  readonly #aheadOfClock: AheadOfClock;
  readonly #state: EngineState;
  readonly #quarantine: Quarantine;
  readonly #putBacks: PutBacks;
  /** Batches that are not answered yet. */
  readonly #accepting = new Set<Promise<Acceptance>>();
  /** By entry of the quarantine, the last correction of it that is under way. */
  readonly #corrections = new Map<number, Promise<Acceptance>>();
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
  readonly #waiting: WaitingBatches;
  readonly #closing = new AbortController();
  /** The group that is durable and not yet in the reports: it is added while the next one is written. */
  #durable: DurableGroup | undefined;
  #pendingBytes = 0;
  #committing: Promise<void> | undefined;
  #isCaughtUp = false;
  readonly #budget: StateBudget;
  /** Keys are leaving memory. */
  #spilling: Promise<void> | undefined;
  readonly #filing: DayFiling;
  readonly #checkpoints: Checkpointing;
  readonly #trouble: Trouble;
  readonly #missingRoom = new MissingRoom();
  readonly #hasDayFiles: boolean;
  #keepsFiling: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions, { state, amendments, quarantine, putBacks }: Beginning) {
    const { plan, log, disk, clock, checkpoint } = options;
    this.plan = plan;
    this.#log = log;
    this.#disk = disk;
    this.#clock = clock;
    this.#state = state;
    this.#quarantine = quarantine;
    this.#putBacks = putBacks;
    this.#places = new SourcePlaces(checkpoint?.facts.places);
    this.#amendments = amendments;
    this.#place = new Place(checkpoint?.facts, state.keys.size);
    const bytesMax = options.stateBytesMax ?? STATE_BYTES_DEFAULT;
    this.#reader = new Reader(state, bytesMax * REMEMBERED_SHARE_MAX);
    const bytes = (): number => state.bytes + quarantine.bytes + this.#reader.bytes;
    this.#budget = new StateBudget(bytesMax, state.keys, bytes);
    this.#waiting = new WaitingBatches({
      keys: state.keys,
      disk,
      onReady: () => {
        this.#committing ??= this.#commitWaiting();
      },
      onLookedUp: () => this.#trouble.end('Key files'),
      onFailure: (error) => this.#noteTrouble('Key files', error),
      refusalOf: (corrects) => putBacks.refusalOf(corrects),
    });
    this.#scanning = new Scanning(plan, state.dictionaries, options.scanElsewhere);
    this.#aheadOfClock = new AheadOfClock(plan.stream);
    this.#hasDayFiles = options.dayFiles !== undefined;
    this.#filing = this.#makeFiling(options);
    this.#checkpoints = new Checkpointing({
      plan,
      disk,
      clock,
      checkpoint,
      place: this.#place,
      state,
      amendments,
      filing: this.#filing,
      quarantine,
      sources: this.#places,
      onFailure: (error) => this.#noteTrouble('Checkpoints', error),
      onWritten: () => this.#trouble.end('Checkpoints'),
    });
    this.#trouble = new Trouble({
      clock,
      signal: this.#closing.signal,
      retry: () => this.#tryDisk(),
      onNotice: options.onNotice ?? (() => undefined),
    });
    this.#watch = new PipelineWatch(clock);
    this.#feed = new FrameFeed(state, clock, this.#closing.signal, () => this.#watch.framed());
    this.#rate = new RateMeter(clock);
    this.#duplicatesKept = new Duplicates(clock, plan.stream.primaryKey);
    this.#index = new LogIndex(log, plan);
    this.#topic = new LogTopic(plan, log, this.#index);
    this.#tail = new LogTail(clock);
  }

  #makeFiling({ plan, log, dayFiles, checkpoint }: EngineOptions): DayFiling {
    const options = {
      plan,
      log,
      files: dayFiles,
      isSpilled: (day: number) => this.#state.keys.spilled > 0 && day < this.#state.closedBelow,
      whenIdle: () => this.#whenIdle(),
      onFiled: () => this.#checkpoints.changed(),
      signal: this.#closing.signal,
    };
    return new DayFiling(options, checkpoint?.facts.filing);
  }

  /** Takes in the log behind the checkpoint. Nothing is written to the log before all of it is taken in. */
  async catchUp(onProgress?: (records: number, total: number) => void): Promise<void> {
    await this.#filing.removeUnnamed();
    const total = this.#log.nextOffset - this.#place.offset;
    for await (const frame of this.#log.read(this.#place.next)) {
      this.#state.requireRoom(ROWS_BYTES_MAX_AT_START);
      await this.#takeIn(frame);
      if (this.#isSpillDue()) this.#spill();
      await this.#spilling;
      this.#checkpoints.whenDue();
      onProgress?.(total - (this.#log.nextOffset - this.#place.offset), total);
    }
    this.#feed.forget();
    this.#isCaughtUp = true;
    if (this.#hasDayFiles) {
      this.#keepsFiling = keepFiling(this.#filing, this.#clock, this.#closing.signal, {
        onFailure: (error) => this.#noteTrouble('Day files', error),
        onFiled: () => this.#trouble.end('Day files'),
      });
    }
    void this.#trouble.retryUntilWell();
  }

  /** Has what the first batch would wait for be done now. Who only reads need not wait for it. */
  prepareToAccept(): void {
    this.#state.keys.findAll();
  }

  async accept(intake: Intake): Promise<Acceptance> {
    const bytes = intake.lines.length;
    assert(this.#isCaughtUp, 'batches are accepted behind all that is in the log');
    this.#checkOpen();
    this.#state.requireRoom();
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
    const accepting =
      intake.corrects === undefined ? this.#take(intake, journey) : this.#correct(intake.corrects, intake, journey);
    this.#accepting.add(accepting);
    try {
      return await accepting;
    } finally {
      this.#accepting.delete(accepting);
      this.#watch.forget(journey);
      this.#pendingBytes -= bytes;
    }
  }

  async #take(intake: Intake, journey: Journey): Promise<Acceptance> {
    const nowMs = this.#clock.nowMs();
    const scanning = this.#scanning.scan(intake.lines);
    // Without a turn of the loop where it needs none, so that a batch that is there at once waits for nothing.
    const read = scanning instanceof Promise ? await scanning : scanning;
    intake.linesCounted?.(read.lineCount);
    const scanned = this.#aheadOfClock.refuse(read, nowMs);
    // Nobody looks at the columns once the batch is answered.
    return await this.#queue(intake, scanned, journey).finally(() => this.#scanning.release(scanned.columns));
  }

  /** Takes a correction once it is known what became of those of the same entry before it, so that one of them counts. */
  async #correct(id: number, intake: Intake, journey: Journey): Promise<Acceptance> {
    const before = this.#corrections.get(id);
    const correction = (async () => {
      if (before !== undefined) {
        // Whoever sent that one was told what failed.
        await before.catch(() => {});
        this.#checkOpen();
      }
      return this.#putBack(id, intake.lines, await this.#take(intake, journey));
    })();
    this.#corrections.set(id, correction);
    try {
      return await correction;
    } finally {
      if (this.#corrections.get(id) === correction) this.#corrections.delete(id);
    }
  }

  /** @throws DaybookError `CLOSING` */
  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closingError('send the records again');
  }

  /**
   * Marks the entry that a batch puts right. Without the mark the record counts all the same, so that is all that is lost.
   * @throws DaybookError `KEY_COUNTED`
   */
  async #putBack(id: number, lines: Uint8Array, acceptance: Acceptance): Promise<Acceptance> {
    const { accepted, duplicates, quarantined, offset } = acceptance;
    if (quarantined.length > 0 || accepted + duplicates === 0) return acceptance;
    if (accepted === 0 && !(await this.#isCounted(id, lines))) return acceptance;
    const atMs = this.#clock.nowMs();
    const mark =
      accepted > 0
        ? ({ atMs, outcome: 'accepted', offset: offset - accepted } as const)
        : ({ atMs, outcome: 'duplicate' } as const);
    this.#putBacks.note(id, mark);
    await this.#writePutBacks();
    return acceptance;
  }

  /**
   * Whether a repeat is the record that counts in its place, as far as that could be found out before it closes.
   * @throws DaybookError `KEY_COUNTED` when it is another one
   */
  async #isCounted(id: number, repeat: Uint8Array): Promise<boolean> {
    const from = { plan: this.plan, index: this.#index, frame: this.#place.offset };
    const counted = await countedRecord(from, repeat, this.#closing.signal);
    if (counted === undefined) return false;
    if (counted.differing.length === 0) return true;
    throw keyCounted(this.plan, counted, { id, repeat, isOpen: this.#putBacks.of(id) === undefined });
  }

  async #writePutBacks(): Promise<void> {
    try {
      await this.#putBacks.write();
      this.#trouble.end('Quarantine');
    } catch (error) {
      this.#noteTrouble('Quarantine', error);
    }
  }

  /** Lets a scanned batch wait for its commit. */
  #queue(intake: Intake, scanned: ScannedLines, journey: Journey): Promise<Acceptance> {
    const { promise, resolve, reject } = Promise.withResolvers<Acceptance>();
    const refused = refusedOf(intake, scanned);
    this.#waiting.push({ intake, columns: scanned.columns, refused, entryIds: [], journey, resolve, reject });
    return promise;
  }

  async query(report: string, query: ReportQuery): Promise<ReportPage> {
    // All rows are wanted by programs, and not again at once.
    if (query.limit === undefined) return queryState(this.#state, report, query, this.#place.offset);
    return this.#reader.rows(report, query, this.#place.offset);
  }

  async read(readings: readonly Reading[]): Promise<Readings> {
    return this.#reader.read(readings, this.#place.offset);
  }

  async explain(query: ExplainQuery, signal: AbortSignal): Promise<Explanation> {
    const all = { limit: Infinity, offset: 0 };
    const { entries: duplicates } = await this.duplicates(all);
    const { entries: amendments } = await this.amendments(all);
    const from = { state: this.#state, index: this.#index, frame: this.#place.offset, duplicates, amendments };
    return explainRow(from, query, signal);
  }

  async duplicates({ limit, offset }: { readonly limit: number; readonly offset: number }): Promise<DuplicatePage> {
    return this.#duplicatesKept.page(this.#place.duplicates, limit, offset);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return [this.#topic.info()];
  }

  readTopic(topic: string, reading: TopicReading, signal: AbortSignal): AsyncIterable<TopicChunk> {
    return this.#topic.read(topic, reading, AbortSignal.any([signal, this.#closing.signal]));
  }

  followTopic(topic: string, signal: AbortSignal): AsyncIterable<TailChunk> {
    this.#topic.check(topic);
    return this.#tail.follow(this.#place.offset, AbortSignal.any([signal, this.#closing.signal]));
  }

  async topicRecord(topic: string, partition: number, offset: number): Promise<RecordDetails> {
    this.#topic.check(topic, partition);
    return this.#topic.details(offset, this.#state, this.#closing.signal);
  }

  records(range: { readonly from?: string; readonly to?: string }): AsyncIterable<Uint8Array> {
    const from = dayParameter('from', range.from) ?? -Infinity;
    const to = dayParameter('to', range.to) ?? Infinity;
    return recordsBetween(this.#log, this.plan, from, to);
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
    const { newestDay } = this.#state;
    return {
      offset: this.#place.offset,
      accepted: this.#place.accepted,
      duplicates: this.#place.duplicates,
      quarantined: this.#quarantine.size,
      perSecond: this.#rate.perSecond(),
      pendingBytes: this.#pendingBytes,
      log: { segments, bytes },
      checkpoint: this.#checkpoints.newest,
      trouble: this.#trouble.of('Log'),
      newestDay: newestDay === undefined ? undefined : formatDay(newestDay),
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
          isCheckpointing: this.#checkpoints.isWriting,
          unfiledRecords,
          putBack: this.#putBacks.size,
          status: await this.status(),
          troubleOf: (part) => this.#trouble.of(part),
        },
        this.#state,
      ),
      checkpoints: await this.#checkpoints.list(),
      dayFiles: names.map((name) => ({ name, bytes: undefined })),
      consumers: [],
      batches: [],
      // What late records changed here is known row by row: amendments.
      lateDays: [],
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
    // Where records were scanned, all ends while the last checkpoint is written.
    await Promise.all([this.#scanning.close(), this.#finish()]);
  }

  async #finish(): Promise<void> {
    // Others are refused by now.
    await Promise.allSettled(this.#accepting);
    await this.#committing;
    await this.#spilling;
    await this.#keepsFiling;
    await this.#writePutBacks();
    await this.#checkpoints.close();
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
        await this.#commit(this.#waiting.take());
        const isSpillDue = this.#isSpillDue();
        if (this.#waiting.length > 0 && !isSpillDue && !this.#checkpoints.isDue) continue;
        // What is saved must be the keys and the reports of one place in the log.
        this.#settleDurable();
        if (isSpillDue) this.#spill();
        this.#checkpoints.whenDue();
        if (this.#spilling !== undefined && this.#budget.isSpent()) await this.#spilling;
      }
    } finally {
      this.#committing = undefined;
    }
  }

  async #commit(batches: readonly WaitingBatch[]): Promise<void> {
    let last: DurableGroup | undefined;
    try {
      for (const group of framesOf(batches, this.#quarantine, this.#clock.nowMs())) {
        // With nothing to write, a disk in trouble is tried all the same: that is how the trouble ends.
        if (group.isEmpty && this.#trouble.of('Log') === undefined) break;
        await this.#missingRoom.tryWhenDue(this.#disk);
        // It would fit where nothing else does.
        if (group.isEmpty && this.#missingRoom.error !== undefined) throw this.#missingRoom.error;
        const writing = this.#append(group.frame);
        this.#settleDurable();
        const stored = await writing;
        if (group.isLast) last = { stored, group };
        else this.#settle(stored, group);
      }
    } catch (error) {
      this.#settleDurable();
      // No record of the group is in the log, so none may be remembered.
      this.#waiting.undo();
      this.#quarantine.undo();
      this.#noteTrouble('Log', error);
      for (const batch of batches) batch.reject(error);
      return;
    }
    this.#waiting.keep(batches);
    this.#settleDurable();
    if (last === undefined) this.#answer(batches);
    else this.#durable = last;
    // The quarantine must know where entries stand before it is asked for the next ones.
    if (last !== undefined && last.group.frame.quarantineCount > 0) this.#settleDurable();
  }

  async #append(frame: NewFrame): Promise<WrittenFrame> {
    try {
      return await this.#log.append(frame);
    } catch (error) {
      this.#missingRoom.note(frame, error);
      throw error;
    }
  }

  /** Adds the group that is durable and not yet in the reports, if there is one, and answers its batches. */
  #settleDurable(): void {
    if (this.#durable === undefined) return;
    const { stored, group } = this.#durable;
    this.#durable = undefined;
    this.#settle(stored, group);
    this.#answer(group.batches);
  }

  #answer(batches: readonly WaitingBatch[]): void {
    let offset = this.#place.offset - recordsOf(batches);
    for (const batch of batches) {
      offset += batch.claim.picked.length;
      batch.resolve(answerOf(batch, offset));
    }
  }

  /** Adds a durable frame of a group to the reports. */
  #settle(stored: WrittenFrame, group: GroupFrame): void {
    if (this.#missingRoom.isEndedBy(stored)) this.#trouble.end('Log');
    const scope = this.#state.beginFrame();
    for (const { columns, claim, journey } of group.batches) {
      this.#state.apply(columns, claim.picked, scope);
      this.#watch.settled(journey, claim.picked.length);
    }
    this.#tail.note(stored, group.batches);
    if (stored.duplicateCount > 0) this.#duplicatesKept.note(group.batches, this.#place.duplicates, stored.firstOffset);
    this.#filing.note(stored, scope.days);
    this.#amendments.add(scope.closedRows, stored.firstOffset + stored.recordCount, stored.firstOffset);
    this.#quarantine.add(stored.at, stored.quarantineCount);
    this.#places.addStored(stored.places);
    this.#rate.add(stored.recordCount);
    this.#advance(stored);
    this.#feed.changed(this.#place.offset);
  }

  /** Takes in a frame that was read from the log. */
  async #takeIn(frame: StoredFrame): Promise<void> {
    const { columns, refused } = this.#scanning.scanStored(frame.records);
    const first = refused[0];
    if (first !== undefined || columns.count !== frame.recordCount) {
      const index = (first?.line ?? columns.count) - 1;
      throw otherDefinition(frame, index, first?.refusal.reason ?? 'records are missing');
    }
    const { keys } = this.#state;
    const doubtful = keys.doubtful(columns);
    const claim = keys.claim(
      columns,
      doubtful.length === 0 ? undefined : await keys.lookUp(this.#disk, columns, doubtful),
    );
    if (claim.picked.length !== columns.count) {
      const { name } = this.plan.stream.primaryKey;
      const index = claim.picked.findIndex((record, place) => record !== place);
      // The log has each key once.
      throw repeated(frame, index === -1 ? claim.picked.length : index, name);
    }
    keys.keep(claim.picked.length);
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
    this.#place.advance(frame);
    this.#checkpoints.changed();
  }

  /** Says what is wrong until the part succeeds. */
  #noteTrouble(part: DiskPart, error: unknown): void {
    this.#trouble.note(part, error);
    // What fails while the log is read is tried once all of it is taken in.
    if (this.#isCaughtUp) void this.#trouble.retryUntilWell();
  }

  /** Who writes at present tries for room; else an empty batch does. Keys that could not leave try it behind that. */
  async #tryDisk(): Promise<void> {
    if (this.#trouble.of('Quarantine') !== undefined) await this.#writePutBacks();
    if (this.#trouble.of('Key files') !== undefined) await this.#tryKeyFiles();
    if (this.#trouble.of('Keys') !== undefined) this.#budget.lookAgain();
    this.#missingRoom.tryNext();
    if (this.#committing === undefined) await this.accept({ origin: 'disk check', lines: new Uint8Array() });
  }

  async #tryKeyFiles(): Promise<void> {
    try {
      await this.#state.keys.tryFiles(this.#disk);
      this.#trouble.end('Key files');
    } catch (error) {
      this.#noteTrouble('Key files', error);
    }
  }

  /** Looks at the state's budget, which is not looked at again before more has come. */
  #isSpillDue(): boolean {
    return this.#spilling === undefined && this.#budget.isPassed();
  }

  #spill(): void {
    this.#state.trim();
    this.#state.keys.retire();
    this.#spilling = this.#state.keys
      .spill(this.#disk)
      .then(
        () => this.#trouble.end('Keys'),
        (error: unknown) => this.#noteTrouble('Keys', error),
      )
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

  async #whenIdle(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#pendingBytes > BUSY_BYTES && !signal.aborted) await this.#clock.sleep(BUSY_POLL_MS, signal);
  }
}

interface DurableGroup {
  readonly stored: WrittenFrame;
  readonly group: GroupFrame;
}
