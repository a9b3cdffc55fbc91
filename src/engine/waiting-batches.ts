import type { Disk } from '../ports/disk.ts';
import type { WaitingBatch } from './group.ts';
import { recordsOf } from './group.ts';
import type { KeyIndex } from './key-index.ts';

/** A group has no more than this, or a single batch. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024;
/** About what a quarantine entry has besides its record. */
const ENTRY_BYTES = 200;

/**
 * The batches that wait for their commit, in order. Their keys are claimed as they come, while the group before them is
 * being written, as if that were durable already. Should it not become so, all that wait are claimed anew.
 */
export class WaitingBatches {
  readonly #keys: KeyIndex;
  readonly #batches: WaitingBatch[] = [];

  constructor(keys: KeyIndex) {
    this.#keys = keys;
  }

  get length(): number {
    return this.#batches.length;
  }

  push(batch: Omit<WaitingBatch, 'claim'>): void {
    this.#batches.push({ ...batch, claim: this.#keys.claim(batch.columns) });
  }

  /**
   * Takes out the batches that go into the next group: in order, as many as fit, at least one. Until it is kept or
   * undone, no other is taken.
   */
  take(): readonly WaitingBatch[] {
    let bytes = 0;
    let count = 0;
    for (const { intake, refused } of this.#batches) {
      bytes += intake.lines.length + refused.length * ENTRY_BYTES;
      if (count > 0 && bytes > GROUP_BYTES_MAX) break;
      count++;
    }
    return this.#batches.splice(0, count);
  }

  /**
   * Looks up the group's records whose keys may stand in a file.
   * @throws DaybookError `KEYS_DAMAGED`, what the disk throws
   */
  async settle(group: readonly WaitingBatch[], disk: Disk): Promise<void> {
    const claims = group.map(({ claim }) => claim);
    const unknown = await this.#keys.lookUp(disk, claims);
    if (unknown.every((records) => records.length === 0)) return;
    // Keys are taken back in the order opposite to that of their coming, so the group's must come before the others'.
    this.#keys.undo(recordsOf(group));
    this.#keys.pick(claims, unknown);
    this.#claimAnew();
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

  /** Has keys set aside to leave memory: those of durable records alone. No group may be taken. */
  retireKeys(): void {
    this.#keys.undo();
    this.#keys.retire();
    this.#claimAnew();
  }

  #claimAnew(): void {
    for (const batch of this.#batches) batch.claim = this.#keys.claim(batch.columns);
  }
}
