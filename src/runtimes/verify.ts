import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDay, parseDay } from '../base/calendar.ts';
import { present } from '../base/assert.ts';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { ReportPage } from '../ports/rows.ts';
import type { RuntimeStatus } from '../ports/runtime.ts';
import type { Difference } from '../stores/duckdb/verifier.ts';
import { Verifier } from '../stores/duckdb/verifier.ts';
import type { RemoteRuntime } from './remote.ts';

export type { Difference } from '../stores/duckdb/verifier.ts';

/** A frame from here on is the microseconds of a batch of the stack: so many records no log has. */
const MOMENTS_FROM = 1e15;
const SLICE_ROWS_MAX = 100_000;
const FIRST_SLICE_DAYS = 32;

export interface VerifyOptions {
  readonly runtime: RemoteRuntime;
  /** Business days, both included; undefined: open. */
  readonly range: { readonly from?: string; readonly to?: string };
  /** So many differing rows are given of all reports; all are counted. */
  readonly differencesMax: number;
  /** Rows that are read and compared at once, unless a single day has more; 100,000 unless told. */
  readonly sliceRowsMax?: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** How many records of how many were read, and then how many of all slices of the reports were compared. */
  readonly onProgress: (phase: 'reading' | 'comparing', done: number, total: number) => void;
}

export interface VerifiedReport {
  readonly report: ReportPlan;
  readonly rows: number;
  readonly differing: number;
}

export interface Verification {
  /** Raw records in the log. */
  readonly records: number;
  /** How many the engine counts, when that cannot be the number of those in the log. */
  readonly miscounted: number | undefined;
  /** In the plan's order. */
  readonly reports: readonly VerifiedReport[];
  readonly differences: readonly (Difference & { readonly report: ReportPlan })[];
}

/**
 * Computes all reports again from the raw records, by other means than the engine's, and compares each row.
 *
 * Rows are read first, some days at a time, each time with the frame that they are of; then all records of the log, of
 * which so many count for a row as were in its frame. So sales may come in meanwhile. Records of all days are read also
 * for a range, as to which day a record belongs, and which of two repeats came first, is among what is verified.
 * On the stack a frame does not say how many records it has. There all that was in the topic once the rows were read is
 * among the records, so rows of some days that agree with them are right, whatever came in for others; when rows differ,
 * and without a range, no records may have come in meanwhile.
 * @throws DaybookError `VERIFY_FAILED`, `NOT_AT_REST` (retryable), `DISK_FULL` (retryable), `INTERRUPTED`; what the
 *   runtime throws
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const folder = await makeTemporaryFolder();
  try {
    const verifier = await Verifier.open(options.runtime.plan, folder);
    try {
      return await verifyWith(verifier, options);
    } finally {
      await verifier.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param differing  rows that were compared and differ, which may be for nothing but records that came in
 * @throws DaybookError `NOT_AT_REST` when the raw records are not those of the frame that the rows were read as of
 */
function checkAtRest(records: number, before: RuntimeStatus, after: RuntimeStatus, differing: number): void {
  if (before.offset === after.offset && records === after.accepted) return;
  const found = differing === 0 ? '' : `${counted(differing, 'row')} of these days may differ for that alone. `;
  throw new DaybookError(
    'NOT_AT_REST',
    `The reports have ${after.accepted} records and Cassandra ${records}: records came in meanwhile, or a sink is behind. ` +
      `${found}Verify again once all of them have come to rest.`,
    { retryable: true, details: { records, accepted: after.accepted, differing } },
  );
}

async function makeTemporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'daybook-verify-'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DaybookError(
      'VERIFY_FAILED',
      `No temporary folder can be made in ${tmpdir()}: ${reason}. Set TMPDIR to a folder that can be written to.`,
      { details: { folder: tmpdir() }, cause },
    );
  }
}

