import { copyBytes } from '../base/copy-bytes.ts';
import { AssemblyModule } from '../assembly/assembly-module.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** Where what is left out stands when nothing is. */
const NOWHERE = 0;

/** What `assembly/key-slots.ts` gives. Places are addresses in its memory, which come signed. */
interface Assembly {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly slotBytes: { readonly value: number };
  readonly reserve: (bytes: number) => number;
  readonly claim: (hashes: number, leftOut: number, count: number, size: number, picked: number) => number;
  readonly addAll: (hashes: number, count: number, size: number) => void;
  readonly has: (hash: number, record: number) => number;
  readonly numberOf: (hash: number, record: number) => number;
  readonly markKnown: (hashes: number, count: number, marks: number) => void;
  readonly remove: (hash: number, number: number) => void;
  readonly keysOf: (shard: number) => number;
}

/** Whether the key with a number is that of a record of those that are asked for. */
type IsSame = (number: number, record: number) => boolean;

type Given = { readonly 'key-slots': { readonly isSame: IsSame } };

const slotsModule = new AssemblyModule<Assembly, Given>(new URL('assembly/key-slots.wasm', import.meta.url));

/** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
export function loadKeySlots(): void {
  slotsModule.load();
}

/** From keys, by their hashes, to their numbers. The keys themselves are somebody else's, who says which are the same. */
export class KeySlots {
  readonly #assembly: Assembly;
  /** The assembly's memory, until it grows. */
  #words: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Where the records stand that `claim` has picked, by words. */
  #picked = NOWHERE;

  constructor(isSame: IsSame) {
    this.#assembly = slotsModule.instance({ 'key-slots': { isSame } });
  }

  get bytes(): number {
    return this.#assembly.slotBytes.value >>> 0;
  }

  /**
   * Gives the keys of some records that have no number those from `size` on; of equal ones the first gets one.
   * @param hashes   of all records, `count` of them
   * @param leftOut  1 for each record that is to get none; none unless given
   * @returns the records whose keys got one, in their order
   */
  claim(hashes: Int32Array, count: number, size: number, leftOut?: Uint8Array): Int32Array {
    const at = this.#put(hashes, count, WORD_BYTES + 1);
    const picked = at + count * WORD_BYTES;
    const leftOutAt = picked + count * WORD_BYTES;
    if (leftOut !== undefined) new Uint8Array(this.#memory.buffer, leftOutAt).set(leftOut);
    this.#picked = picked / WORD_BYTES;
    const found = this.#assembly.claim(at, leftOut === undefined ? NOWHERE : leftOutAt, count, size, picked);
    return this.#memory.slice(this.#picked, this.#picked + found);
  }

  /** The record that `claim` has just picked as the one of that place, for who is asked in the midst of it. */
  pickedAt(place: number): number {
    return this.#memory[this.#picked + place] as number;
  }

  /** Gives keys that have no number, and no two of which are equal, those from `size` on. */
  addAll(hashes: Int32Array, count: number, size: number): void {
    this.#assembly.addAll(this.#put(hashes, count, 0), count, size);
  }

  /** Whether a record's key has a number. */
  has(hash: number, record: number): boolean {
    return this.#assembly.has(hash, record) !== 0;
  }

  /** The number of a record's key; undefined when it has none. */
  numberOf(hash: number, record: number): number | undefined {
    const above = this.#assembly.numberOf(hash, record) >>> 0;
    return above === 0 ? undefined : above - 1;
  }

  /** A byte a record: 1 for those whose keys have a number. */
  known(hashes: Int32Array, count: number): Uint8Array {
    const at = this.#put(hashes, count, 1);
    const marks = at + count * WORD_BYTES;
    new Uint8Array(this.#memory.buffer, marks, count).fill(0);
    this.#assembly.markKnown(at, count, marks);
    return new Uint8Array(this.#memory.buffer, marks, count).slice();
  }

  /** Takes a number back from its key. */
  remove(hash: number, number: number): void {
    this.#assembly.remove(hash, number);
  }

  /** How many keys of a shard have numbers. */
  countOf(shard: number): number {
    return this.#assembly.keysOf(shard);
  }

  /** Puts hashes where the assembly looks for them, with room for so many more bytes a record behind them. @returns where */
  #put(hashes: Int32Array, count: number, moreBytes: number): number {
    const at = this.#assembly.reserve(count * (WORD_BYTES + moreBytes)) >>> 0;
    copyBytes(hashes, count * WORD_BYTES, Buffer.from(this.#memory.buffer), at);
    return at;
  }

  get #memory(): Int32Array<ArrayBuffer> {
    const { buffer } = this.#assembly.memory;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer);
    return this.#words;
  }
}
