import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { RecordColumns } from '../record/columns.ts';
import { KEY_WORDS } from '../record/columns.ts';
import type { KeyFile, KeyFileFacts, KeyQuestion } from './key-file.ts';
import { openKeyFile, writeKeyFile } from './key-file.ts';
import { keyHash, keyPrint, shardOf } from '../record/key-hash.ts';
import { KEY_FILES_MAX, KeyPrints } from './key-prints.ts';
import type { Keys } from './key-table.ts';
import { KeyTable } from './key-table.ts';

/** What a checkpoint says of the keys besides those in memory, of which it has an array. */
export interface KeyFacts {
  readonly files: readonly KeyFileFacts[];
}

/** Which records of a batch have a key that is new. */
export interface Claim {
  readonly columns: RecordColumns;
  /** The numbers of these records, in order. */
  readonly picked: Int32Array;
}

/** The prints of so many keys are looked at before the first of them is needed, as is done with keys in memory. */
const KEYS_AHEAD = 64;
const NONE: ReadonlySet<number> = new Set();

/**
 * All primary keys that were accepted. The newest are in memory; when there is too little of it, all of them leave it
 * together for a file, and only a print of each stays: a key with a print that is not there is new, and any other is
 * looked up in the files, so the answer is exact.
 *
 * Keys leave in three steps, so that nobody waits for it: `retire` sets the table aside, `spill` writes its file, and
 * only with the file durable is the table let go of.
 */
