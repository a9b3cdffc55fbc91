import { assert, present } from '../base/assert.ts';
import { formatDay } from '../base/calendar.ts';
import type { Plan, ReportPlan } from '../plan/plan.ts';
import type { Cell, Row } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import { KEY_WORDS } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { NumberDictionary } from '../record/number-dictionary.ts';
import { TextDictionary } from '../record/text-dictionary.ts';
import { ClosedRows } from './amendments.ts';
import type { Filter } from './filter.ts';
import { makeFilter } from './filter.ts';
import type { Scratch } from './group-table.ts';
import { GroupTable } from './group-table.ts';
import { KeyTable } from './key-table.ts';
import type { SectionArray } from './sections.ts';
import { SectionReader } from './sections.ts';

/** What a checkpoint says of the state besides its arrays. */
export interface StateFacts {
  /** Days in ascending order, with the number of rows of each report. */
  readonly days: readonly { readonly day: number; readonly rows: readonly number[] }[];
}

/** What is noted while one frame's records are added. */
export interface FrameScope {
  /** Days below it were closed before the frame. */
  readonly closedBelow: number;
  readonly closedRows: ClosedRows;
}

/**
 * The reports as of one log offset, and all that is needed to take in the next record: dictionaries, primary keys, and
 * a table for each report's day. Nothing here waits or fails half-way, so a reader never sees a part of a batch.
 */
export class EngineState {
  readonly plan: Plan;
  readonly dictionaries: Dictionaries;
  readonly keys: KeyTable;
  /** By day: a table a report, in the plan's order. */
  readonly #days = new Map<number, readonly GroupTable[]>();
  readonly #filters: readonly (Filter | undefined)[];
  #scratch: Scratch = { rows: new Int32Array(0), records: new Int32Array(0) };
  /** Tables with changed rows, by report. */
  readonly #changed: GroupTable[][];
  #newestDay: number | undefined;

  constructor(plan: Plan, dictionaries: Dictionaries = makeDictionaries(plan), keys: KeyTable = new KeyTable()) {
    this.plan = plan;
    this.dictionaries = dictionaries;
    this.keys = keys;
    this.#filters = plan.reports.map((report) => makeFilter(report.where, dictionaries));
    this.#changed = plan.reports.map(() => []);
  }

  /** The newest business day that has a record. */
  get newestDay(): number | undefined {
    return this.#newestDay;
  }

