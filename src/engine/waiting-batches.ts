import type { DaybookError } from '../base/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { WaitingBatch } from './group.ts';
import { recordsOf } from './group.ts';
import type { KeyIndex } from './key-index.ts';

/** A group has no more than this, or a single batch. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024;
/** About what a quarantine entry has besides its record. */
const ENTRY_BYTES = 200;

const NONE: ReadonlySet<number> = new Set();

/** A batch as it comes. */
export type NewBatch = Omit<WaitingBatch, 'claim'>;

/** A batch that has not claimed its keys yet. */
interface ComingBatch {
  readonly batch: NewBatch;
  /** The records whose key was found in a file, and as of which spill; undefined while that is being looked up. */
  found: { readonly inFiles: ReadonlySet<number>; readonly spills: number } | undefined;
}

interface ClaimedBatch extends ComingBatch {
  readonly batch: WaitingBatch;
}

export interface WaitingBatchesOptions {
  readonly keys: KeyIndex;
  readonly disk: Disk;
  /** Called when there is something to take. */
  readonly onReady: () => void;
  /** Called when the keys of a batch were looked up in files. */
  readonly onLookedUp: () => void;
  /** Called when a batch was rejected, as its keys could not be looked up. */
  readonly onFailure: (error: unknown) => void;
  /** Why no record may count any more that corrects this entry of the quarantine, but as a repeat. */
  readonly refusalOf: (corrects: number) => DaybookError | undefined;
}

/**
 * The batches that wait for their commit, in order. Those keys of a batch that may stand in a file are looked up when it
 * comes; then it claims its keys, behind the batches before it and as if those were durable already. All this while others
 * are being written. Should they not become durable, all that wait claim anew.
 */
export class WaitingBatches {
  readonly #options: WaitingBatchesOptions;
  readonly #keys: KeyIndex;
  #coming: ComingBatch[] = [];
  #claimed: ClaimedBatch[] = [];

  constructor(options: WaitingBatchesOptions) {
    this.#options = options;
    this.#keys = options.keys;
  }

  /** How many can be taken. */
  get length(): number {
    return this.#claimed.length;
  }

  push(batch: NewBatch): void {
    const coming: ComingBatch = { batch, found: undefined };
    this.#coming.push(coming);
    this.#look(coming);
    this.#claimComing();
  }

  /**
   * Takes out the batches that go into the next group: in order, as many as fit, at least one. Until it is kept or
   * undone, no other is taken.
   */
  take(): readonly WaitingBatch[] {
    let bytes = 0;
    let count = 0;
    for (const { batch } of this.#claimed) {
      bytes += batch.intake.lines.length + batch.refused.length * ENTRY_BYTES;
      if (count > 0 && bytes > GROUP_BYTES_MAX) break;
      count++;
    }
    return this.#claimed.splice(0, count).map(({ batch }) => batch);
  }

  /** Says that the group that was taken is durable. */
  keep(group: readonly WaitingBatch[]): void {
    this.#keys.keep(recordsOf(group));
  }

  /** Says that nothing of the group that was taken is durable. */
  undo(): void {
    this.#keys.undo();
    this.#claimAnew();
  }

  #claimAnew(): void {
    this.#coming = [...this.#claimed, ...this.#coming];
    this.#claimed = [];
    this.#claimComing();
  }

  /** Has batches claim their keys, in order, up to one of which something is still being looked up. */
  #claimComing(): void {
    let count = 0;
    for (let coming = this.#coming[0]; coming !== undefined; coming = this.#coming[0]) {
      // What was in no file may be in one that was written since.
      if (coming.found !== undefined && coming.found.spills !== this.#keys.spills) this.#look(coming);
      if (coming.found === undefined) break;
      count++;
      this.#coming.shift();
      const { intake, columns, reject } = coming.batch;
      const { inFiles } = coming.found;
      const refusal = intake.corrects === undefined ? undefined : this.#options.refusalOf(intake.corrects);
      if (refusal !== undefined && !this.#keys.hasAll(columns, inFiles)) {
        reject(refusal);
        continue;
      }
      const claim = this.#keys.claim(columns, inFiles);
      this.#claimed.push(Object.assign(coming, { batch: Object.assign(coming.batch, { claim }) }));
    }
    if (count > 0) this.#options.onReady();
  }

  /** Finds out which keys of a batch are in files: at once when none may be. */
  #look(coming: ComingBatch): void {
    const { disk } = this.#options;
    const { columns } = coming.batch;
    const { spills } = this.#keys;
    const doubtful = this.#keys.doubtful(columns);
    if (doubtful.length === 0) {
      coming.found = { inFiles: NONE, spills };
      return;
    }
    coming.found = undefined;
    void this.#keys.lookUp(disk, columns, doubtful).then(
      (inFiles) => {
        this.#options.onLookedUp();
        coming.found = { inFiles, spills };
        this.#claimComing();
      },
      (error: unknown) => this.#reject(coming, error),
    );
  }

  #reject(coming: ComingBatch, error: unknown): void {
    this.#coming.splice(this.#coming.indexOf(coming), 1);
    this.#options.onFailure(error);
    coming.batch.reject(error);
    this.#claimComing();
  }
}
