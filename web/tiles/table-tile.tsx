import { useEffect, useMemo, useState } from 'react';
import type { DefinitionAnswer, JsonRow, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { csvAddress } from '../api/queries.ts';
import { useView } from '../api/use-view.ts';
import type { ViewAnswer, ViewQuestion } from '../api/view-store.ts';
import { choose, useChoices } from '../choices.ts';
import type { ExplainedSum } from '../explain.ts';
import { explainRow, explainSum } from '../explain.ts';
import type { Source } from '../filters.ts';
import { canBeSummed, filterBy, sourceOf } from '../filters.ts';
import { countOf } from '../format.ts';
import { keyText } from '../key-text.ts';
import { dimensionsOf } from './labels.ts';
import { PageControls } from './page-controls.tsx';
import { ReportTable, TableSkeleton } from './report-table.tsx';
import { SearchBox } from './search-box.tsx';
import type { TableChoices } from './table-choices.ts';
import { choiceTexts, sortRequest, tableChoices } from './table-choices.ts';
import type { ShownColumn } from './table-columns.ts';
import { columnsOf } from './table-columns.ts';
import './table-tile.css';
import type { TileContext } from './tile-context.ts';
import { rangeOf, selectionOf, summedNote, unfilteredNote } from './tile-context.ts';
import { TileEmpty, TileFrame } from './tile-frame.tsx';

interface TableTileProps extends TileContext {
  /** What the address calls it. */
  readonly name: string;
  readonly tile: Extract<TileInfo, { kind: 'number' | 'table' }>;
}

/** What of a table is the same for all its pages. */
function useTable({ name: table, tile, definition }: TableTileProps) {
  const { report, measure } = tile;
  const dateColumn = definition.stream.businessDate;
  const columns = useMemo(
    () => ({ days: columnsOf(tile, definition, 'days'), totals: columnsOf(tile, definition, 'totals') }),
    [tile, definition],
  );
  const names = { days: sortable(columns.days), totals: sortable(columns.totals) };
  const choices = tableChoices(useChoices(), table, { columns: names, dateColumn, measure });
  const by = dimensionsOf(definition, report).filter((name) => name !== dateColumn);
  const column = definition.reports.find(({ name }) => name === report)?.columns.find(({ name }) => name === measure);
  const isSum = column !== undefined && canBeSummed(column);
  return { choices, by, isSum, dateColumn, columns: columns[choices.rows] };
}

function sortable(columns: readonly ShownColumn[]): readonly string[] {
  return columns.filter(({ kind }) => kind !== 'trend').map(({ name }) => name);
}

/** A report's rows with one of its measures: by day, newest first and then the largest, or summed over the range. */
export function TableTile(props: TableTileProps) {
  const { name: table, tile, definition, range, filters } = props;
  const { title, measure } = tile;
  const { choices, by, isSum, dateColumn, columns } = useTable(props);
  const { search, page, size } = choices;
  const source = sourceOf(definition, { ...tile, by: dimensionsOf(definition, tile.report) }, filters);
  // Another report has rows by more than the tile shows: by day, too, they are summed to the tile's own.
  const isByDay = choices.rows === 'days';
  const groups = isByDay ? (isSum && source.report !== tile.report ? [dateColumn, ...by] : undefined) : by;
  const change = (changes: Partial<TableChoices>): void => choose(choiceTexts(table, { page: 0, ...changes }));
  const sort = sortRequest(inSource(choices, measure, source), dateColumn, source.measure);
  const matching = { ...selectionOf(source), ...rangeOf(range), ...(search !== '' && { search }), sort };
  const cut = { limit: size, offset: page * size };
  const question: ViewQuestion =
    groups === undefined
      ? { kind: 'rows', ...matching, extent: source.measure, ...cut }
      : { kind: 'totals', ...matching, by: groups, measure: source.measure, trend: !isByDay, ...cut };
  const view = useView(question, { source, range, groups, columns, isByDay });
  const { answer: given, about, isStale } = view;
  const givenMeasure = about.source.measure;
  const answer = useMemo(() => asTile(given, measure, givenMeasure), [given, measure, givenMeasure]);
  const total = answer?.total ?? 0;
  const lastPage = Math.max(0, Math.ceil(total / size) - 1);
  useLastPage(table, lastPage, answer !== undefined && !isStale && page > lastPage);
  const tools = (
    <div className="table-tools">
      {isSum && by.length > 0 && <RowsChoice title={title} rows={choices.rows} onRows={(rows) => change({ rows })} />}
      <SearchBox label={`Search ${title}`} value={search} onChange={(text) => change({ search: text })} />
      <CsvLink title={title} report={source.report} address={csvOf(question)} />
    </div>
  );
  return (
    <TileFrame
      kind="table"
      title={title}
      view={view}
      aside={tools}
      notes={[unfilteredNote(source, definition), groups && summedNote(props, source, groups)]}
    >
      <FoundCount search={search} question={JSON.stringify(matching)} total={isStale ? undefined : answer?.total} />
      <div className="table-room">
        {answer === undefined && <TableSkeleton title={title} />}
        {answer !== undefined && total === 0 && (
          <TileEmpty>{search === '' ? 'No sales in this range.' : `Nothing here contains “${search}”.`}</TileEmpty>
        )}
        {answer !== undefined && total > 0 && (
          <ReportTable
            title={title}
            columns={about.columns}
            answer={answer}
            sort={choices.sort}
            onSort={(next) => change({ sort: next })}
            onFilter={(name, value) => filterBy({ [name]: keyText(value) })}
            onOpen={(row) => openRow(definition, about, by, row)}
            openLabel="Explain"
          />
        )}
      </div>
      <PageControls
        title={title}
        total={answer?.total}
        page={Math.min(page, lastPage)}
        size={size}
        onPage={(next) => change({ page: next })}
        onSize={(next) => change({ size: next })}
      />
    </TileFrame>
  );
}

/** What rows are of. */
interface About {
  readonly source: Source;
  readonly range: DayRange;
  /** undefined: they are rows of the report; else they are sums of these, by these. */
  readonly groups: readonly string[] | undefined;
  readonly isByDay: boolean;
}

function openRow(definition: DefinitionAnswer, about: About, by: readonly string[], row: JsonRow): void {
  const { source, range, groups, isByDay } = about;
  if (groups === undefined) return explainRow(definition, source.report, row);
  const day = String(row[definition.stream.businessDate]);
  const days = isByDay ? { from: day, to: day } : rangeOf(range);
  return explainSum({ ...days, ...totalOf(source, by, row), measure: source.measure });
}

/** A page that a narrower range or search has left empty gives way to the last one that is not. */
function useLastPage(table: string, lastPage: number, isBeyond: boolean): void {
  useEffect(() => {
    if (isBeyond) choose(choiceTexts(table, { page: lastPage }));
  }, [isBeyond, lastPage, table]);
}

/** The choices with the measure as its source calls it. */
function inSource({ sort, ...rest }: TableChoices, measure: string, source: Source): TableChoices {
  return { ...rest, sort: sort.column === measure ? { ...sort, column: source.measure } : sort };
}

/** An answer with its measure as the tile calls it. */
function asTile(answer: ViewAnswer | undefined, measure: string, given: string): ViewAnswer | undefined {
  if (answer === undefined || measure === given) return answer;
  return { ...answer, rows: answer.rows.map((row) => ({ ...row, [measure]: row[given] ?? null })) };
}

/** What rows have that a total is the sum of. */
function totalOf(
  { report, equals }: Source,
  by: readonly string[],
  row: JsonRow,
): Pick<ExplainedSum, 'report' | 'equals'> {
  const own = Object.fromEntries(by.map((name) => [name, [keyText(row[name] ?? null)]]));
  return { report, equals: { ...equals, ...own } };
}

interface FoundCountProps {
  readonly search: string;
  /** Tells what is found from what was found for another search, range or filter. */
  readonly question: string;
  /** Undefined until it is known. */
  readonly total: number | undefined;
}

/** Says to screen readers how many rows a search found: once, and not again with each sale that is found as well. */
function FoundCount({ search, question, total }: FoundCountProps) {
  const [found, setFound] = useState<{ readonly question: string; readonly total: number }>();
  if (total !== undefined && found?.question !== question) setFound({ question, total });
  return (
    <p className="visually-hidden" role="status">
      {search !== '' && found?.question === question && `${countOf(found.total, 'rows')} with “${search}”`}
    </p>
  );
}

interface CsvLinkProps {
  readonly title: string;
  readonly report: string;
  readonly address: string;
}

function CsvLink({ title, report, address }: CsvLinkProps) {
  return (
    <a
      className="button icon"
      href={address}
      download={`${report}.csv`}
      title="All rows that match, as CSV for a spreadsheet: ' stands before texts that begin as a formula does"
      aria-label={`Download ${title} as CSV`}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" />
      </svg>
    </a>
  );
}

interface RowsChoiceProps {
  readonly title: string;
  readonly rows: TableChoices['rows'];
  readonly onRows: (rows: TableChoices['rows']) => void;
}

function RowsChoice({ title, rows, onRows }: RowsChoiceProps) {
  return (
    <div className="segments" role="group" aria-label={`Rows of ${title}`}>
      <button type="button" aria-pressed={rows === 'days'} onClick={() => onRows('days')}>
        By day
      </button>
      <button type="button" aria-pressed={rows === 'totals'} onClick={() => onRows('totals')}>
        Total
      </button>
    </div>
  );
}

/** Where all that the table's pages show can be had. */
function csvOf({ report, from, to, search, sort, equals = {}, by, measure }: ViewQuestion): string {
  const filters = Object.entries(equals).flatMap(([name, values]) => values.map((value) => [name, value] as const));
  const shared = [['from', from], ['to', to], ['search', search], ['sort', sort], ...filters] as const;
  if (by === undefined) return csvAddress(report, shared);
  return csvAddress(report, [...shared, ['by', by.join(',')], ['measure', measure]], '/totals');
}
