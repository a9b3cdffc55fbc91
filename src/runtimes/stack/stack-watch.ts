import type { Clock } from '../../ports/clock.ts';
import type { BatchInfo, EngineStatus, PipelineMoment } from '../../ports/pipeline.ts';
import type { TopicInfo } from '../../ports/topics.ts';
import type { ReadTo } from '../../spark/supervisor/batch.ts';
import { furtherOf } from '../../spark/supervisor/batch.ts';
import type { Announcement, Sign } from './announced-frames.ts';

const SECONDS = 60;
const MOMENT_MS = 5_000;
const MOMENTS_MAX = 60;
const BATCHES_MAX = 50;
const MICROS_PER_MS = 1000;
/** The engine says that it lives every 5 seconds. */
const SILENT_FROM_MS = 20_000;

/** What was behind when somebody asked. */
interface Behind {
  readonly atMs: number;
  readonly records: number;
  /** How long the oldest of them has waited, at least. */
  readonly waitedMs: number;
}

/** What has come in lately, and how the engine is, as the announced frames tell it. */
export class StackWatch {
  readonly #clock: Clock;
  readonly #startMs: number;
  /** Oldest first, as far back as anybody asks. */
  #announced: Announcement[] = [];
  /** Up to where the newest has the stream's topic. */
  #readTo: ReadTo = {};
  #sign: (Sign & { readonly heardAtMs: number }) | undefined;
  readonly #behind: Behind[] = [];
  /** Since when something has been behind without a break. */
  #behindSinceMs: number | undefined;
  #told = 0;
  readonly #freshness: { readonly atMs: number; readonly tookMs: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
  }

  /** The newest frame that was announced. */
  get newest(): Announcement | undefined {
    return this.#announced.at(-1);
  }

  /** Up to where a frame has the stream's topic; undefined: it was not announced lately, or its engine does not say. */
  readToOf(frame: number): ReadTo | undefined {
    const readTo = this.#announced.find((each) => each.frame === frame)?.readTo ?? {};
    return Object.keys(readTo).length === 0 ? undefined : readTo;
  }

  note(announcement: Announcement): void {
    const { newest } = this;
    // Whoever announced it was not told that it is announced.
    if (announcement.frame < (newest?.frame ?? 0)) return;
    this.#readTo = announcement.readTo;
    if (announcement.frame === newest?.frame) {
      // Told again, as a sign of life. What was read since has brought it nothing; or it was in it already, where the frame was told
      // by who found it whole, and did not know yet up to where the query had read.
      const readTo = furtherOf(newest.readTo, announcement.readTo);
      this.#announced[this.#announced.length - 1] = { ...newest, readTo };
      return;
    }
    this.#announced.push(announcement);
    const keptFromMs = this.#clock.nowMs() - MOMENT_MS * MOMENTS_MAX;
    while (this.#announced.length > BATCHES_MAX && (this.#announced[0]?.atMs ?? 0) < keptFromMs)
      this.#announced.shift();
  }

  /** What was announced is of topics that are no longer there. */
  forget(): void {
    this.#announced = [];
    this.#readTo = {};
  }

  heard(sign: Sign): void {
    // Whoever is there from the beginning knows what the first frame brought.
    if (sign.isBeforeFirst && this.newest === undefined) {
      this.#announced.push({
        frame: 0,
        accepted: 0,
        atMs: sign.atMs,
        readTo: {},
        batch: undefined,
        rows: undefined,
        late: 0,
        since: 0,
      });
    }
    // The first one stood in the topic already; those after it come as they are said, whatever the clock of who said it.
    this.#sign = { ...sign, heardAtMs: this.#sign === undefined ? sign.atMs : this.#clock.nowMs() };
  }

  /** How the engine is; undefined for one that says nothing of itself. */
  engine(): EngineStatus | undefined {
    const sign = this.#sign;
    if (sign === undefined) return { state: 'silent', heardAtMs: undefined, reason: undefined };
    const { state, heardAtMs, reason } = sign;
    if (state === undefined) return undefined;
    const isSilent = state !== 'stopped' && this.#clock.nowMs() - heardAtMs > SILENT_FROM_MS;
    return { state: isSilent ? 'silent' : state, heardAtMs, reason };
  }

  /** How many messages of the stream's topic are in no frame that was announced. @param partitions  as they are now */
  toCome(partitions: TopicInfo['partitions']): number {
    return partitions.reduce((sum, { partition, firstOffset, nextOffset }) => {
      return sum + Math.max(0, nextOffset - Math.max(firstOffset, this.#readTo[partition] ?? 0));
    }, 0);
  }

  /** So many records were handed over and are in no frame yet. */
  lags(records: number): void {
    const atMs = this.#clock.nowMs();
    this.#behindSinceMs = records === 0 ? undefined : (this.#behindSinceMs ?? atMs);
    // What the newest frame has not came after it began.
    const sinceMs = Math.max(this.#behindSinceMs ?? atMs, this.#told / MICROS_PER_MS);
    this.#behind.push({ atMs, records, waitedMs: Math.max(0, atMs - sinceMs) });
    while ((this.#behind[0]?.atMs ?? atMs) < atMs - MOMENT_MS * MOMENTS_MAX) this.#behind.shift();
  }

  /** A frame was told to the pages. */
  told(frame: number): void {
    const atMs = this.#clock.nowMs();
    const before = this.#told;
    this.#told = frame;
    // Days that are computed again have the number after the newest frame's, which is no time of theirs.
    if (frame === before + 1) return;
    this.#freshness.push({ atMs, tookMs: atMs - frame / MICROS_PER_MS });
    while ((this.#freshness[0]?.atMs ?? atMs) < atMs - MOMENT_MS * MOMENTS_MAX) this.#freshness.shift();
  }

  /** Records accepted in each of the last 60 whole seconds, oldest first. */
  perSecond(): readonly number[] {
    const second = Math.floor(this.#clock.nowMs() / 1000);
    const counts = Array.from({ length: SECONDS }, () => 0);
    for (const { atMs, records } of this.#arrivals()) {
      const index = Math.floor(atMs / 1000) - (second - SECONDS);
      if (index >= 0 && index < SECONDS) counts[index] = (counts[index] ?? 0) + records;
    }
    return counts;
  }

  moments(): readonly PipelineMoment[] {
    const nowMs = this.#clock.nowMs();
    const arrivals = this.#arrivals();
    const count = Math.min(MOMENTS_MAX, Math.ceil((nowMs - this.#startMs) / MOMENT_MS));
    return Array.from({ length: count }, (_, index) => {
      const endMs = nowMs - (count - 1 - index) * MOMENT_MS;
      const isIn = ({ atMs }: { readonly atMs: number }): boolean => atMs <= endMs && atMs > endMs - MOMENT_MS;
      const records = arrivals.filter(isIn).reduce((sum, each) => sum + each.records, 0);
      const took = this.#freshness
        .filter(isIn)
        .map(({ tookMs }) => tookMs)
        .sort((a, b) => a - b);
      const behind = this.#behind.filter(isIn);
      const share = (part: number): number | undefined => took[Math.ceil(took.length * part) - 1];
      return {
        atMs: endMs,
        perSecond: (records * 1000) / MOMENT_MS,
        lagRecords: Math.max(0, ...behind.map((each) => each.records)),
        lagMs: Math.max(took.at(-1) ?? 0, ...behind.map(({ waitedMs }) => waitedMs)),
        freshnessP50Ms: share(0.5),
        freshnessP99Ms: share(0.99),
      };
    });
  }

  /** The micro-batches that were announced, oldest first. */
  batches(): readonly BatchInfo[] {
    return this.#announced.slice(-BATCHES_MAX).flatMap(({ batch, frame, atMs, accepted, rows, late }, index, all) => {
      const before = all[index - 1];
      if (batch === undefined || before === undefined) return [];
      const beganMs = Math.floor(frame / MICROS_PER_MS);
      return [
        {
          id: batch,
          atMs: beganMs,
          durationMs: Math.max(0, atMs - beganMs),
          inputRows: Math.max(0, accepted - before.accepted),
          outputRows: rows ?? 0,
          lateRows: Math.max(0, (late ?? 0) - (before.late ?? 0)),
        },
      ];
    });
  }

  #arrivals(): readonly { readonly atMs: number; readonly records: number }[] {
    return this.#announced.flatMap(({ atMs, accepted }, index) => {
      const before = this.#announced[index - 1];
      return before === undefined ? [] : [{ atMs, records: Math.max(0, accepted - before.accepted) }];
    });
  }
}