export class KeyIndex {
  #young = new KeyTable();
  /** Keys that are on their way into a file. */
  #retired: KeyTable | undefined;
  readonly #prints = new KeyPrints();
  readonly #printsAhead = new Uint32Array(KEYS_AHEAD);
  readonly #files = new Map<number, KeyFile>();
  /** The keys in files. */
  #spilled = 0;
  #spills = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#spilled + (this.#retired?.size ?? 0) + this.#young.size;
  }

  /** How many keys could leave memory now. */
  get retirable(): number {
    return this.#retired === undefined ? this.#young.size - this.#young.undoable : this.#retired.size;
  }

  /** How many keys have left memory. */
  get spilled(): number {
    return this.#spilled;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    let files = 0;
    for (const file of this.#files.values()) files += file.bytes;
    return this.#young.bytes + (this.#retired?.bytes ?? 0) + this.#prints.bytes + files;
  }

  /** How often keys have left memory. What `lookUp` said holds until this is another number. */
  get spills(): number {
    return this.#spills;
  }

  /** The numbers of the records whose key may stand in a file; `lookUp` finds out. */
  doubtful({ keys, hashes, count }: RecordColumns): readonly number[] {
    const doubtful: number[] = [];
    if (this.#prints.size === 0) return doubtful;
    const prints = this.#printsAhead;
    for (let from = 0; from < count; from += KEYS_AHEAD) {
      const to = Math.min(from + KEYS_AHEAD, count);
      for (let record = from; record < to; record++) prints[record - from] = keyPrint(keys, record * KEY_WORDS);
      this.#prints.touch(hashes, prints, from, to);
      for (let record = from; record < to; record++) {
        const hash = hashes[record] as number;
        if (!this.#prints.has(shardOf(hash), prints[record - from] as number)) continue;
        // Those that are on their way into a file are found in memory.
        if (this.#retired?.has(keys, record * KEY_WORDS, hash) !== true) doubtful.push(record);
      }
    }
    return doubtful;
  }

  /**
   * Looks up the doubtful records of a batch.
   * @returns those whose key is in a file
   * @throws DaybookError `KEYS_DAMAGED`, what the disk throws
   */
  async lookUp(disk: Disk, { keys }: RecordColumns, doubtful: readonly number[]): Promise<ReadonlySet<number>> {
    const questions = doubtful.map((record): KeyQuestion => {
      return { words: keys, at: record * KEY_WORDS, isKnown: false };
    });
    await this.#answer(disk, questions);
    return new Set(doubtful.filter((_, index) => questions[index]?.isKnown === true));
  }

  /**
   * Picks out the records whose key was not there before, and remembers the keys; the first of equal ones wins.
   * `undo` takes it back when the records do not become durable; when they are, they must be kept.
   * @param inFiles  the records whose key is in a file, as `lookUp` says of the doubtful ones
   */
  claim(columns: RecordColumns, inFiles = NONE): Claim {
    const { keys, hashes, count } = columns;
    return { columns, picked: this.#young.claim(keys, hashes, count, this.#known(columns, inFiles)) };
  }

  /** Whether `claim` would pick none of the records. */
  hasAll(columns: RecordColumns, inFiles = NONE): boolean {
    const { keys, hashes, count } = columns;
    const known = this.#known(columns, inFiles);
    for (let record = 0; record < count; record++) {
      if (known?.[record] === 1) continue;
      if (!this.#young.has(keys, record * KEY_WORDS, hashes[record] as number)) return false;
    }
    return true;
  }

  /** 1 for each record whose key is in a file, or on its way into one; undefined when none can be. */
  #known({ keys, hashes, count }: RecordColumns, inFiles: ReadonlySet<number>): Uint8Array | undefined {
    if (this.#retired === undefined && inFiles.size === 0) return undefined;
    const known = this.#retired?.known(keys, hashes, count) ?? new Uint8Array(count);
    for (const record of inFiles) known[record] = 1;
    return known;
  }

  /** Has keys that were loaded be found at once by who asks first; see `KeyTable.findAll`. */
  findAll(): void {
    this.#young.findAll();
  }

  /** How many keys `undo` would take back. */
  get undoable(): number {
    return this.#young.undoable;
  }

  /** Has the first so many keys of those that `undo` would take back stay for good: their records are durable. */
  keep(keys: number): void {
    this.#young.keep(keys);
  }

  /** Takes back the keys that are not kept. */
  undo(): void {
    this.#young.undo();
  }

  /** Sets the keys in memory aside that are kept, for `spill` to write; those of a spill that failed first. */
  retire(): void {
    if (this.#retired !== undefined) return;
    this.#retired = this.#young;
    this.#young = this.#retired.splitUndoable();
  }

  /**
   * Writes the retired keys as a file, durably, and lets go of them. When it fails they stay, and it can be called again.
   * @throws what the disk throws
   */
  async spill(disk: Disk): Promise<void> {
    const retired = present(this.#retired, 'keys are retired before they are spilled');
    const number = Math.max(0, ...this.#files.keys()) + 1;
    if (number > KEY_FILES_MAX) throw tooManyFiles();
    try {
      const file = await writeKeyFile(disk, number, retired, (shard, prints) => {
        this.#prints.add(shard, prints, number);
      });
      this.#files.set(number, file);
    } catch (error) {
      this.#prints.drop(number);
      throw error;
    }
    this.#spilled += retired.size;
    this.#spills++;
    this.#retired = undefined;
  }

  /** Reads a block of each file. @throws DaybookError `KEYS_DAMAGED`, what the disk throws */
  async tryFiles(disk: Disk): Promise<void> {
    for (const file of this.#files.values()) await file.tryReading(disk);
  }

  /** All that is kept, for a checkpoint; `load` takes it back. No copies: see `KeyTable.keptKeys`. */
  save(): { readonly facts: KeyFacts; readonly arrays: readonly [Keys] } {
    const files = [...this.#files.values()].map(({ facts }) => facts);
    return { facts: { files }, arrays: [[...(this.#retired?.keptKeys() ?? []), ...this.#young.keptKeys()]] };
  }

  /**
   * The index that `save` saved.
   * @throws DaybookError `KEYS_DAMAGED`, what the disk throws
   */
  static async load(disk: Disk, facts: KeyFacts, keys: Int32Array): Promise<KeyIndex> {
    const index = new KeyIndex();
    index.#young.load(keys);
    index.#prints.reserve(facts.files.reduce((sum, each) => sum + each.keys, 0));
    for (const each of facts.files) {
      const file = await openKeyFile(disk, each, (shard, prints) => index.#prints.add(shard, prints, each.number));
      index.#files.set(each.number, file);
      index.#spilled += each.keys;
    }
    return index;
  }

  async #answer(disk: Disk, questions: readonly KeyQuestion[]): Promise<void> {
    const byFile = new Map<KeyFile, KeyQuestion[]>();
    for (const question of questions) {
      const shard = shardOf(keyHash(question.words, question.at));
      for (const number of this.#prints.filesOf(shard, keyPrint(question.words, question.at))) {
        // A file that is being written holds retired keys alone, which were looked for in their table.
        const file = this.#files.get(number);
        if (file === undefined) continue;
        const others = byFile.get(file);
        if (others === undefined) byFile.set(file, [question]);
        else others.push(question);
      }
    }
    for (const [file, asked] of byFile) await file.answer(disk, asked);
  }
}

function tooManyFiles(): DaybookError {
  return new DaybookError(
    'STATE_TOO_SMALL',
    `Keys have left memory ${KEY_FILES_MAX} times, which is as often as they can. Start Daybook with a larger --state-mb, ` +
      'after moving the folder checkpoints away, so that they are sorted into fewer files.',
  );
}
