import { present } from '../base/assert.ts';
import type { Amendment, AmendmentPage } from '../ports/runtime.ts';
import type { Row } from '../ports/rows.ts';
import type { GroupTable } from './group-table.ts';
import type { SectionArray, SectionReader } from './sections.ts';

/** So many of the newest are kept; older ones are only counted. */
const KEPT_MAX = 10_000;
const FIRST_NOTES = 8;

/** What a checkpoint keeps of the amendments besides their arrays. */
export interface AmendmentFacts {
  readonly total: number;
  readonly changes: readonly {
    readonly frame: number;
    readonly firstOffset: number;
    /** The report's position in the plan. */
    readonly report: number;
    readonly day: number;
  }[];
}

/** Says which table a change was made in, once it is read back. */
export type TableOf = (report: number, day: number) => GroupTable | undefined;

/** A row as a reader gets it, with measures of the numbers that `GroupTable.readRow` gave. */
export type RowText = (table: GroupTable, row: number, numbers: Float64Array, at: number) => Row;

/** What a frame changed in one table of a closed day. Row `i` of each array is one amendment. */
interface Change {
  readonly frame: number;
  readonly firstOffset: number;
  readonly table: GroupTable;
  readonly rows: Int32Array;
  /** 1 where there was no row before. */
  readonly isNew: Uint8Array;
  /** The numbers of each row before and after, `rowWidth` each. */
  readonly before: Float64Array;
  readonly after: Float64Array;
}

/**
 * What changed in closed days, one amendment a changed row and frame. Only numbers are kept, as a long import into the
 * past makes millions; rows are made of them when somebody reads.
 */
export class Amendments {
  #total: number;
  /** Oldest first; at least the newest `KEPT_MAX` amendments. */
  #changes: Change[] = [];
  #kept = 0;

  constructor(total = 0) {
    this.#total = total;
  }

  /** Takes in what a frame changed, once all of it is added. */
  add(closed: ClosedRows, frame: number, firstOffset: number): void {
    const { total, changes } = closed.take(frame, firstOffset);
    this.#total += total;
    for (const change of changes) {
      this.#changes.push(change);
      this.#kept += change.rows.length;
    }
    this.#forgetOldest();
  }

  /** Amendments, newest first. */
  page(limit: number, offset: number, rowText: RowText): AmendmentPage {
    const entries: Amendment[] = [];
    let id = this.#total;
    for (let index = this.#changes.length - 1; index >= 0 && entries.length < limit; index--) {
      const change = present(this.#changes[index], 'the index is below the length');
      for (let i = change.rows.length - 1; i >= 0 && entries.length < limit && this.#total - id < KEPT_MAX; i--, id--) {
        if (this.#total - id >= offset) entries.push(amendmentOf(change, i, id, rowText));
      }
    }
    return { total: this.#total, entries };
  }

  /** All of it for a checkpoint; `load` takes it back. */
  save(): { readonly facts: AmendmentFacts; readonly arrays: readonly SectionArray[] } {
    const changes = this.#changes.map(({ frame, firstOffset, table }) => {
      return { frame, firstOffset, report: table.report.index, day: table.day };
    });
    const arrays = this.#changes.flatMap(({ rows, isNew, before, after }) => [rows, isNew, before, after]);
    return { facts: { total: this.#total, changes }, arrays };
  }

  static load(facts: AmendmentFacts, sections: SectionReader, tableOf: TableOf): Amendments {
    const amendments = new Amendments(facts.total);
    for (const { frame, firstOffset, report, day } of facts.changes) {
      const table = present(tableOf(report, day), 'a day that was changed has tables');
      // Copies, as the sections' arrays are views of a whole checkpoint.
      const [rows, isNew] = [sections.int32().slice(), sections.bytes().slice()];
      const [before, after] = [sections.float64().slice(), sections.float64().slice()];
      amendments.#changes.push({ frame, firstOffset, table, rows, isNew, before, after });
      amendments.#kept += rows.length;
    }
    return amendments;
  }

  /** Only now and then, so that a long import into the past does not move the list for each frame. */
  #forgetOldest(): void {
    if (this.#kept < 2 * KEPT_MAX) return;
    let first = 0;
    while (this.#kept - (this.#changes[first] as Change).rows.length >= KEPT_MAX) {
      this.#kept -= (this.#changes[first++] as Change).rows.length;
    }
    this.#changes = this.#changes.slice(first);
  }
}

function amendmentOf(change: Change, index: number, id: number, rowText: RowText): Amendment {
  const { frame, firstOffset, table } = change;
  const row = change.rows[index] as number;
  const at = index * table.rowWidth;
  return {
    id,
    frame,
    firstOffset,
    report: table.report.name,
    before: change.isNew[index] === 1 ? null : rowText(table, row, change.before, at),
    after: rowText(table, row, change.after, at),
  };
}

/** Rows of one table as they were. */
class Notes {
  readonly rows: number[] = [];
  readonly isNew: boolean[] = [];
  before: Float64Array;

  constructor(rowWidth: number) {
    this.before = new Float64Array(FIRST_NOTES * rowWidth);
  }
}

/** Notes the rows of closed days as they were before a frame changes them. */
export class ClosedRows {
  readonly #notes = new Map<GroupTable, Notes>();

  /** Must be called before the row changes, once a frame. */
  note(table: GroupTable, row: number, isNew: boolean): void {
    let notes = this.#notes.get(table);
    if (notes === undefined) this.#notes.set(table, (notes = new Notes(table.rowWidth)));
    const at = notes.rows.length * table.rowWidth;
    if (at + table.rowWidth > notes.before.length) {
      const before = new Float64Array(Math.max(table.rowWidth, notes.before.length * 2));
      before.set(notes.before);
      notes.before = before;
    }
    table.readRow(row, notes.before, at);
    notes.rows.push(row);
    notes.isNew.push(isNew);
  }

  /**
   * What the frame changed, once all of it is added: report by report, its days and their rows in order, so that reading
   * the frame again gives the same. Of a frame that changed more than are kept, the last of them.
   */
  take(frame: number, firstOffset: number): { readonly total: number; readonly changes: readonly Change[] } {
    const tables = [...this.#notes].sort(([a], [b]) => a.report.index - b.report.index || a.day - b.day);
    const changes: Change[] = [];
    let total = 0;
    for (const [table, notes] of tables.toReversed()) {
      table.forgetNoted(notes.rows);
      if (total < KEPT_MAX) changes.push(changeOf(table, notes, frame, firstOffset));
      total += notes.rows.length;
    }
    this.#notes.clear();
    return { total, changes: changes.toReversed() };
  }
}

function changeOf(table: GroupTable, notes: Notes, frame: number, firstOffset: number): Change {
  const { rowWidth } = table;
  // Rows are numbered as they come, so their order is that of their numbers once they are all there.
  const order = notes.rows.map((_, index) => index).sort((a, b) => (notes.rows[a] ?? 0) - (notes.rows[b] ?? 0));
  const before = new Float64Array(order.length * rowWidth);
  const after = new Float64Array(order.length * rowWidth);
  order.forEach((from, index) => {
    before.set(notes.before.subarray(from * rowWidth, (from + 1) * rowWidth), index * rowWidth);
    table.readRow(notes.rows[from] as number, after, index * rowWidth);
  });
  return {
    frame,
    firstOffset,
    table,
    rows: Int32Array.from(order, (from) => notes.rows[from] as number),
    isNew: Uint8Array.from(order, (from) => (notes.isNew[from] === true ? 1 : 0)),
    before,
    after,
  };
}
