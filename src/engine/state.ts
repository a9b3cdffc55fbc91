import { assert, present } from '../base/assert.ts';
import { formatDay } from '../base/calendar.ts';
import { DaybookError } from '../base/errors.ts';
import type { Plan, ReportPlan } from '../plan/plan.ts';
import type { Disk } from '../ports/disk.ts';
import type { Cell, Row } from '../ports/rows.ts';
import type { RecordColumns } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { NumberDictionary } from '../record/number-dictionary.ts';
import { TextDictionary } from '../record/text-dictionary.ts';
import { ClosedRows } from './amendments.ts';
import { inRunsOfDays } from './day-runs.ts';
import type { Filter } from './filter.ts';
import { makeFilter } from './filter.ts';
import { GroupRows } from './group-rows.ts';
import { GroupTable } from './group-table.ts';
import type { KeyFacts } from './key-index.ts';
import { KeyIndex } from './key-index.ts';
import type { Section, SectionReader } from './sections.ts';

const MIB = 1024 * 1024;
/** An assembly's memory has 4 GiB, and what grows needs room for what it was and for half as much again. */
const ROWS_BYTES_MAX = 1536 * MIB;
/** What the log has behind that is taken in all the same. */
export const ROWS_BYTES_MAX_AT_START = 2048 * MIB;

/** What a checkpoint says of the state besides its arrays. */
export interface StateFacts {
  readonly keys: KeyFacts;
  /** Days in ascending order, with the number of rows of each report. */
  readonly days: readonly { readonly day: number; readonly rows: readonly number[] }[];
}

/** What is noted while one frame's records are added. */
export interface FrameScope {
  /** Days below it were closed before the frame. */
  readonly closedBelow: number;
  readonly closedRows: ClosedRows;
  /** How many records each day got. */
  readonly days: Map<number, number>;
}

/**
 * The reports as of one log offset, and all that is needed to take in the next record: dictionaries, primary keys, and
 * a table for each report's day. Nothing here waits or fails half-way but what the keys do, so a reader never sees a
 * part of a batch.
 */
export class EngineState {
  readonly plan: Plan;
  readonly dictionaries: Dictionaries;
  readonly keys: KeyIndex;
  /** By day: a table a report, in the plan's order. */
  readonly #days = new Map<number, readonly GroupTable[]>();
  readonly #filters: readonly (Filter | undefined)[];
  readonly #rows: GroupRows;
  /** Tables with changed rows, by report. */
  readonly #changed: GroupTable[][];
  #newestDay: number | undefined;

  constructor(plan: Plan, dictionaries: Dictionaries = makeDictionaries(plan), keys: KeyIndex = new KeyIndex()) {
    this.plan = plan;
    this.dictionaries = dictionaries;
    this.keys = keys;
    this.#rows = new GroupRows(plan.reports);
    this.#filters = plan.reports.map((report) => makeFilter(report.where, dictionaries));
    this.#changed = plan.reports.map(() => []);
  }

  /** The newest business day that has a record. */
  get newestDay(): number | undefined {
    return this.#newestDay;
  }

  /** Days below it are closed: further behind the newest than records may be. */
  get closedBelow(): number {
    return this.#newestDay === undefined ? -Infinity : this.#newestDay - this.plan.stream.latenessDays;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    let bytes = this.keys.bytes + this.#rows.bytes;
    for (const dictionary of this.dictionaries) bytes += dictionary?.bytes ?? 0;
    return bytes;
  }

