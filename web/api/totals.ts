import type { JsonCell, JsonRow } from '../../src/server/protocol.ts';
import type { LiveRows, RowChange } from './live-rows.ts';

/** Cells that a group's rows share, with the sum of a measure over them. */
export interface Total {
  readonly cells: readonly JsonCell[];
  readonly value: number;
}

/** Decimals have 6 places; as whole millionths their sums are exact below 9 billion. */
const UNITS = 1_000_000;

/** A measure of live rows summed by group; a change costs what changed, not all rows. */
export class Totals {
  readonly #live: LiveRows;
  readonly #groupBy: readonly string[];
  readonly #measure: string;
  readonly #groups = new Map<string, { readonly cells: readonly JsonCell[]; units: number }>();
  #units = 0;
  #version = -1;

  constructor(live: LiveRows, groupBy: readonly string[], measure: string) {
    this.#live = live;
    this.#groupBy = groupBy;
    this.#measure = measure;
    this.#rebuild();
  }

  /** The measure's sum over all rows. */
  get value(): number {
    return this.#units / UNITS;
  }

  /** Grows with every change of the rows. */
  get version(): number {
    return this.#version;
  }

  /** Groups in the order in which they first came; one whose sum is zero is still there. */
  *groups(): Generator<Total> {
    for (const { cells, units } of this.#groups.values()) yield { cells, value: units / UNITS };
  }

  /** Follows the rows from now on, calling back after each change. @returns a function that ends it */
  follow(changed: () => void): () => void {
    if (this.#version !== this.#live.version) this.#rebuild();
    return this.#live.onChange((changes) => {
      if (changes === 'all') this.#rebuild();
      else for (const change of changes) this.#add(change);
      this.#version = this.#live.version;
      changed();
    });
  }

  #rebuild(): void {
    this.#groups.clear();
    this.#units = 0;
    for (const after of this.#live.rows()) this.#add({ before: undefined, after });
    this.#version = this.#live.version;
  }

  #add({ before, after }: RowChange): void {
    const cells = this.#groupBy.map((name) => after[name] ?? null);
    const key = JSON.stringify(cells);
    const units = unitsOf(after, this.#measure) - unitsOf(before, this.#measure);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { cells, units });
    else group.units += units;
    this.#units += units;
  }
}

function unitsOf(row: JsonRow | undefined, measure: string): number {
  const cell = row?.[measure];
  return typeof cell === 'number' ? Math.round(cell * UNITS) : 0;
}