async function verifyWith(verifier: Verifier, options: VerifyOptions): Promise<Verification> {
  const { runtime, range, signal, sliceRowsMax = SLICE_ROWS_MAX } = options;
  const before = await runtime.status();
  const isStack = before.offset >= MOMENTS_FROM;
  // Records that a repair of the log could not save have offsets, too; all of them are older than what comes in now.
  const lost = before.offset - before.accepted;
  const recordsIn = (frame: number): number => (isStack ? Number.MAX_SAFE_INTEGER : frame - lost);
  let slices = 0;
  for (const report of runtime.plan.reports) {
    for await (const { from, to, page } of slicesOf(runtime, report, range, sliceRowsMax)) {
      stopIf(signal);
      await verifier.keep(report, { from, to, records: recordsIn(page.frame) }, page.rows);
      slices++;
    }
  }
  for await (const lines of runtime.records({})) {
    stopIf(signal);
    await verifier.add(lines);
    options.onProgress('reading', verifier.records, Math.max(before.accepted, verifier.records));
  }
  await verifier.endRecords();
  const after = await runtime.status();
  const isOfAllDays = range.from === undefined && range.to === undefined;
  if (isStack && isOfAllDays) checkAtRest(verifier.records, before, after, 0);
  const compared = await compareAll(verifier, slices, options);
  const differing = compared.reports.reduce((sum, report) => sum + report.differing, 0);
  if (isStack && differing > 0) checkAtRest(verifier.records, before, after, differing);
  const isPossible = isStack || (verifier.records >= before.accepted && verifier.records <= after.accepted);
  return { records: verifier.records, miscounted: isPossible ? undefined : after.accepted, ...compared };
}

async function compareAll(
  verifier: Verifier,
  slices: number,
  { runtime, differencesMax, signal, onProgress }: VerifyOptions,
): Promise<Pick<Verification, 'reports' | 'differences'>> {
  const reports = runtime.plan.reports.map((report) => ({ report, rows: 0, differing: 0 }));
  const differences: (Difference & { readonly report: ReportPlan })[] = [];
  let compared = 0;
  for await (const { report, comparison } of verifier.compare(differencesMax)) {
    stopIf(signal);
    const sum = present(reports[report.index], 'each report is verified');
    sum.rows += comparison.rows;
    sum.differing += comparison.differing;
    const room = differencesMax - differences.length;
    differences.push(...comparison.differences.slice(0, room).map((difference) => ({ report, ...difference })));
    onProgress('comparing', ++compared, slices);
  }
  return { reports, differences };
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new DaybookError('INTERRUPTED', 'The verification was interrupted before its end.');
}

interface RowsOfDays {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly page: ReportPage;
}

/**
 * All rows of a report in a range, oldest first, in slices of so many days that a slice has not too many rows. The first
 * and the last are open where the range is, so that a day that comes in addition is in one of them.
 */
async function* slicesOf(
  runtime: RemoteRuntime,
  report: ReportPlan,
  range: { readonly from?: string; readonly to?: string },
  rowsMax: number,
): AsyncGenerator<RowsOfDays> {
  const read = async (from: string | undefined, to: string | undefined, limit?: number): Promise<ReportPage> =>
    runtime.query(report.name, {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(limit !== undefined && { limit }),
    });
  const { name } = present(report.dimensions[0], 'a report has its business date');
  const edge = async (descending: boolean): Promise<number | undefined> => {
    const page = await runtime.query(report.name, { ...range, sort: [{ column: name, descending }], limit: 1 });
    return parseDay(String(page.rows[0]?.[name]));
  };
  const [oldest, newest] = [await edge(false), await edge(true)];
  if (oldest === undefined || newest === undefined) {
    yield { from: range.from, to: range.to, page: await read(range.from, range.to) };
    return;
  }
  let days = FIRST_SLICE_DAYS;
  for (let first = oldest; first <= newest;) {
    const from = first === oldest ? range.from : formatDay(first);
    const until = (last: number): string | undefined => (last >= newest ? range.to : formatDay(last));
    let { total } = await read(from, until(first + days - 1), 0);
    while (total > rowsMax && days > 1) {
      days = Math.ceil(days / 2);
      ({ total } = await read(from, until(first + days - 1), 0));
    }
    const to = until(first + days - 1);
    yield { from, to, page: await read(from, to) };
    first += days;
    if (total < rowsMax / 4) days *= 2;
  }
}
