import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { extentQuery, pageQuery } from '../api/queries.ts';
import { choose, useChoices } from '../choices.ts';
import { PageControls } from './page-controls.tsx';
import { ReportTable, TableSkeleton } from './report-table.tsx';
import { SearchBox } from './search-box.tsx';
import type { TableChoices } from './table-choices.ts';
import { choiceTexts, sortRequest, tableChoices } from './table-choices.ts';
import { columnsOf } from './table-columns.ts';
import './table-tile.css';
import { TileEmpty, TileError, TileFrame } from './tile-frame.tsx';

interface TableTileProps {
  readonly tile: Extract<TileInfo, { kind: 'number' | 'table' }>;
  readonly definition: DefinitionAnswer;
  readonly range: DayRange;
}

/** A report's rows with one of its measures, newest day first and then the largest; the server sorts, searches and pages. */
export function TableTile({ tile, definition, range }: TableTileProps) {
  const { title, report, measure } = tile;
  const dateColumn = definition.stream.businessDate;
  const shown = useMemo(() => columnsOf(tile, definition), [tile, definition]);
  const names = shown.map(({ name }) => name);
  const choices = tableChoices(useChoices(), title, names, dateColumn);
  const { search, sort, page, size } = choices;
  const change = (changes: Partial<TableChoices>): void => choose(choiceTexts(title, { page: 0, ...changes }));

  const matching = { report, range, search };
  const request = { ...matching, sort: sortRequest(sort, dateColumn, measure), limit: size, offset: page * size };
  const rows = useQuery({ ...pageQuery(request), placeholderData: keepPreviousData });
  const extent = useQuery({ ...extentQuery(matching, measure), placeholderData: keepPreviousData });
  const total = rows.data?.total ?? 0;
  const lastPage = Math.max(0, Math.ceil(total / size) - 1);
  // A page that a narrower range or search has left empty gives way to the last one that is not.
  const isBeyond = rows.isSuccess && !rows.isPlaceholderData && page > lastPage;
  useEffect(() => {
    if (isBeyond) choose(choiceTexts(title, { page: lastPage }));
  }, [isBeyond, lastPage, title]);

  const searchBox = (
    <SearchBox label={`Search ${title}`} value={search} onChange={(text) => change({ search: text })} />
  );
  return (
    <TileFrame kind="table" title={title} isStale={rows.isPlaceholderData} aside={searchBox}>
      <div className="table-room">
        {rows.data === undefined && rows.error === null && <TableSkeleton title={title} />}
        {rows.data === undefined && rows.error !== null && (
          <TileError error={rows.error} onRetry={() => void rows.refetch()} />
        )}
        {rows.data !== undefined && total === 0 && (
          <TileEmpty>{search === '' ? 'No sales in this range.' : `Nothing here contains “${search}”.`}</TileEmpty>
        )}
        {rows.data !== undefined && total > 0 && (
          <ReportTable
            title={title}
            columns={shown}
            rows={rows.data.rows}
            extent={extent.data}
            sort={sort}
            onSort={(next) => change({ sort: next })}
          />
        )}
      </div>
      <PageControls
        title={title}
        total={total}
        page={Math.min(page, lastPage)}
        size={size}
        onPage={(next) => change({ page: next })}
        onSize={(next) => change({ size: next })}
      />
    </TileFrame>
  );
}
