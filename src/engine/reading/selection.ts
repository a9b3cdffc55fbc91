import { present } from '../../base/assert.ts';
import { dayParameter } from '../../base/query-values.ts';
import { grownInt32 } from '../../base/typed-arrays.ts';
import type { ReportPlan } from '../../plan/plan.ts';
import { dimensionNamed } from '../../plan/query-names.ts';
import type { ReportQuery } from '../../ports/rows.ts';
import { TextDictionary } from '../../record/text-dictionary.ts';
import type { GroupTable } from '../group-table.ts';
import type { EngineState } from '../state.ts';
import type { Groups } from './groups.ts';
import { TABLE_BYTES } from './groups.ts';
import { idOf, searchText } from './parameters.ts';
import { lowerTextsOf } from './text-order.ts';

/** What of a query is about a row's dimensions. */
export type SelectionQuery = Pick<ReportQuery, 'equals' | 'search'>;

/** The `key` of the selection that a query asks for. */
export function selectionKey(report: ReportPlan, { equals = {}, search }: SelectionQuery): string {
  return JSON.stringify([report.index, equals, searchText(search)]);
}

/** The numbers of a table's rows that match; `rows` undefined: all of them, `count` in number. */
export interface SelectedRows {
  readonly rows: Int32Array | undefined;
  readonly count: number;
}

interface Found {
  rows: Int32Array;
  count: number;
  /** Rows below it were looked at. */
  looked: number;
}

/** Values of a dimension that pass, by id. */
interface Passing {
  /** Where the dimension stands among those of the groups. */
  readonly place: number;
  passes: Uint8Array;
}

/**
 * The rows of a report that match a filter and a search. Each combination of dimensions is looked at once, however many
 * days have it; and as a row's dimensions never change, each row is.
 */
export class Selection {
  /** Says which it is: selections of one key are alike. */
  readonly key: string;
  readonly #state: EngineState;
  readonly #report: ReportPlan;
  /** By all dimensions but the business date. */
  readonly groups: Groups;
  /** By group, of those below `#looked`: 1 where it passes. */
  #passes = new Uint8Array(0);
  #looked = 0;
  readonly #equals: readonly (readonly [dimension: number, values: readonly string[]])[];
  readonly #search: string;
  readonly #days: ReadonlySet<number> | undefined;
  readonly #found = new Map<GroupTable, Found>();
  #foundBytes = 0;
  #mustBe: readonly Passing[] = [];
  #oneOf: readonly Passing[] = [];

  /** @throws DaybookError `BAD_QUERY` for a dimension that is none, or a value that is none of its kind */
  constructor(state: EngineState, report: ReportPlan, groups: Groups, query: SelectionQuery) {
    const { equals = {}, search } = query;
    this.key = selectionKey(report, query);
    this.#state = state;
    this.#report = report;
    this.groups = groups;
    this.#search = searchText(search);
    const named = Object.entries(equals).map(([name, values]) => [dimensionNamed(report, name), values] as const);
    this.#equals = named.filter(([dimension]) => dimension > 0);
    const days = named.filter(([dimension]) => dimension === 0).flatMap(([, values]) => values);
    const { name } = present(report.dimensions[0], 'a report has its business date');
    this.#days = named.some(([dimension]) => dimension === 0)
      ? new Set(days.map((day) => dayParameter(name, day)))
      : undefined;
    // Says what is wrong with the values before anything is looked at.
    this.#resolve();
  }

  /** What it holds of memory, about, besides the groups. */
  get bytes(): number {
    const passes = [...this.#mustBe, ...this.#oneOf].reduce((sum, each) => sum + each.passes.byteLength, 0);
    return passes + this.#passes.byteLength + this.#foundBytes + this.#found.size * TABLE_BYTES;
  }

  /** Takes in the values that are known now; call it before `rowsOf` of any tables. */
  refresh(): void {
    if (this.#equals.length > 0 || this.#search !== '') this.#resolve();
  }

  rowsOf(table: GroupTable): SelectedRows {
    if (this.#days?.has(table.day) === false) return { rows: undefined, count: 0 };
    if (this.#equals.length === 0 && this.#search === '') return { rows: undefined, count: table.rowCount };
    let found = this.#found.get(table);
    if (found === undefined) {
      found = { rows: new Int32Array(16), count: 0, looked: 0 };
      this.#foundBytes += found.rows.byteLength;
      this.#found.set(table, found);
    }
    if (found.looked < table.rowCount) this.#look(table, found);
    return found;
  }

  #look(table: GroupTable, found: Found): void {
    const groups = this.groups.of(table);
    if (this.#looked < this.groups.count) this.#lookAtGroups();
    const passes = this.#passes;
    for (let row = found.looked; row < table.rowCount; row++) {
      if (passes[groups[row] as number] === 0) continue;
      if (found.count === found.rows.length) {
        this.#foundBytes += found.rows.byteLength;
        found.rows = grownInt32(found.rows);
      }
      found.rows[found.count++] = row;
    }
    found.looked = table.rowCount;
  }

  #lookAtGroups(): void {
    const { count } = this.groups;
    if (this.#passes.length < count) {
      const grown = new Uint8Array(Math.max(count, this.#passes.length * 2));
      grown.set(this.#passes);
      this.#passes = grown;
    }
    const passesIn = ({ place, passes }: Passing, group: number): boolean =>
      passes[this.groups.keyOf(group, place)] === 1;
    for (let group = this.#looked; group < count; group++) {
      const isFound = this.#search === '' || this.#oneOf.some((each) => passesIn(each, group));
      this.#passes[group] = isFound && this.#mustBe.every((each) => passesIn(each, group)) ? 1 : 0;
    }
    this.#looked = count;
  }

  #resolve(): void {
    this.#mustBe = this.#equals.map(([dimension, values]) => {
      const field = present(this.#report.dimensions[dimension], 'a dimension is one of the report');
      const passes = new Uint8Array(present(this.#state.dictionaries[field.index], 'it is interned').size + 1);
      for (const value of values) {
        const id = idOf(this.#state, field, value);
        if (id !== undefined && id < passes.length) passes[id] = 1;
      }
      return { place: dimension - 1, passes };
    });
    if (this.#search !== '') this.#oneOf = this.#searched();
  }

  #searched(): readonly Passing[] {
    return this.#report.dimensions.flatMap((field, dimension) => {
      const dictionary = this.#state.dictionaries[field.index];
      if (dimension === 0 || !(dictionary instanceof TextDictionary)) return [];
      const known = this.#oneOf.find(({ place }) => place === dimension - 1)?.passes;
      if (known?.length === dictionary.size + 1) return [{ place: dimension - 1, passes: known }];
      const texts = lowerTextsOf(dictionary);
      const passes = new Uint8Array(dictionary.size + 1);
      if (known !== undefined) passes.set(known);
      for (let id = known?.length ?? 1; id < passes.length; id++) {
        if (texts[id]?.includes(this.#search) === true) passes[id] = 1;
      }
      return [{ place: dimension - 1, passes }];
    });
  }
}
