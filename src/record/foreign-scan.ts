import { present } from '../base/assert.ts';
import { grownInt32 } from '../base/typed-arrays.ts';
import type { FieldPlan, Plan } from '../plan/plan.ts';
import type { RefusedLine, ScannedLines } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import { makeDictionaries } from './dictionaries.ts';
import { keyHash } from './key-hash.ts';
import type { PackedLengths } from './packed-lines.ts';
import type { Room } from './reading-columns.ts';
import { ReadingColumns, roomBytes } from './reading-columns.ts';
import type { FieldRole } from './roles.ts';
import { fieldRoles } from './roles.ts';
import { Scanner } from './scanner.ts';
import { TextDictionary } from './text-dictionary.ts';
import type { SavedTexts } from './text-dictionary.ts';

/** What a scan gives as it is sent from one thread to another: columns in their room, with ids of its own dictionaries. */
export interface ForeignScan {
  readonly room: Room;
  readonly count: number;
  readonly isPlain: boolean;
  readonly lineCount: number;
  readonly refused: readonly RefusedLine[];
  /** What stands in the room of packed records; undefined when none do. */
  readonly packed: PackedLengths | undefined;
  /** By field index: what its dictionary has got since the scan before, in the order of the new ids. */
  readonly additions: readonly (SavedTexts | Float64Array | undefined)[];
}

/** Scans lines somewhere else, one batch after the other, in the order of the calls. */
export interface ScanElsewhere {
  /** Whether it takes lines already; asking makes it get ready. */
  isReady(): boolean;
  /**
   * Scans lines, the first of which has the number 1.
   * @param lines  in shared memory, with `SLACK_BYTES` behind them
   * @param room   shared memory for the columns; when it is too small they come in another one
   */
  scan(lines: Uint8Array, room: Room): Promise<ForeignScan>;
  close(): Promise<void>;
}

/** The side that scans: a scanner with dictionaries of its own, which says what is new in them. */
export class ForeignScanner {
  readonly #dictionaries: Dictionaries;
  readonly #scanner: Scanner;
  /** By field index: how many entries were told of. */
  #told: readonly number[];

  constructor(plan: Plan) {
    this.#dictionaries = makeDictionaries(plan);
    this.#scanner = new Scanner(plan, this.#dictionaries);
    this.#told = this.#dictionaries.map(() => 0);
  }

  scan(lines: Uint8Array, room: Room): ForeignScan {
    const { columns, refused, lineCount } = this.#scanner.scan(lines, 1, room, true);
    const additions = this.#dictionaries.map((dictionary, index) => {
      const told = this.#told[index] ?? 0;
      return dictionary === undefined || dictionary.size === told ? undefined : dictionary.save(told);
    });
    this.#told = this.#dictionaries.map((dictionary) => dictionary?.size ?? 0);
    const { count, isPlain, packed } = columns;
    return {
      room: columns.room,
      count,
      isPlain,
      lineCount,
      refused,
      packed: packed?.lengths,
      additions,
    };
  }
}

/** The side that asked: turns ids of the other side's dictionaries into those of its own. Scans come in order. */
export class ForeignIds {
  readonly #dictionaries: Dictionaries;
  readonly #roles: readonly FieldRole[];
  readonly #primaryKey: FieldPlan;
  /** By field index: the own id of each foreign one. */
  readonly #own: Int32Array[];
  readonly #known: number[];
  /** By field index: whether some own id is another than the foreign one. */
  readonly #differs: boolean[];

  constructor(plan: Plan, dictionaries: Dictionaries) {
    this.#dictionaries = dictionaries;
    this.#roles = fieldRoles(plan);
    this.#primaryKey = plan.stream.primaryKey;
    this.#own = dictionaries.map(() => new Int32Array(64));
    this.#known = dictionaries.map(() => 0);
    this.#differs = dictionaries.map(() => false);
  }

  /** How much room the columns of so many bytes of lines need, mostly. */
  roomBytes(lineBytes: number, packs: boolean): number {
    return roomBytes(lineBytes, this.#roles, packs);
  }

  /** The columns of a scan of lines, with own ids: those in its room are changed. */
  adopt(lines: Uint8Array, scan: ForeignScan): ScannedLines {
    const { room, count, isPlain, lineCount, refused, packed, additions } = scan;
    additions.forEach((added, index) => {
      if (added !== undefined) this.#learn(index, added);
    });
    const columns = new ReadingColumns(lines, 1, this.#roles, room, true);
    columns.count = count;
    columns.isPlain = isPlain;
    if (packed === undefined) columns.stopPacking();
    else columns.packed?.adopt(packed);
    columns.ids.forEach((ids, index) => {
      if (ids === undefined || this.#differs[index] === false) return;
      const own = this.#own[index] as Int32Array;
      for (let row = 0; row < count; row++) ids[row] = own[ids[row] as number] as number;
    });
    if (this.#primaryKey.kind === 'text') {
      const ids = present(columns.ids[this.#primaryKey.index], 'a text that is the primary key is interned');
      for (let row = 0; row < count; row++) {
        columns.keys[row * KEY_WORDS] = ids[row] as number;
        columns.hashes[row] = keyHash(columns.keys, row * KEY_WORDS);
      }
    }
    return { columns, refused, lineCount };
  }

  #learn(index: number, added: SavedTexts | Float64Array): void {
    const dictionary = present(this.#dictionaries[index], 'what has additions has a dictionary');
    const ids =
      dictionary instanceof TextDictionary
        ? dictionary.internAll(added as SavedTexts)
        : Array.from(added as Float64Array, (value) => dictionary.intern(value));
    const known = this.#known[index] as number;
    let own = this.#own[index] as Int32Array;
    while (known + ids.length >= own.length) own = grownInt32(own);
    // Id 0 is null on both sides.
    own.set(ids, known + 1);
    this.#own[index] = own;
    this.#known[index] = known + ids.length;
    this.#differs[index] ||= ids.some((id, at) => id !== known + 1 + at);
  }
}
