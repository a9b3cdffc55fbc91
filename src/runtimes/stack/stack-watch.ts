import type { Clock } from '../../ports/clock.ts';
import type { BatchInfo, PipelineMoment } from '../../ports/pipeline.ts';
import type { Announcement } from './announced-frames.ts';

const SECONDS = 60;
const MOMENT_MS = 5_000;
const MOMENTS_MAX = 60;
const BATCHES_MAX = 50;
const MICROS_PER_MS = 1000;

/** What has come in lately, as the announced frames tell it. */
export class StackWatch {
  readonly #clock: Clock;
  readonly #startMs: number;
  /** Oldest first, as far back as anybody asks. */
  #announced: Announcement[] = [];
  readonly #freshness: { readonly atMs: number; readonly tookMs: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
  }

  /** The newest frame that was announced. */
  get newest(): Announcement | undefined {
    return this.#announced.at(-1);
  }

  note(announcement: Announcement): void {
    this.#announced.push(announcement);
    const keptFromMs = this.#clock.nowMs() - MOMENT_MS * MOMENTS_MAX;
    while (this.#announced.length > BATCHES_MAX && (this.#announced[0]?.atMs ?? 0) < keptFromMs)
      this.#announced.shift();
  }

  /** A frame was told to the pages. */
  told(frame: number): void {
    const atMs = this.#clock.nowMs();
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

  moments(lagRecords: number): readonly PipelineMoment[] {
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
      const share = (part: number): number | undefined => took[Math.ceil(took.length * part) - 1];
      return {
        atMs: endMs,
        perSecond: (records * 1000) / MOMENT_MS,
        lagRecords: index === count - 1 ? lagRecords : 0,
        lagMs: took.at(-1) ?? 0,
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
