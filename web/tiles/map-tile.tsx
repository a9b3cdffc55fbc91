import { Suspense, lazy, useMemo, useState } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { useTotals } from '../api/use-totals.ts';
import { countOf } from '../format.ts';
import { dimensionsOf, measureLabel } from './labels.ts';
import './map-tile.css';
import { PlaceList } from './place-list.tsx';
import type { Places } from './places.ts';
import { placesOf } from './places.ts';
import { TileEmpty, TileError, TileFrame } from './tile-frame.tsx';

interface MapTileProps {
  readonly tile: Extract<TileInfo, { kind: 'map' }>;
  readonly definition: DefinitionAnswer;
  readonly range: DayRange;
}

const MapCanvas = lazy(async () => {
  const { MapCanvas } = await import('./map-canvas.tsx');
  return { default: MapCanvas };
});

/** A report's places on a map, summed over the range; as a list where no map can be drawn. */
export function MapTile({ tile, definition, range }: MapTileProps) {
  const { report, measure, title, latitude, longitude } = tile;
  const label = measureLabel(definition, measure);
  const groupBy = useMemo(() => [latitude, longitude], [latitude, longitude]);
  const of = { report, range, dimensions: dimensionsOf(definition, report) };
  const { totals, version, error, isStale, readAgain } = useTotals(of, groupBy, measure);
  // Totals change inside; their version says when.
  // oxlint-disable-next-line react/memo-dependencies, react/exhaustive-deps
  const places = useMemo(() => (totals === undefined ? undefined : placesOf(totals)), [totals, version]);
  return (
    <TileFrame kind="map" title={title} isStale={isStale}>
      {error !== null && <TileError error={error} onRetry={readAgain} />}
      {error === null && places === undefined && <MapSkeleton />}
      {places !== undefined && (
        <>
          <MapOrList places={places} label={label} />
          <Summary places={places} label={label} />
        </>
      )}
    </TileFrame>
  );
}

interface PlacesProps {
  readonly places: Places;
  /** What is counted, in the plural. */
  readonly label: string;
}

function MapOrList({ places, label }: PlacesProps) {
  const [failure, setFailure] = useState<Error>();
  const [isDrawable] = useState(hasWebGl);
  if (!isDrawable || failure !== undefined) {
    return (
      <div className="map-instead">
        <p>
          {isDrawable
            ? `The map could not be drawn (${failure?.message}). These are the largest places:`
            : 'This browser draws no maps (it has no WebGL). These are the largest places:'}
        </p>
        <PlaceList places={places.places} label={label} />
      </div>
    );
  }
  return (
    <Suspense fallback={<MapSkeleton />}>
      <MapCanvas places={places.places} label={label} onFailure={setFailure} />
    </Suspense>
  );
}

function Summary({ places, label }: PlacesProps) {
  const { places: spots, shown, unplaced } = places;
  const total = shown + unplaced;
  const things = label.toLowerCase();
  if (spots.length === 0 && unplaced === 0) return <TileEmpty>No sales in this range.</TileEmpty>;
  return (
    <footer className="map-summary">
      <p title="Who comes on two days counts on each of them">
        <strong>
          <data value={total}>{countOf(total, things)}</data>
        </strong>{' '}
        added up by day, in {countOf(spots.length, 'places')}
        {unplaced > 0 && <>, {countOf(unplaced, things)} of them in places not found</>}
      </p>
      <p className="credit">Map: U.S. Census Bureau, Natural Earth</p>
    </footer>
  );
}

function MapSkeleton() {
  return <div className="skeleton map-skeleton" role="status" aria-label="Loading the map" />;
}

/** Whether this browser draws what the map is drawn with. */
function hasWebGl(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}
