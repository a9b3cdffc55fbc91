import { present } from '../base/assert.ts';
import { badQuery, dayParameter } from '../base/query-values.ts';
import type { FieldPlan, Plan, ReportPlan } from '../plan/plan.ts';
import { reportNamed } from '../plan/query-names.ts';
import type { Duplicate, ExplainQuery, Explanation } from '../ports/explanation.ts';
import type { Row } from '../ports/rows.ts';
import type { Amendment } from '../ports/runtime.ts';
import type { TopicRecord } from '../ports/topics.ts';
import type { RecordColumns } from '../record/columns.ts';
import { Scanner } from '../record/scanner.ts';
import { keyIn } from './duplicates.ts';
import type { Filter } from './filter.ts';
import { makeFilter } from './filter.ts';
import type { LogIndex } from './log-index.ts';
import { queryState } from './query.ts';
import { idOf } from './reading/parameters.ts';
import { EngineState } from './state.ts';

/** What an explanation is made of. */
export interface ExplainFrom {
  readonly state: EngineState;
  readonly index: LogIndex;
  /** The log's next offset, as of which the state is. */
  readonly frame: number;
  /** All that are kept, newest first. */
  readonly duplicates: readonly Duplicate[];
  readonly amendments: readonly Amendment[];
}

/**
 * Finds the records of a row in the log and computes the row of them alone: by the same scanner and accumulators, in a
 * state of their own.
 * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY`
 */
export async function explainRow(
  { state, index, frame, duplicates, amendments }: ExplainFrom,
  query: ExplainQuery,
  signal: AbortSignal,
): Promise<Explanation> {
  const report = reportNamed(state.plan, query.report);
  const day = dayOf(report, query.key);
  const row = rowAt(state, report, query);
  const own = amendments.filter(({ report: name, after }) => name === report.name && isSameRow(report, after, row));
  const search = new RowSearch(state.plan, report, query, new Set(duplicates.map(({ key }) => key)));
  await index.refresh(signal);
  for await (const stored of index.frames({ fromOffset: 0, toOffset: frame, days: { first: day, last: day } })) {
    search.look(stored.records, stored.firstOffset, day);
    if (signal.aborted) break;
  }
  return {
    frame,
    row,
    computed: search.row(),
    waiting: 0,
    total: search.total,
    records: search.records,
    duplicates: duplicates.filter(({ key }) => search.repeated.has(key)),
    amendments: own,
    looked: search.looked,
  };
}

/** The key's business day. @throws DaybookError `BAD_QUERY` when the key is not just the report's dimensions */
export function dayOf(report: ReportPlan, key: Readonly<Record<string, string>>): number {
  const names = report.dimensions.map(({ name }) => name);
  const missing = names.filter((name) => !Object.hasOwn(key, name));
  if (missing.length > 0) {
    throw badQuery(`A row of '${report.name}' is told by ${names.join(', ')}; ${missing.join(', ')} is missing.`);
  }
  const name = names[0] ?? '';
  return dayParameter(name, key[name] ?? '');
}

function rowAt(state: EngineState, report: ReportPlan, { key }: ExplainQuery): Row | null {
  const day = key[report.dimensions[0]?.name ?? ''] ?? '';
  const equals = Object.fromEntries(report.dimensions.map(({ name }) => [name, [key[name] ?? '']]));
  return queryState(state, report.name, { from: day, to: day, equals }, 0).rows[0] ?? null;
}

function isSameRow(report: ReportPlan, a: Row, b: Row | null): boolean {
  return b !== null && report.dimensions.every(({ name }) => a[name] === b[name]);
}

/** Picks a row's records out of all records of its day, and computes the row of them alone. */
export class RowSearch {
  readonly #report: ReportPlan;
  readonly #query: ExplainQuery;
  readonly #primaryKey: FieldPlan;
  readonly #state: EngineState;
  readonly #scanner: Scanner;
  readonly #filter: Filter | undefined;
  /** Primary keys of which repeats are known. */
  readonly #keys: ReadonlySet<string>;
  readonly repeated = new Set<string>();
  readonly records: TopicRecord[] = [];
  total = 0;
  looked = 0;

  constructor(plan: Plan, report: ReportPlan, query: ExplainQuery, keys: ReadonlySet<string>) {
    // The one report, so that nothing is read or kept that it does not need.
    this.#report = { ...report, index: 0 };
    const own: Plan = { ...plan, reports: [this.#report] };
    this.#query = query;
    this.#keys = keys;
    this.#primaryKey = plan.stream.primaryKey;
    this.#state = new EngineState(own);
    this.#scanner = new Scanner(own, this.#state.dictionaries);
    this.#filter = makeFilter(report.where, this.#state.dictionaries);
  }

  /** Looks at accepted records, in the order of their offsets. */
  look(records: Uint8Array, firstOffset: number, day: number): void {
    const { columns } = this.#scanner.scan(records, 1);
    const picked = this.#pick(columns, day);
    this.looked += columns.count;
    if (picked.length === 0) return;
    this.#state.apply(columns, picked);
    for (const record of picked) this.#list(columns, record, firstOffset);
  }

  /** The row of all that was picked. */
  row(): Row | null {
    return rowAt(this.#state, this.#report, this.#query);
  }

  #pick({ days, count, ...columns }: RecordColumns, day: number): Int32Array {
    const others = this.#report.dimensions.slice(1).map((field) => ({
      ids: present(columns.ids[field.index], 'a dimension has ids'),
      id: idOf(this.#state, field, this.#query.key[field.name] ?? ''),
    }));
    const picked = new Int32Array(count);
    let size = 0;
    for (let record = 0; record < count; record++) {
      if (days[record] !== day || !others.every(({ ids, id }) => ids[record] === id)) continue;
      if (this.#filter?.({ days, count, ...columns }, record) === false) continue;
      picked[size++] = record;
    }
    return picked.subarray(0, size);
  }

  #list({ bytes, starts, ends }: RecordColumns, record: number, firstOffset: number): void {
    const { offset, limit } = this.#query;
    const isListed = this.total >= offset && this.records.length < limit;
    this.total++;
    if (!isListed && this.#keys.size === 0) return;
    const start = starts[record] as number;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, (ends[record] as number) - start).toString();
    if (isListed) this.records.push({ partition: 0, offset: firstOffset + record, atMs: undefined, value: text });
    if (this.#keys.size === 0) return;
    const key = keyIn(text, this.#primaryKey);
    if (this.#keys.has(key)) this.repeated.add(key);
  }
}
