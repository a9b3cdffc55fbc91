import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import { ConnectionContext } from '../api/connection.ts';
import type { DayRange } from '../api/day-range.ts';
import type { FrameFeed } from '../api/frame-feed.ts';
import { LiveReports } from '../api/live-reports.ts';
import { definitionQuery } from '../api/queries.ts';
import { MapTile } from '../tiles/map-tile.tsx';
import { NumberTile } from '../tiles/number-tile.tsx';
import { TableTile } from '../tiles/table-tile.tsx';
import { TileError } from '../tiles/tile-frame.tsx';
import { DateRange, useDayRange } from './date-range.tsx';
import { FirstSteps } from './first-steps.tsx';
import { LiveState } from './live-state.tsx';

/** The dashboard of the definition, live. */
export function DashboardPage({ feed }: { readonly feed: FrameFeed }) {
  const { data: definition, error, refetch } = useQuery(definitionQuery);
  const title = definition?.dashboard.title;
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Daybook`;
  }, [title]);
  return (
    <>
      <header className="page-header">
        <div className="page-title">
          <p className="brand">Daybook</p>
          <h1>{title ?? 'Daybook'}</h1>
        </div>
        <LiveState feed={feed} />
        <DateRange />
      </header>
      <main>
        {definition === undefined && error === null && <p role="status">Loading the dashboard…</p>}
        {definition === undefined && error !== null && <TileError error={error} onRetry={() => void refetch()} />}
        {definition !== undefined && <Dashboard definition={definition} feed={feed} />}
      </main>
    </>
  );
}

interface DashboardProps {
  readonly definition: DefinitionAnswer;
  readonly feed: FrameFeed;
}

function Dashboard({ definition, feed }: DashboardProps) {
  const client = useQueryClient();
  const range = useDayRange();
  const { businessDate } = definition.stream;
  const connection = useMemo(
    () => ({ feed, reports: new LiveReports(client, feed, businessDate) }),
    [client, feed, businessDate],
  );
  const numbers = definition.dashboard.tiles.filter(({ kind }) => kind === 'number');
  const others = definition.dashboard.tiles.filter(({ kind }) => kind !== 'number');
  return (
    <ConnectionContext value={connection}>
      <FirstSteps feed={feed} />
      <div className="numbers">
        {numbers.map((tile) => (
          <Tile key={tile.title} tile={tile} definition={definition} range={range} />
        ))}
      </div>
      <div className="panels">
        {others.map((tile) => (
          <Tile key={tile.title} tile={tile} definition={definition} range={range} />
        ))}
      </div>
    </ConnectionContext>
  );
}

interface TileProps {
  readonly tile: TileInfo;
  readonly definition: DefinitionAnswer;
  readonly range: DayRange;
}

function Tile({ tile, ...rest }: TileProps) {
  if (tile.kind === 'map') return <MapTile tile={tile} {...rest} />;
  if (tile.kind === 'number') return <NumberTile tile={{ ...tile, kind: 'number' }} {...rest} />;
  if (tile.kind === 'table') return <TableTile tile={{ ...tile, kind: 'table' }} {...rest} />;
  return null;
}
