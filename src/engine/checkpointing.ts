import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk } from '../ports/disk.ts';
import type { CheckpointInfo } from '../ports/pipeline.ts';
import type { Amendments } from './amendments.ts';
import type { Checkpoint, NewCheckpoint } from './checkpoint.ts';
import { CHECKPOINT_FORMAT, checkpointBytes, listCheckpoints, writeCheckpoint } from './checkpoint.ts';
import type { Progress } from './checkpoint-schedule.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { DayFiling } from './day-filing.ts';
import type { Place } from './place.ts';
import type { Quarantine } from './quarantine.ts';
import type { SourcePlaces } from './source-places.ts';
import type { EngineState } from './state.ts';

export interface CheckpointingOptions {
  readonly plan: Plan;
  readonly disk: Disk;
  readonly clock: Clock;
  /** The one that the engine began with. */
  readonly checkpoint: Checkpoint | undefined;
  /** What a checkpoint is made of. */
  readonly place: Place;
  readonly state: EngineState;
  readonly amendments: Amendments;
  readonly filing: DayFiling;
  readonly quarantine: Quarantine;
  readonly sources: SourcePlaces;
  /** Told of one that could not be written. Nothing is lost by it: the next start reads more of the log. */
  readonly onFailure: (error: unknown) => void;
  /** Told of each that was written. */
  readonly onWritten: () => void;
}

/** Writes a checkpoint of the engine now and then, beside its other work. */
export class Checkpointing {
  readonly #options: CheckpointingOptions;
  readonly #schedule: CheckpointSchedule;
  /** When those were written that this one knows of, or has read it of, by their offset. */
  #times = new Map<number, number>();
  #newest: { readonly offset: number; readonly atMs: number } | undefined;
  #writing: Promise<void> | undefined;
  #hasChanged = false;

  constructor(options: CheckpointingOptions) {
    const { checkpoint } = options;
    this.#options = options;
    this.#newest = checkpoint && { offset: checkpoint.facts.offset, atMs: checkpoint.facts.atMs };
    this.#schedule = new CheckpointSchedule(
      this.#progress(),
      checkpoint === undefined ? 0 : checkpointBytes(checkpoint),
    );
  }

  /** The newest whole one. */
  get newest(): { readonly offset: number; readonly atMs: number } | undefined {
    return this.#newest;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  get isDue(): boolean {
    return this.#writing === undefined && this.#hasChanged && this.#schedule.isDue(this.#progress());
  }

  /** Notes that there is something which the newest one does not say. */
  changed(): void {
    this.#hasChanged = true;
  }

  /** Begins one if one is due. Keys and reports must be those of one place in the log. */
  whenDue(): void {
    if (!this.isDue) return;
    this.#writing = this.#write()
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Writes the last one, unless there is nothing new. Resolves when none is being written. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#hasChanged) await this.#write().catch(this.#options.onFailure);
  }

  /** Those that are there, newest first. @throws what the disk throws */
  async list(): Promise<readonly CheckpointInfo[]> {
    const newest = this.#newest;
    if (newest !== undefined) this.#times.set(newest.offset, newest.atMs);
    const listed = await listCheckpoints(this.#options.disk, this.#times);
    // Pages ask again and again: what a file says is read once. One that is gone needs no room.
    this.#times = new Map(listed.flatMap(({ offset, atMs }) => (atMs === undefined ? [] : [[offset, atMs]])));
    return listed;
  }

  #progress(): Progress {
    const { place, clock } = this.#options;
    return { offset: place.offset, logBytes: place.logBytes, nowMs: clock.nowMs() };
  }

  async #write(): Promise<void> {
    const { disk, state, filing } = this.#options;
    const at = this.#progress();
    const checkpoint = this.#save(at.nowMs);
    if (checkpoint === undefined) return;
    this.#schedule.begun(at, checkpointBytes(checkpoint));
    this.#hasChanged = false;
    try {
      await writeCheckpoint(disk, checkpoint);
    } catch (error) {
      this.#hasChanged = true;
      throw error;
    } finally {
      state.release();
    }
    await filing.saved(checkpoint.facts.filing);
    this.#newest = { offset: at.offset, atMs: at.nowMs };
    this.#options.onWritten();
  }

  /** All that the engine knows, which it must not change in place until `EngineState.release`; undefined before the first frame. */
  #save(atMs: number): NewCheckpoint | undefined {
    const { plan, place, quarantine, sources, filing, ...options } = this.#options;
    if (place.next === undefined) return undefined;
    const state = options.state.save();
    const amendments = options.amendments.save();
    const refused = quarantine.save();
    return {
      facts: {
        format: CHECKPOINT_FORMAT,
        fingerprint: plan.fingerprint,
        atMs,
        offset: place.offset,
        next: place.next,
        checksum: place.checksum,
        logBytes: place.logBytes,
        duplicates: place.duplicates,
        quarantine: refused.facts,
        places: sources.save(),
        amendments: amendments.facts,
        filing: filing.save(),
        state: state.facts,
      },
      arrays: [...state.arrays, ...amendments.arrays, ...refused.arrays],
    };
  }
}
