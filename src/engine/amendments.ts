import { present } from '../base/assert.ts';
import type { Amendment, AmendmentPage } from '../ports/runtime.ts';
import type { Row } from '../ports/rows.ts';
import type { GroupTable } from './group-table.ts';
import type { SectionArray, SectionReader } from './sections.ts';

/** So many of the newest are kept; older ones are only counted. */
const KEPT_MAX = 10_000;
const FIRST_NOTES = 64;
/** Instead of a row's number. */
const UNCHANGED = -1;

/** What a checkpoint keeps of the amendments besides their arrays. */
export interface AmendmentFacts {
  readonly total: number;
  readonly changes: readonly {
    readonly frame: number;
    readonly firstOffset: number;
    /** The report's position in the plan. */
    readonly report: number;
    readonly days: readonly number[];
  }[];
}

/** Says which table a change was made in, once it is read back. */
export type TableOf = (report: number, day: number) => GroupTable | undefined;

/** A row as a reader gets it, with measures of the numbers that `GroupTable.readRow` gave. */
export type RowText = (table: GroupTable, row: number, numbers: Float64Array, at: number) => Row;

/** What a frame changed in a report's closed days. Row `i` of each array is one amendment. */
interface Change {
  readonly frame: number;
  readonly firstOffset: number;
  readonly rowWidth: number;
  readonly tables: readonly GroupTable[];
  /** Which of the tables. */
  readonly tableOf: Int32Array;
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

