import type { ReportPlan } from '../../plan/plan.ts';
import type { Reading, Readings, ReportPage, ReportQuery, TotalsPage, TotalsQuery } from '../../ports/rows.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import { Pages } from './pages.ts';
import { Groups } from './groups.ts';
import { dayParameter, reportNamed, wholeParameter } from './parameters.ts';
import type { SelectionQuery } from './selection.ts';
import { Selection } from './selection.ts';
import { Totals } from './totals.ts';

/** So many questions are remembered, those that were asked last: what the pages that are open show, and a search or two. */
const REMEMBERED_MAX = 32;

/**
 * Answers questions about the reports. What was found for one is remembered, so that asking again costs what has changed
 * since; `queryState` gives the same answers by looking at everything each time.
 */
export class Reader {
  readonly #state: EngineState;
  /** By report: the combinations of all dimensions but the business date; made when one is first looked for. */
  readonly #groups = new Map<ReportPlan, Groups>();
  readonly #selections = new Remembered<Selection>();
  readonly #pages = new Remembered<Pages>();
  readonly #totals = new Remembered<Totals>();

  constructor(state: EngineState) {
    this.#state = state;
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
    const report = reportNamed(this.#state, name);
    const tables = this.#tables(report, query);
    const { offset, limit } = pageOf(query, tables);
    const [key, selection] = this.#selection(report, query);
    const pages = this.#pages.get(JSON.stringify([key, query.sort, query.extentOf]), () => {
      return new Pages(this.#state, report, selection, query);
    });
    return pages.page(tables, offset, limit, frame);
  }

  /** @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` */
  totals(name: string, query: TotalsQuery, frame: number): TotalsPage {
    const report = reportNamed(this.#state, name);
    const tables = this.#tables(report, query);
    wholeParameter('offset', query.offset);
    wholeParameter('limit', query.limit);
    const [key, selection] = this.#selection(report, query);
    const totals = this.#totals.get(JSON.stringify([key, query.by, query.measure, query.from, query.to]), () => {
      return new Totals(this.#state, report, selection, query);
    });
    return totals.page(tables, query, frame);
  }

  #selection(report: ReportPlan, { equals = {}, search = '' }: ReportQuery): readonly [string, Selection] {
    const key = JSON.stringify([report.index, Object.entries(equals), search]);
    return [key, this.#selections.get(key, () => this.#makeSelection(report, { equals, search }))];
  }

  #makeSelection(report: ReportPlan, query: SelectionQuery): Selection {
    let groups = this.#groups.get(report);
    if (groups === undefined) {
      groups = new Groups(
        report,
        report.dimensions.slice(1).map((_, index) => index + 1),
      );
      this.#groups.set(report, groups);
    }
    return new Selection(this.#state, report, groups, query);
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

/** Keeps what was asked for last. */
class Remembered<T> {
  readonly #known = new Map<string, T>();

  get(key: string, make: () => T): T {
    const known = this.#known.get(key) ?? make();
    // The order of a map is that of its entries' coming.
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED_MAX) break;
      this.#known.delete(oldest);
    }
    return known;
  }
}
