import { dayParameter, wholeParameter } from '../../base/query-values.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import { reportNamed } from '../../plan/query-names.ts';
import type { Reading, Readings, ReportPage, ReportQuery, TotalsPage, TotalsQuery } from '../../ports/rows.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import { Pages } from './pages.ts';
import { Groups } from './groups.ts';
import type { SelectionQuery } from './selection.ts';
import { Selection, selectionKey } from './selection.ts';
import { Totals } from './totals.ts';

/** No more questions are remembered, however small they are: a page asks 40 at most, and a few are open. */
const REMEMBERED_MAX = 128;

/** What is kept of questions. */
type Part = Pages | Totals | Selection | Groups;

/**
 * Answers questions about the reports. What was found for one is remembered, so that asking again costs what has changed
 * since; `queryState` gives the same answers by looking at everything each time.
 */
export class Reader {
  readonly #state: EngineState;
  readonly #bytesMax: number;
  /** By question, those that were asked last behind the others. What is alike in several is there once. */
  readonly #remembered = new Map<string, Pages | Totals>();

  /** @param bytesMax  what may be remembered, in bytes; the last question is, whatever it takes */
  constructor(state: EngineState, bytesMax: number) {
    this.#state = state;
    this.#bytesMax = bytesMax;
  }

  /** What is remembered takes of memory, about. */
  get bytes(): number {
    let bytes = 0;
    for (const part of this.#parts()) bytes += part.bytes;
    return bytes;
  }

  /** @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` */
  read(readings: readonly Reading[], frame: number): Readings {
    const answers = readings.map((reading) =>
      reading.kind === 'rows'
        ? this.rows(reading.report, reading.query, frame)
        : this.totals(reading.report, reading.query, frame),
    );
    return { frame, answers };
  }

  /** @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` */
  rows(name: string, query: ReportQuery, frame: number): ReportPage {
    const report = reportNamed(this.#state.plan, name);
    const tables = this.#tables(report, query);
    const { offset, limit } = pageOf(query, tables);
    const { sort, extentOf } = query;
    const key = JSON.stringify(['rows', selectionKey(report, query), sort, extentOf]);
    const pages = this.#recall(key, Pages, () => {
      return new Pages(this.#state, report, this.#selection(report, query), query);
    });
    const page = pages.page(tables, offset, limit, frame);
    this.#forget();
    return page;
  }

  /** @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` */
  totals(name: string, query: TotalsQuery, frame: number): TotalsPage {
    const report = reportNamed(this.#state.plan, name);
    const tables = this.#tables(report, query);
    wholeParameter('offset', query.offset);
    wholeParameter('limit', query.limit);
    const { by, measure, from, to } = query;
    const key = JSON.stringify(['totals', selectionKey(report, query), by, measure, from, to]);
    const totals = this.#recall(key, Totals, () => {
      const groupsBy = (dimensions: readonly number[]): Groups => this.#groups(report, dimensions);
      return new Totals(this.#state, report, this.#selection(report, query), query, groupsBy);
    });
    const page = totals.page(tables, query, frame);
    this.#forget();
    return page;
  }

  #recall<T extends Pages | Totals>(key: string, kind: new (...of: never[]) => T, make: () => T): T {
    const known = this.#remembered.get(key);
    const found = known instanceof kind ? known : make();
    // The order of a map is that of its entries' coming.
    this.#remembered.delete(key);
    this.#remembered.set(key, found);
    return found;
  }

  /** Forgets what was not asked for longest, where too much is remembered. */
  #forget(): void {
    for (const oldest of this.#remembered.keys()) {
      const { size } = this.#remembered;
      if (size === 1 || (size <= REMEMBERED_MAX && this.bytes <= this.#bytesMax)) return;
      this.#remembered.delete(oldest);
    }
  }

  /** All that is kept of questions, each once. */
  #parts(): ReadonlySet<Part> {
    const parts = new Set<Part>();
    for (const found of this.#remembered.values()) {
      parts.add(found).add(found.selection).add(found.selection.groups);
      if (found instanceof Totals) parts.add(found.groups);
    }
    return parts;
  }

  #selection(report: ReportPlan, query: SelectionQuery): Selection {
    const key = selectionKey(report, query);
    for (const part of this.#parts()) if (part instanceof Selection && part.key === key) return part;
    const others = report.dimensions.slice(1).map((_, index) => index + 1);
    return new Selection(this.#state, report, this.#groups(report, others), query);
  }

  #groups(report: ReportPlan, dimensions: readonly number[]): Groups {
    for (const part of this.#parts()) if (part instanceof Groups && part.isBy(report, dimensions)) return part;
    return new Groups(report, dimensions);
  }

  /** Newest first. */
  #tables(report: ReportPlan, query: Pick<ReportQuery, 'from' | 'to'>): readonly GroupTable[] {
    const from = dayParameter('from', query.from) ?? -Infinity;
    const to = dayParameter('to', query.to) ?? Infinity;
    return this.#state.daysBetween(from, to).flatMap((day) => this.#state.table(report, day) ?? []);
  }
}

function pageOf(
  query: ReportQuery,
  tables: readonly GroupTable[],
): { readonly offset: number; readonly limit: number } {
  const most = tables.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return {
    offset: Math.min(most, wholeParameter('offset', query.offset) ?? 0),
    limit: Math.min(most, wholeParameter('limit', query.limit) ?? most),
  };
}
