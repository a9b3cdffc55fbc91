import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import { isBackwards } from '../api/day-range.ts';
import { ErrorBoundary } from '../error-boundary.tsx';
import { useFilters } from '../filters.ts';
import { AxisTile } from '../tiles/axis-tile.tsx';
import { MapTile } from '../tiles/map-tile.tsx';
import { NumberTile } from '../tiles/number-tile.tsx';
import { TableTile } from '../tiles/table-tile.tsx';
import type { TileContext } from '../tiles/tile-context.ts';
import { TileEmpty, TileFrame } from '../tiles/tile-frame.tsx';
import { tileNames } from '../tiles/tile-names.ts';
import { DateRange } from './date-range.tsx';
import { ExplainPanel } from './explain-panel.tsx';
import { FilterChips } from './filter-chips.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Shell } from './shell.tsx';
import { useRange, useToday } from './use-range.ts';

const NO_VIEW = { answer: undefined, isStale: false };

/** The dashboard of the definition, live. */
export function DashboardPage({ definition }: { readonly definition: DefinitionAnswer }) {
  const today = useToday(definition.stream);
  const range = useRange(today);
  const filters = useFilters(definition);
  const context: TileContext = { definition, range, filters, today };
  const { title, tiles } = definition.dashboard;
  const numbers = tiles.filter(({ kind }) => kind === 'number');
  const others = tiles.filter(({ kind }) => kind !== 'number');
  return (
    <Shell title={title} aside={<DateRange range={range} />}>
      <FilterChips definition={definition} filters={filters} range={range} />
      <FirstSteps stream={definition.stream} />
      {numbers.length > 0 && (
        <div className="numbers">
          <Tiles tiles={numbers} {...context} />
        </div>
      )}
      <div className="panels">
        <Tiles tiles={others} {...context} />
      </div>
      <ExplainPanel definition={definition} />
    </Shell>
  );
}

/** Tiles, of which one that cannot be drawn takes no other along. */
function Tiles({ tiles, ...context }: TileContext & { readonly tiles: readonly TileInfo[] }) {
  const names = tileNames(tiles);
  return tiles.map((tile, index) => {
    const name = names[index] ?? '';
    return (
      <ErrorBoundary key={name} instead={(error, onRetry) => <NotDrawn tile={tile} error={error} onRetry={onRetry} />}>
        <Tile name={name} tile={tile} {...context} />
      </ErrorBoundary>
    );
  });
}

interface NotDrawnProps {
  readonly tile: TileInfo;
  readonly error: Error;
  readonly onRetry: () => void;
}

function NotDrawn({ tile: { kind, title }, error, onRetry }: NotDrawnProps) {
  return (
    <TileFrame kind={kind} title={title} view={NO_VIEW}>
      <div className="notice" role="alert">
        <p>This could not be drawn: {error.message}</p>
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    </TileFrame>
  );
}

interface TileProps extends TileContext {
  readonly name: string;
  readonly tile: TileInfo;
}

function Tile({ name, tile, ...context }: TileProps) {
  if (isBackwards(context.range)) {
    return (
      <TileFrame kind={tile.kind} title={tile.title} view={NO_VIEW}>
        <TileEmpty>No sales in this range.</TileEmpty>
      </TileFrame>
    );
  }
  switch (tile.kind) {
    case 'map':
      return <MapTile tile={tile} {...context} />;
    case 'line':
    case 'bar':
      return <AxisTile tile={tile} {...context} />;
    case 'number':
      return <NumberTile tile={tile} {...context} />;
    case 'table':
      return <TableTile name={name} tile={tile} {...context} />;
  }
}
