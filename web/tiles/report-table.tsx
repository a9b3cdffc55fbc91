import { createColumnHelper, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import type { JsonRow } from '../../src/server/protocol.ts';
import type { Extent } from '../api/queries.ts';
import { BarCell } from './bar-cell.tsx';
import type { TableSort } from './table-choices.ts';
import type { ShownColumn } from './table-columns.ts';

const FEATURES = tableFeatures({ rowSortingFeature });
const SKELETON_ROWS = 11;
const HELPER = createColumnHelper<typeof FEATURES, JsonRow>();

interface ReportTableProps {
  readonly title: string;
  readonly columns: readonly ShownColumn[];
  /** One page, sorted. */
  readonly rows: readonly JsonRow[];
  /** What bars are scaled to; undefined until it is known. */
  readonly extent: Extent | undefined;
  readonly sort: TableSort;
  readonly onSort: (sort: TableSort) => void;
}

/** A page of a report as a table whose headers sort. */
export function ReportTable({ title, columns, rows, extent, sort, onSort }: ReportTableProps) {
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
                <button type="button" onClick={column.getToggleSortingHandler()}>
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
          <tr key={row.id}>
            {columns.map((column) => (
              <Cell key={column.name} column={column} row={row.original} extent={extent} />
            ))}
          </tr>
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

interface CellProps {
  readonly column: ShownColumn;
  readonly row: JsonRow;
  readonly extent: Extent | undefined;
}

function Cell({ column, row, extent }: CellProps) {
  const cell = row[column.name] ?? null;
  const text = column.print(cell);
  if (column.kind === 'bar') {
    return (
      <td className="bar">
        <BarCell value={typeof cell === 'number' ? cell : 0} text={text} extent={extent} />
      </td>
    );
  }
  return (
    <td className={column.kind} title={text}>
      {column.kind === 'date' ? <time dateTime={text}>{text}</time> : text}
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

/** The room that a table scrolls in, reachable by keyboard; widths stand by kind, so that no value moves a column. */
function TableRoom({ title, columns, children }: TableRoomProps) {
  return (
    // A room that scrolls has to be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroller" role="group" aria-label={`${title}, rows`} tabIndex={0}>
      <table>
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
