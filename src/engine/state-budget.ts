import type { KeyIndex } from './key-index.ts';

export const STATE_BYTES_DEFAULT = 512 * 1024 * 1024;
/** Keys leave when the state passes this share of its budget; the rest is for what comes in meanwhile, and for copies of some of them. */
const SHARE_MAX = 2 / 3;
/** What was found for questions about the reports may take this share of it, so that pages cannot push all keys out. */
export const REMEMBERED_SHARE_MAX = 1 / 4;
/** About what a key holds in memory, and the least share of the budget that it is worth to free. */
const KEY_BYTES = 30;
const FREED_SHARE_MIN = 1 / 16;
const KEYS_MIN = 16;
/** The state is measured so often while keys come in that could leave. */
const LOOKS = 8;

/** Says when the state has grown so much that keys must leave memory. */
export class StateBudget {
  readonly #bytesMax: number;
  readonly #keys: KeyIndex;
  readonly #bytes: () => number;
  readonly #keysMin: number;
  /** The state is not measured again before it has so many keys. */
  #nextLookAt = 0;

  /** @param bytes  measures all that there is, keys and whatever else */
  constructor(bytesMax: number, keys: KeyIndex, bytes: () => number) {
    this.#bytesMax = bytesMax;
    this.#keys = keys;
    this.#bytes = bytes;
    this.#keysMin = Math.max(KEYS_MIN, Math.floor((bytesMax * FREED_SHARE_MIN) / KEY_BYTES));
  }

  /** Whether the keys in memory are to leave it: they are too much, and enough to be worth a file. */
  isPassed(): boolean {
    const { size, retirable } = this.#keys;
    if (retirable < this.#keysMin || size < this.#nextLookAt) return false;
    this.#nextLookAt = size + this.#keysMin / LOOKS;
    return this.#bytes() > this.#bytesMax * SHARE_MAX;
  }

  /** Has the state measured again before more keys have come: those that were to leave could not. */
  lookAgain(): void {
    this.#nextLookAt = 0;
  }

  /** Whether so much came in while keys were leaving that it had better wait for them. */
  isSpent(): boolean {
    return this.#keys.retirable >= this.#keysMin && this.#bytes() > this.#bytesMax;
  }
}
