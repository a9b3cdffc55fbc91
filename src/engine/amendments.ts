import type { Amendment, AmendmentPage } from '../ports/runtime.ts';
import type { Row } from '../ports/rows.ts';
import type { GroupTable } from './group-table.ts';

/** So many of the newest are kept; older ones are only counted. */
const KEPT_MAX = 10_000;

/** What a checkpoint keeps of the amendments. */
export interface AmendmentFacts {
  readonly total: number;
  readonly newest: readonly Amendment[];
}

/** What changed in closed days, newest first, one a changed row and frame. */
export class Amendments {
  #total: number;
  /** Oldest first. */
  #newest: Amendment[];

  constructor(facts: AmendmentFacts = { total: 0, newest: [] }) {
    this.#total = facts.total;
    this.#newest = [...facts.newest];
  }

  add(amendments: readonly Omit<Amendment, 'id'>[]): void {
    for (const amendment of amendments) this.#newest.push({ id: ++this.#total, ...amendment });
    // Cut only now and then, so that a long import into the past does not move the list for each frame.
    if (this.#newest.length > 2 * KEPT_MAX) this.#newest = this.#newest.slice(-KEPT_MAX);
  }

  page(limit: number, offset: number): AmendmentPage {
    const end = Math.max(0, this.#newest.length - offset);
    return { total: this.#total, entries: this.#newest.slice(Math.max(0, end - limit), end).toReversed() };
  }

  save(): AmendmentFacts {
    return { total: this.#total, newest: this.#newest.slice(-KEPT_MAX) };
  }
}

/** Notes the rows of closed days as they were before a frame changes them. */
export class ClosedRows {
  readonly #before = new Map<GroupTable, Map<number, Row | null>>();
  readonly #rowOf: (table: GroupTable, row: number) => Row;

  /** @param rowOf  a table's row as readers get it, as of now */
  constructor(rowOf: (table: GroupTable, row: number) => Row) {
    this.#rowOf = rowOf;
  }

  /** Must be called before the row changes; only the first call for a row counts. */
  note(table: GroupTable, row: number, isNew: boolean): void {
    let rows = this.#before.get(table);
    if (rows === undefined) this.#before.set(table, (rows = new Map<number, Row | null>()));
    if (!rows.has(row)) rows.set(row, isNew ? null : this.#rowOf(table, row));
  }

  /** What the frame changed, once it is all added. */
  amendments(frame: number, firstOffset: number): readonly Omit<Amendment, 'id'>[] {
    return [...this.#before].flatMap(([table, rows]) =>
      [...rows].map(([row, before]) => {
        const after = this.#rowOf(table, row);
        return { frame, firstOffset, report: table.report.name, before, after };
      }),
    );
  }
}
