import { present } from '../../base/assert.ts';
import { formatDay, parseDay } from '../../base/calendar.ts';
import { microsText } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cell, ReportPage, ReportQuery, Row } from '../../ports/rows.ts';
import type { RemoteRuntime } from '../remote.ts';
import { rowKey } from './report-row.ts';

const SLICE_DAYS = 31;
const POLL_MS = 250;

export interface ReconcileOptions {
  readonly plan: Plan;
  /** The Daybook that is moved. */
  readonly from: RemoteRuntime;
  readonly clock: Clock;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** How long the stack may go without getting further. */
  readonly patienceMs: number;
  /** So many rows that differ are given of all reports; all are counted. */
  readonly differencesMax: number;
  /** So many days are waited for that are computed again. */
  readonly onClosedDays: (waiting: number) => void;
}

/** How one report compares. */
interface ReconciledReport {
  readonly report: ReportPlan;
  readonly rows: number;
  readonly differing: number;
}

/** A row that differs: as the Daybook has it, and as the stack has it; undefined: it has none. */
export interface RowDifference {
  readonly report: ReportPlan;
  /** As `rowKey` spells it. */
  readonly key: string;
  readonly here: Row | undefined;
  readonly there: Row | undefined;
}

export interface Reconciliation {
  readonly reports: readonly ReconciledReport[];
  readonly differences: readonly RowDifference[];
}

type ReadThere = (report: string, query: ReportQuery) => Promise<ReportPage>;

/** What tells that the stack is not done yet. */
export interface Settling {
  readonly wholeFrame: () => Promise<number | undefined>;
  /** The newest frame that was announced, and how many closed days wait to be computed again. */
  readonly announced: () => Promise<{ readonly frame: number; readonly daysBehind: number }>;
}

/**
 * Days that were closed are computed again behind the others, and what was computed comes to PostgreSQL a little later: so
 * what differs is looked at again as long as anything of it is under way.
 */
export async function reconcileUntilEqual(
  options: ReconcileOptions,
  there: ReadThere,
  { wholeFrame, announced }: Settling,
): Promise<Reconciliation> {
  const { clock, patienceMs, signal, onClosedDays } = options;
  for (;;) {
    const { frame, daysBehind } = await announced();
    const before = await wholeFrame();
    const found = await reconcile(options, there);
    const isSettled = daysBehind === 0 && before !== undefined && before >= frame;
    if (isSettled || found.reports.every(({ differing }) => differing === 0)) return found;
    if (daysBehind > 0) onClosedDays(daysBehind);
    const untilMs = clock.nowMs() + patienceMs;
    while ((await wholeFrame()) === before) {
      stopIf(signal);
      if (clock.nowMs() >= untilMs) return found;
      await clock.sleep(POLL_MS, signal);
    }
  }
}

async function reconcile(
  { plan, from, signal, differencesMax }: ReconcileOptions,
  there: ReadThere,
): Promise<Reconciliation> {
  const reports: ReconciledReport[] = [];
  const differences: RowDifference[] = [];
  for (const report of plan.reports) {
    let rows = 0;
    let differing = 0;
    for await (const query of slicesOf(report, from, there)) {
      stopIf(signal);
      const [own, theirs] = [await from.query(report.name, query), await there(report.name, query)];
      const found = differencesOf(report, own.rows, theirs.rows);
      rows += Math.max(own.rows.length, theirs.rows.length);
      differing += found.length;
      differences.push(...found.slice(0, Math.max(0, differencesMax - differences.length)));
    }
    reports.push({ report, rows, differing });
  }
  return { reports, differences };
}

/** All days that either side has, a month at a time. */
async function* slicesOf(report: ReportPlan, from: RemoteRuntime, there: ReadThere): AsyncGenerator<ReportQuery> {
  const day = present(report.dimensions[0], 'a report has its business date').name;
  const edge = async (descending: boolean): Promise<readonly number[]> => {
    const query: ReportQuery = { sort: [{ column: day, descending }], limit: 1 };
    const pages = [await from.query(report.name, query), await there(report.name, query)];
    return pages.flatMap(({ rows }) => parseDay(String(rows[0]?.[day])) ?? []);
  };
  const [first, last] = [Math.min(...(await edge(false))), Math.max(...(await edge(true)))];
  for (let at = first; at <= last; at += SLICE_DAYS) {
    yield { from: formatDay(at), to: formatDay(Math.min(last, at + SLICE_DAYS - 1)) };
  }
}

function differencesOf(report: ReportPlan, here: readonly Row[], there: readonly Row[]): readonly RowDifference[] {
  const own = new Map(here.map((row) => [rowKey(report, row), row]));
  const theirs = new Map(there.map((row) => [rowKey(report, row), row]));
  const keys = new Set([...own.keys(), ...theirs.keys()]);
  return [...keys].flatMap((key) => {
    const [a, b] = [own.get(key), theirs.get(key)];
    const isSame = a !== undefined && b !== undefined && report.measures.every(({ name }) => a[name] === b[name]);
    return isSame ? [] : [{ report, key, here: a, there: b }];
  });
}

/** A cell for people. */
export function cellText(cell: Cell): string {
  if (cell === null) return 'null';
  return typeof cell === 'bigint' ? microsText(cell) : String(cell);
}

/** @throws DaybookError `INTERRUPTED` */
export function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new DaybookError('INTERRUPTED', 'The migration was interrupted; run it again to go on.');
}
