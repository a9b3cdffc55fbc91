import type { FrameEvent, JsonRow } from '../../src/server/protocol.ts';
import type { DayRange } from './day-range.ts';
import { isInRange } from './day-range.ts';
import type { RowsAnswer } from './http.ts';

/** A row's old and new values; `before` is undefined for a new row. */
export interface RowChange {
  readonly before: JsonRow | undefined;
  readonly after: JsonRow;
}

/** Which rows of a report are held. */
export interface LiveRowsOf {
  readonly report: string;
  readonly range: DayRange;
  /** The report's dimensions, which are a row's key. */
  readonly dimensions: readonly string[];
}

/**
 * A report's rows in a range of days, kept up to date by frames. Frames carry absolute values, so one that comes while
 * rows are being read is put on top of what was read, and one that is applied twice changes nothing.
 */
export class LiveRows {
  readonly #of: LiveRowsOf;
  readonly #dateColumn: string;
  readonly #listeners = new Set<(changes: readonly RowChange[] | 'all') => void>();
  #rows = new Map<string, JsonRow>();
  /** For each reading under way, what came since it began. */
  readonly #cameMeanwhile = new Set<JsonRow[]>();
  #version = 0;
  #frame: number | undefined;

  /** @param dateColumn the dimension that is the business date */
  constructor(of: LiveRowsOf, dateColumn: string) {
    this.#of = of;
    this.#dateColumn = dateColumn;
  }

  rows(): Iterable<JsonRow> {
    return this.#rows.values();
  }

  /** The frame that the rows were last read as of; those that came since are on top. */
  get frame(): number | undefined {
    return this.#frame;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Calls the listener after rows changed; `all`: they were read again. @returns a function that ends it */
  onChange(listener: (changes: readonly RowChange[] | 'all') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads all rows by `read`, and puts on top what frames bring meanwhile. @throws what `read` throws; nothing changes then */
  async load(read: () => Promise<RowsAnswer>): Promise<void> {
    const meanwhile: JsonRow[] = [];
    this.#cameMeanwhile.add(meanwhile);
    try {
      const { frame, rows } = await read();
      this.#frame = frame;
      this.#rows = new Map([...rows, ...meanwhile].map((row) => [this.#keyOf(row), row]));
      this.#changed('all');
    } finally {
      this.#cameMeanwhile.delete(meanwhile);
    }
  }

  /** Takes the rows that a frame lists for this report. */
  take(frame: FrameEvent): void {
    const listed = frame.reports.find(({ name }) => name === this.#of.report)?.rows ?? [];
    const rows = listed.filter((row) => isInRange(String(row[this.#dateColumn]), this.#of.range));
    if (rows.length === 0) return;
    for (const meanwhile of this.#cameMeanwhile) meanwhile.push(...rows);
    const changes = rows.map((after) => {
      const key = this.#keyOf(after);
      const before = this.#rows.get(key);
      this.#rows.set(key, after);
      return { before, after };
    });
    this.#changed(changes);
  }

  #changed(changes: readonly RowChange[] | 'all'): void {
    this.#version++;
    for (const listener of this.#listeners) listener(changes);
  }

  #keyOf(row: JsonRow): string {
    return JSON.stringify(this.#of.dimensions.map((name) => row[name]));
  }
}