  /** The days between two (both included), newest first. */
  daysBetween(from: number, to: number): readonly number[] {
    return [...this.#days.keys()].filter((day) => day >= from && day <= to).sort((a, b) => b - a);
  }

  /** A report's rows of a day; undefined when there is no record of the day. */
  table(report: ReportPlan, day: number): GroupTable | undefined {
    return this.#days.get(day)?.[report.index];
  }

  /**
   * Picks out the records whose primary key was not there before, and remembers the keys; the first of equal ones wins.
   * `keys.truncate` takes it back when the records do not become durable.
   * @returns the picked records' numbers, in order
   */
  claim(columns: RecordColumns): Int32Array {
    const picked = new Int32Array(columns.count);
    let count = 0;
    for (let record = 0; record < columns.count; record++) {
      if (this.keys.add(columns.keys, record * KEY_WORDS)) picked[count++] = record;
    }
    return picked.subarray(0, count);
  }

  /** What a frame does to the days that are closed before it: goes with each `apply` of the frame. */
  beginFrame(): FrameScope {
    const newest = this.#newestDay;
    return {
      closedBelow: newest === undefined ? -Infinity : newest - this.plan.stream.latenessDays,
      closedRows: new ClosedRows((table, row) => this.row(table, row)),
    };
  }

  /** Adds claimed records to the reports. */
  apply(columns: RecordColumns, records: Int32Array, frame: FrameScope = this.beginFrame()): void {
    if (this.#scratch.rows.length < records.length) {
      this.#scratch = { rows: new Int32Array(records.length), records: new Int32Array(records.length) };
    }
    // Records of a day mostly come together, so each run of equal days is added at once.
    for (let from = 0; from < records.length;) {
      const day = columns.days[records[from] as number] as number;
      let to = from + 1;
      while (to < records.length && columns.days[records[to] as number] === day) to++;
      const closed = day < frame.closedBelow ? frame.closedRows : undefined;
      this.#tables(day).forEach((table, index) => {
        if (table.add(columns, records, from, to, this.#filters[index], this.#scratch, closed))
          this.#changed[index]?.push(table);
      });
      from = to;
    }
  }

  /** The rows of a report that changed since the last call; undefined when there are more than `most`. */
  takeChanges(report: ReportPlan, most: number): readonly Row[] | undefined {
    const tables = this.#changed[report.index]?.splice(0) ?? [];
    const rows: Row[] = [];
    let count = 0;
    for (const table of tables) {
      const changed = table.takeChangedRows();
      count += changed.length;
      if (count <= most) for (const row of changed) rows.push(this.row(table, row));
    }
    return count <= most ? rows : undefined;
  }

  /** A table's row, as readers get it. */
  row(table: GroupTable, row: number): Row {
    const { report } = table;
    const cells: Record<string, Cell> = {};
    report.dimensions.forEach((field, dimension) => {
      cells[field.name] = this.dimensionCell(table, row, dimension);
    });
    report.measures.forEach((measure, index) => {
      cells[measure.name] = table.measureCell(row, index);
    });
    return cells;
  }

  dimensionCell(table: GroupTable, row: number, dimension: number): Cell {
    if (dimension === 0) return formatDay(table.day);
    const field = present(table.report.dimensions[dimension], 'a dimension is one of the report');
    const id = table.dimensionId(row, dimension);
    const dictionary = this.dictionaries[field.index];
    if (dictionary instanceof TextDictionary) return dictionary.text(id);
    const value = present(dictionary, 'a dimension is interned').value(id);
    if (value === null) return null;
    if (field.kind === 'date') return formatDay(value);
    return field.kind === 'decimal' ? BigInt(value) : value;
  }

  /** Copies of all of it for a checkpoint, in an order that `load` knows. */
  save(): { readonly facts: StateFacts; readonly arrays: readonly SectionArray[] } {
    const arrays: SectionArray[] = [this.keys.save()];
    for (const dictionary of this.dictionaries) {
      if (dictionary instanceof TextDictionary) {
        const saved = dictionary.save();
        arrays.push(saved.arena, saved.ends);
      } else if (dictionary !== undefined) {
        arrays.push(dictionary.save());
      }
    }
    const days = [...this.#days.entries()].sort(([a], [b]) => a - b);
    for (const [, tables] of days) for (const table of tables) arrays.push(...table.save());
    return {
      facts: { days: days.map(([day, tables]) => ({ day, rows: tables.map((table) => table.rowCount) })) },
      arrays,
    };
  }

  /** The state that `save` saved under the same plan. */
  static load(plan: Plan, facts: StateFacts, arrays: readonly SectionArray[]): EngineState {
    const sections = new SectionReader(arrays);
    const keys = KeyTable.load(sections.int32());
    const dictionaries = makeDictionaries(plan).map((dictionary) => {
      if (dictionary === undefined) return undefined;
      if (dictionary instanceof NumberDictionary) return NumberDictionary.load(sections.float64());
      const arena = sections.bytes();
      return TextDictionary.load({ arena, ends: sections.int32() });
    });
    const state = new EngineState(plan, dictionaries, keys);
    for (const { day, rows } of facts.days) {
      state.#tables(day).forEach((table, index) => {
        table.load(present(rows[index], 'a checkpoint counts the rows of each report'), sections);
      });
    }
    return state;
  }

  #tables(day: number): readonly GroupTable[] {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    assert(Number.isInteger(day), 'a day is a whole number');
    const tables = this.plan.reports.map((report) => new GroupTable(report, day));
    this.#days.set(day, tables);
    if (this.#newestDay === undefined || day > this.#newestDay) this.#newestDay = day;
    return tables;
  }
}
