import { createColumnHelper, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { CSSProperties, ReactNode } from 'react';
import { useMemo } from 'react';
import type { JsonCell, JsonRow } from '../../src/server/protocol.ts';
import type { ViewAnswer } from '../api/view-store.ts';
import { BarCell } from './bar-cell.tsx';
import { SparkLine } from './spark-line.tsx';
import type { TableSort } from './table-choices.ts';
import type { ShownColumn } from './table-columns.ts';

const FEATURES = tableFeatures({ rowSortingFeature });
const SKELETON_ROWS = 11;
const HELPER = createColumnHelper<typeof FEATURES, JsonRow>();

interface ReportTableProps {
  readonly title: string;
  readonly columns: readonly ShownColumn[];
  /** One page, sorted. */
  readonly answer: ViewAnswer;
  readonly sort: TableSort;
  readonly onSort: (sort: TableSort) => void;
  /** A category was chosen: a value of a text that is no name. */
  readonly onFilter: (column: string, value: JsonCell) => void;
  /** A row was chosen. */
  readonly onOpen: (row: JsonRow) => void;
  /** What choosing a row does, before the row's name. */
  readonly openLabel: string;
}

/** A page of a report as a table whose headers sort. */
export function ReportTable(props: ReportTableProps) {
  const { title, columns, answer, sort, onSort } = props;
  const { rows } = answer;
  const shown = useMemo(() => new Map(columns.map((column) => [column.name, column])), [columns]);
  const definitions = useMemo(() => columns.map(definitionOf), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({
    features: FEATURES,
    columns: definitions,
    data,
    state: { sorting: [{ id: sort.column, desc: sort.descending }] },
    manualSorting: true,
    enableMultiSort: false,
    enableSortingRemoval: false,
    onSortingChange: (change) => {
      const before = [{ id: sort.column, desc: sort.descending }];
      const [next] = typeof change === 'function' ? change(before) : change;
      if (next !== undefined) onSort({ column: next.id, descending: next.desc });
    },
  });
  return (
    <TableRoom title={title} columns={columns}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map(({ id, column }) => (
              <th
                key={id}
                scope="col"
                className={shown.get(column.id)?.kind}
                aria-sort={ariaSort(column.getIsSorted())}
              >
                <button
                  type="button"
                  disabled={shown.get(column.id)?.kind === 'trend'}
                  onClick={column.getToggleSortingHandler()}
                >
                  <span title={shown.get(column.id)?.label}>{shown.get(column.id)?.label}</span>
                  <SortMark direction={column.getIsSorted()} />
                </button>
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <Row key={row.id} {...props} row={row.original} trend={answer.trends[row.index] ?? []} />
        ))}
      </tbody>
    </TableRoom>
  );
}

function definitionOf({ name, label, kind }: ShownColumn) {
  return HELPER.accessor((row): unknown => row[name], {
    id: name,
    header: label,
    sortDescFirst: kind !== 'text' && kind !== 'name',
  });
}

interface RowProps extends ReportTableProps {
  readonly row: JsonRow;
  readonly trend: readonly number[];
}

/** A row opens wherever it is clicked, and by the button that its name is. */
function Row({ row, trend, ...table }: RowProps) {
  const { columns, onOpen } = table;
  return (
    <tr onClick={() => onOpen(row)}>
      {columns.map((column) => (
        <Cell key={column.name} column={column} row={row} trend={trend} {...table} />
      ))}
    </tr>
  );
}

interface CellProps extends RowProps {
  readonly column: ShownColumn;
}

function Cell({ column, row, trend, answer, onFilter, onOpen, openLabel }: CellProps) {
  const { name, kind } = column;
  const cell = row[name] ?? null;
  const text = column.print(cell);
  if (kind === 'trend') {
    return (
      <td className="trend">
        <SparkLine values={trend} />
      </td>
    );
  }
  if (kind === 'bar') {
    return (
      <td className="bar">
        <BarCell value={typeof cell === 'number' ? cell : 0} text={text} extent={answer.extent} />
      </td>
    );
  }
  if (kind === 'text') {
    return (
      <td className="text" title={text}>
        <button
          type="button"
          className="cell-button"
          aria-label={`Only ${text}`}
          onClick={(event) => {
            event.stopPropagation();
            onFilter(name, cell);
          }}
        >
          {text}
        </button>
      </td>
    );
  }
  const shown = kind === 'date' ? <time dateTime={text}>{text}</time> : text;
  if (column.opens) {
    return (
      <td className={kind} title={text}>
        <button
          type="button"
          className="cell-button"
          aria-label={`${openLabel} ${text}`}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(row);
          }}
        >
          {shown}
        </button>
      </td>
    );
  }
  return (
    <td className={kind} title={text}>
      {shown}
    </td>
  );
}

function ariaSort(direction: false | 'asc' | 'desc'): 'ascending' | 'descending' | undefined {
  if (direction === false) return undefined;
  return direction === 'asc' ? 'ascending' : 'descending';
}

function SortMark({ direction }: { readonly direction: false | 'asc' | 'desc' }) {
  return (
    <svg className={`sort-mark ${direction === false ? 'none' : direction}`} viewBox="0 0 10 14" aria-hidden="true">
      <path className="to-asc" d="M5 1 9 5.5H1z" />
      <path className="to-desc" d="M5 13 1 8.5h8z" />
    </svg>
  );
}

interface TableRoomProps {
  readonly title: string;
  readonly columns: readonly ShownColumn[];
  readonly children: ReactNode;
}

/** How many columns of each kind the table is to have room for. */
function columnCounts(columns: readonly ShownColumn[]): CSSProperties {
  const count = (kind: ShownColumn['kind']): number => columns.filter((column) => column.kind === kind).length;
  return {
    '--dates': count('date'),
    '--texts': count('text'),
    '--numbers': count('number'),
    '--trends': count('trend'),
  } as CSSProperties;
}

/** The room that a table scrolls in, reachable by keyboard; widths stand by kind, so that no value moves a column. */
function TableRoom({ title, columns, children }: TableRoomProps) {
  return (
    // A room that scrolls has to be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroller" role="group" aria-label={`${title}, rows`} tabIndex={0}>
      <table style={columnCounts(columns)}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.name} className={column.kind} />
          ))}
        </colgroup>
        {children}
      </table>
    </div>
  );
}

/** Stands where a table will be. */
export function TableSkeleton({ title }: { readonly title: string }) {
  return (
    <div role="status" aria-label={`Loading ${title}`}>
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        <div key={row} className="skeleton row-skeleton" />
      ))}
    </div>
  );
}
