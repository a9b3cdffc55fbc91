import { present } from '../base/assert.ts';
import type { FieldPlan, Plan } from '../plan/plan.ts';
import type { RecordColumns, RefusedLine, ScannedLines } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import { makeDictionaries } from './dictionaries.ts';
import { Scanner } from './scanner.ts';
import { grownInt32, TextDictionary } from './text-dictionary.ts';
import type { SavedTexts } from './text-dictionary.ts';

/** Columns as they are sent from one thread to another: the scanner's own, with ids of its own dictionaries. */
export interface ForeignScan {
  readonly columns: RecordColumns;
  readonly refused: readonly RefusedLine[];
  /** By field index: what its dictionary has got since the scan before, in the order of the new ids. */
  readonly additions: readonly (SavedTexts | Float64Array | undefined)[];
}

/** Scans lines somewhere else, one batch after the other, in the order of the calls. */
export interface ScanElsewhere {
  /** Whether it takes lines already; asking makes it get ready. */
  isReady(): boolean;
  /** @param lines  in shared memory, with `SLACK_BYTES` behind them */
  scan(lines: Uint8Array, firstLine: number): Promise<ForeignScan>;
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

  scan(lines: Uint8Array, firstLine: number): ForeignScan {
    const { columns, refused } = this.#scanner.scan(lines, firstLine);
    const additions = this.#dictionaries.map((dictionary, index) => {
      const told = this.#told[index] ?? 0;
      return dictionary === undefined || dictionary.size === told ? undefined : dictionary.save(told);
    });
    this.#told = this.#dictionaries.map((dictionary) => dictionary?.size ?? 0);
    return { columns, refused, additions };
  }
}

/** The side that asked: turns ids of the other side's dictionaries into those of its own. Scans come in order. */
export class ForeignIds {
  readonly #dictionaries: Dictionaries;
  readonly #primaryKey: FieldPlan;
  /** By field index: the own id of each foreign one. */
  readonly #own: Int32Array[];
  readonly #known: number[];

  constructor(plan: Plan, dictionaries: Dictionaries) {
    this.#dictionaries = dictionaries;
    this.#primaryKey = plan.stream.primaryKey;
    this.#own = dictionaries.map(() => new Int32Array(64));
    this.#known = dictionaries.map(() => 0);
  }

  /** Changes the scan's ids in place. */
  adopt({ columns, refused, additions }: ForeignScan): ScannedLines {
    additions.forEach((added, index) => {
      if (added !== undefined) this.#learn(index, added);
    });
    columns.ids.forEach((ids, index) => {
      if (ids === undefined) return;
      const own = this.#own[index] as Int32Array;
      for (let row = 0; row < columns.count; row++) ids[row] = own[ids[row] as number] as number;
    });
    if (this.#primaryKey.kind === 'text') {
      const ids = present(columns.ids[this.#primaryKey.index], 'a text that is the primary key is interned');
      for (let row = 0; row < columns.count; row++) columns.keys[row * KEY_WORDS] = ids[row] as number;
    }
    return { columns, refused };
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
  }
}