  /** The days between two (both included), newest first. */
  daysBetween(from: number, to: number): readonly number[] {
    return [...this.#days.keys()].filter((day) => day >= from && day <= to).sort((a, b) => b - a);
  }

  /** A report's rows of a day; undefined when there is no record of the day. */
  table(report: ReportPlan, day: number): GroupTable | undefined {
    return this.#days.get(day)?.[report.index];
  }

  /** The same by the report's position in the plan. */
  tableAt(report: number, day: number): GroupTable | undefined {
    return this.#days.get(day)?.[report];
  }

  /** What a frame does to the days that are closed before it: goes with each `apply` of the frame. */
  beginFrame(): FrameScope {
    return { closedBelow: this.closedBelow, closedRows: new ClosedRows(), days: new Map() };
  }

  /**
   * Must be asked before records are taken that `apply` is to add, as nothing can be done about it then.
   * @param bytesMax  what rows may take already
   * @throws DaybookError `REPORTS_FULL`
   */
  requireRoom(bytesMax: number = ROWS_BYTES_MAX): void {
    const { bytes } = this.#rows;
    if (bytes <= bytesMax) return;
    const message =
      `The rows of the reports take ${Math.round(bytes / MIB)} MB, and Daybook keeps at most ${bytesMax / MIB} MB of them. ` +
      'No more records are taken, and none is lost. Leave out a dimension that has very many values, or run a report of it on the stack.';
    throw new DaybookError('REPORTS_FULL', message);
  }

  /** Adds claimed records to the reports. */
  apply(columns: RecordColumns, records: Int32Array, frame: FrameScope = this.beginFrame()): void {
    // Each run of a day's records is added at once. Within a day they keep their order.
    const inRuns = inRunsOfDays(columns.days, records);
    this.#rows.take(columns, inRuns);
    for (let from = 0; from < inRuns.length;) {
      const day = columns.days[inRuns[from] as number] as number;
      let to = from + 1;
      while (to < inRuns.length && columns.days[inRuns[to] as number] === day) to++;
      frame.days.set(day, (frame.days.get(day) ?? 0) + to - from);
      const closed = day < frame.closedBelow ? frame.closedRows : undefined;
      const tables = this.#tables(day);
      for (let report = 0; report < tables.length; report++) {
        const table = tables[report] as GroupTable;
        if (table.add(from, to, this.#filters[report], closed)) this.#changed[report]?.push(table);
      }
      from = to;
    }
    this.#rows.letGo();
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
    const numbers = new Float64Array(table.rowWidth);
    table.readRow(row, numbers, 0);
    return this.rowOf(table, row, numbers, 0);
  }

  /** A row with measures of the numbers that `GroupTable.readRow` gave, now or in an earlier frame. */
  rowOf(table: GroupTable, row: number, numbers: Float64Array, at: number): Row {
    const { report } = table;
    const cells: Record<string, Cell> = {};
    report.dimensions.forEach((field, dimension) => {
      cells[field.name] = this.dimensionCell(table, row, dimension);
    });
    report.measures.forEach((measure, index) => {
      cells[measure.name] = table.cellOf(index, numbers, at);
    });
    return cells;
  }

  dimensionCell(table: GroupTable, row: number, dimension: number): Cell {
    if (dimension === 0) return formatDay(table.day);
    return this.idCell(table.report, dimension, table.dimensionId(row, dimension));
  }

  /** The cell of a dimension besides the business date, by its id. */
  idCell(report: ReportPlan, dimension: number, id: number): Cell {
    const field = present(report.dimensions[dimension], 'a dimension is one of the report');
    const dictionary = this.dictionaries[field.index];
    if (dictionary instanceof TextDictionary) return dictionary.text(id);
    const value = present(dictionary, 'a dimension is interned').value(id);
    if (value === null) return null;
    if (field.kind === 'date') return formatDay(value);
    return field.kind === 'decimal' ? BigInt(value) : value;
  }

  /** Gives back room that days at rest do not need. */
  trim(): void {
    const closedBelow = this.closedBelow;
    for (const [day, tables] of this.#days) if (day < closedBelow) for (const table of tables) table.trim();
  }

  /** All of it for a checkpoint, in an order that `load` knows: call `release` when they are written. */
  save(): { readonly facts: StateFacts; readonly arrays: readonly Section[] } {
    const keys = this.keys.save();
    const arrays: Section[] = [...keys.arrays];
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
      facts: {
        keys: keys.facts,
        days: days.map(([day, tables]) => ({ day, rows: tables.map((table) => table.rowCount) })),
      },
      arrays,
    };
  }

  /** Says that what `save` gave is no longer used. */
  release(): void {
    for (const tables of this.#days.values()) for (const table of tables) table.release();
  }

  /**
   * The state that `save` saved under the same plan.
   * @throws DaybookError `KEYS_DAMAGED`, what the disk throws
   */
  static async load(plan: Plan, facts: StateFacts, sections: SectionReader, disk: Disk): Promise<EngineState> {
    const keys = await KeyIndex.load(disk, facts.keys, sections.int32());
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
    const tables = this.plan.reports.map((report) => new GroupTable(report, day, this.#rows));
    this.#days.set(day, tables);
    if (this.#newestDay === undefined || day > this.#newestDay) this.#newestDay = day;
    return tables;
  }
}
