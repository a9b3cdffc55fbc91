import type { Clock } from '../ports/clock.ts';
import type { PipelineMoment } from '../ports/pipeline.ts';

const MOMENT_MS = 5_000;
const MOMENTS_MAX = 60;
/** Of a moment with more batches, a part stands for all. */
const SAMPLES_MAX = 4_096;

/** A batch on its way from its arrival to the frame that shows it. */
export interface Journey {
  readonly sinceMs: number;
  records: number;
}

/** What happened in one stretch of time. */
interface Stretch {
  readonly startMs: number;
  records: number;
  lagRecords: number;
  lagMs: number;
  readonly samplesMs: number[];
}

/**
 * How long records take from their arrival to the frame that shows them, and how many are on their way: kept for the
 * last minutes, in stretches that are ended whenever somebody writes or looks.
 */
export class PipelineWatch {
  readonly #clock: Clock;
  /** On their way; a set keeps the order of their coming. */
  readonly #underWay = new Set<Journey>();
  /** In the reports, but in no frame yet. */
  #settled: Journey[] = [];
  #settledRecords = 0;
  readonly #past: PipelineMoment[] = [];
  #now: Stretch;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = stretchFrom(clock.nowMs());
  }

  /** A batch came. */
  begin(): Journey {
    const journey = { sinceMs: this.#clock.nowMs(), records: 0 };
    this.#underWay.add(journey);
    return journey;
  }

  /** Its records are in the reports, as the next frame will show. */
  settled(journey: Journey, records: number): void {
    this.#turn();
    journey.records = records;
    this.#underWay.delete(journey);
    if (records === 0) return;
    this.#settled.push(journey);
    this.#settledRecords += records;
    this.#now.records += records;
    this.#now.lagRecords = Math.max(this.#now.lagRecords, this.#settledRecords);
  }

  /** It brought nothing, or failed. */
  forget(journey: Journey): void {
    this.#underWay.delete(journey);
  }

  /** A frame went out with all that has settled. */
  framed(): void {
    this.#turn();
    const nowMs = this.#clock.nowMs();
    for (const { sinceMs } of this.#settled) {
      this.#now.lagMs = Math.max(this.#now.lagMs, nowMs - sinceMs);
      if (this.#now.samplesMs.length < SAMPLES_MAX) this.#now.samplesMs.push(nowMs - sinceMs);
    }
    this.#settled = [];
    this.#settledRecords = 0;
  }

  /** The last minutes, oldest first; the last moment is the present one. */
  moments(): readonly PipelineMoment[] {
    this.#turn();
    const [oldest] = this.#underWay;
    const now = momentOf(this.#now, Math.max(1, this.#clock.nowMs() - this.#now.startMs));
    const lagMs = Math.max(now.lagMs, oldest === undefined ? 0 : this.#clock.nowMs() - oldest.sinceMs);
    return [...this.#past, { ...now, lagMs }];
  }

  /** Ends stretches that are over. */
  #turn(): void {
    const nowMs = this.#clock.nowMs();
    while (nowMs - this.#now.startMs >= MOMENT_MS) {
      this.#past.push(momentOf(this.#now, MOMENT_MS));
      const isLongAgo = nowMs - this.#now.startMs > MOMENT_MS * (MOMENTS_MAX + 1);
      this.#now = stretchFrom(isLongAgo ? nowMs - MOMENT_MS * MOMENTS_MAX : this.#now.startMs + MOMENT_MS);
    }
    this.#past.splice(0, Math.max(0, this.#past.length - MOMENTS_MAX));
  }
}

function stretchFrom(startMs: number): Stretch {
  return { startMs, records: 0, lagRecords: 0, lagMs: 0, samplesMs: [] };
}

function momentOf({ startMs, records, lagRecords, lagMs, samplesMs }: Stretch, lengthMs: number): PipelineMoment {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  const share = (part: number): number | undefined => sorted[Math.ceil(sorted.length * part) - 1];
  return {
    atMs: startMs + lengthMs,
    perSecond: (records * 1000) / lengthMs,
    lagRecords,
    lagMs,
    freshnessP50Ms: share(0.5),
    freshnessP99Ms: share(0.99),
  };
}