  /** How many there have been. */
  get total(): number {
    return this.#total;
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
    return { total: this.#total, kept: Math.min(this.#kept, KEPT_MAX), entries };
  }

  /** All of it for a checkpoint; `load` takes it back. */
  save(): { readonly facts: AmendmentFacts; readonly arrays: readonly SectionArray[] } {
    const changes = this.#changes.map(({ frame, firstOffset, tables }) => {
      return { frame, firstOffset, report: tables[0]?.report.index ?? 0, days: tables.map((table) => table.day) };
    });
    const arrays = this.#changes.flatMap(({ tableOf, rows, isNew, before, after }) => {
      return [tableOf, rows, isNew, before, after];
    });
    return { facts: { total: this.#total, changes }, arrays };
  }

  static load(facts: AmendmentFacts, sections: SectionReader, tableOf: TableOf): Amendments {
    const amendments = new Amendments(facts.total);
    for (const { frame, firstOffset, report, days } of facts.changes) {
      const tables = days.map((day) => present(tableOf(report, day), 'a day that was changed has tables'));
      // Copies, as the sections' arrays are views of a whole checkpoint.
      const change: Change = {
        frame,
        firstOffset,
        rowWidth: tables[0]?.rowWidth ?? 0,
        tables,
        tableOf: sections.int32().slice(),
        rows: sections.int32().slice(),
        isNew: sections.bytes().slice(),
        before: sections.float64().slice(),
        after: sections.float64().slice(),
      };
      amendments.#changes.push(change);
      amendments.#kept += change.rows.length;
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
  const { frame, firstOffset, rowWidth } = change;
  const table = present(change.tables[change.tableOf[index] as number], 'an amendment is of one of the tables');
  const row = change.rows[index] as number;
  const at = index * rowWidth;
  return {
    id,
    frame,
    firstOffset,
    report: table.report.name,
    before: change.isNew[index] === 1 ? null : rowText(table, row, change.before, at),
    after: rowText(table, row, change.after, at),
  };
}

/** Notes the rows of closed days as they were before a frame changes them. */
export class ClosedRows {
  /** By the report's position in the plan. */
  readonly #notes: (ReportNotes | undefined)[] = [];

  /** Must be called before the row changes, once a frame. */
  note(table: GroupTable, row: number, isNew: boolean): void {
    const notes = (this.#notes[table.report.index] ??= new ReportNotes(table.rowWidth));
    notes.add(table, row, isNew);
  }

  /**
   * What the frame changed, once all of it is added: report by report, its days in order, their rows as they changed
   * first. Records of a day keep their order however they are handed over, so reading the frame again gives the same. Of
   * a frame that changed more than are kept, the last of them.
   */
  take(frame: number, firstOffset: number): { readonly total: number; readonly changes: readonly Change[] } {
    const changes: Change[] = [];
    let total = 0;
    for (const notes of this.#notes.splice(0).toReversed()) {
      if (notes === undefined) continue;
      const changed = notes.forgetUnchanged();
      const change = notes.take(frame, firstOffset, Math.min(changed, Math.max(0, KEPT_MAX - total)));
      if (change.rows.length > 0) changes.push(change);
      total += changed;
    }
    return { total, changes: changes.toReversed() };
  }
}

/** The notes of one table are a chain: each says which comes next, -1 none. */
interface Chain {
  readonly table: GroupTable;
  readonly first: number;
  last: number;
  count: number;
}

/** Rows of one report as they were. */
class ReportNotes {
  readonly #rowWidth: number;
  #rows = new Int32Array(FIRST_NOTES);
  #isNew = new Uint8Array(FIRST_NOTES);
  #next = new Int32Array(FIRST_NOTES);
  #before: Float64Array;
  #count = 0;
  readonly #chains = new Map<GroupTable, Chain>();
  #chain: Chain | undefined;

  constructor(rowWidth: number) {
    this.#rowWidth = rowWidth;
    this.#before = new Float64Array(FIRST_NOTES * rowWidth);
  }

  add(table: GroupTable, row: number, isNew: boolean): void {
    if (this.#count === this.#rows.length) this.#grow();
    const note = this.#count++;
    this.#rows[note] = row;
    this.#isNew[note] = isNew ? 1 : 0;
    this.#next[note] = -1;
    table.readRow(row, this.#before, note * this.#rowWidth);
    // Rows of a table mostly come together.
    const chain = this.#chain?.table === table ? this.#chain : this.#chains.get(table);
    if (chain === undefined) {
      this.#chain = { table, first: note, last: note, count: 1 };
      this.#chains.set(table, this.#chain);
      return;
    }
    this.#next[chain.last] = note;
    chain.last = note;
    chain.count++;
    this.#chain = chain;
  }

  /**
   * Leaves out rows that are as they were: not each record changes a count of customers. All rows can be noted again.
   * @returns how many did change
   */
  forgetUnchanged(): number {
    const now = new Float64Array(this.#rowWidth);
    for (const { table, first } of this.#chains.values()) {
      for (let note = first; note !== -1; note = this.#next[note] as number) {
        const row = this.#rows[note] as number;
        table.forgetNoted(row);
        if (this.#isNew[note] === 1) continue;
        table.readRow(row, now, 0);
        const at = note * this.#rowWidth;
        let i = 0;
        while (i < now.length && now[i] === this.#before[at + i]) i++;
        if (i < now.length) continue;
        this.#rows[note] = UNCHANGED;
        this.#count--;
      }
    }
    return this.#count;
  }

  /** The last `count` changes. */
  take(frame: number, firstOffset: number, count: number): Change {
    const chains = [...this.#chains.values()].sort((a, b) => a.table.day - b.table.day);
    const rowWidth = this.#rowWidth;
    const change: Change = {
      frame,
      firstOffset,
      rowWidth,
      tables: chains.map(({ table }) => table),
      tableOf: new Int32Array(count),
      rows: new Int32Array(count),
      isNew: new Uint8Array(count),
      before: new Float64Array(count * rowWidth),
      after: new Float64Array(count * rowWidth),
    };
    let to = count - this.#count - 1;
    chains.forEach(({ table, first }, index) => {
      for (let note = first; note !== -1; note = this.#next[note] as number) {
        const row = this.#rows[note] as number;
        if (row === UNCHANGED || ++to < 0) continue;
        change.tableOf[to] = index;
        change.rows[to] = row;
        change.isNew[to] = this.#isNew[note] as number;
        for (let i = 0; i < rowWidth; i++)
          change.before[to * rowWidth + i] = this.#before[note * rowWidth + i] as number;
        table.readRow(row, change.after, to * rowWidth);
      }
    });
    return change;
  }

  #grow(): void {
    const length = this.#rows.length * 2;
    const [rows, isNew, next] = [new Int32Array(length), new Uint8Array(length), new Int32Array(length)];
    const before = new Float64Array(length * this.#rowWidth);
    rows.set(this.#rows);
    isNew.set(this.#isNew);
    next.set(this.#next);
    before.set(this.#before);
    this.#rows = rows;
    this.#isNew = isNew;
    this.#next = next;
    this.#before = before;
  }
}
