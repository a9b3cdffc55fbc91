import { Suspense, lazy, useCallback, useMemo, useState } from 'react';
import type { TileInfo } from '../../src/server/protocol.ts';
import { useView } from '../api/use-view.ts';
import { choose, useChoices } from '../choices.ts';
import { ErrorBoundary } from '../error-boundary.tsx';
import type { ExplainedSum } from '../explain.ts';
import { explainSum } from '../explain.ts';
import { filterBy, sourceOf } from '../filters.ts';
import type { PrintNumber } from '../format.ts';
import { countOf } from '../format.ts';
import { loadCode } from '../load-code.ts';
import { ExplainButton } from './explain-button.tsx';
import { amountPrinter, measureLabel, measurePrinter } from './labels.ts';
import './map-tile.css';
import { PlaceList } from './place-list.tsx';
import type { Place, Places } from './places.ts';
import { placesOf } from './places.ts';
import type { TileContext } from './tile-context.ts';
import { rangeOf, selectionOf, summedNote, unfilteredNote } from './tile-context.ts';
import { TileEmpty, TileFrame } from './tile-frame.tsx';

interface MapTileProps extends TileContext {
  readonly tile: Extract<TileInfo, { kind: 'map' }>;
}

const MapCanvas = lazy(async () => {
  const { MapCanvas } = await loadCode(() => import('./map-canvas.tsx'));
  return { default: MapCanvas };
});

/** What a circle's number counts, and whether the places are drawn or listed; the address holds both. */
function useMapChoices() {
  const choices = useChoices();
  return {
    counted: choices.get('map.count') === 'places' ? ('places' as const) : ('measure' as const),
    shape: choices.get('map.as') === 'list' ? ('list' as const) : ('map' as const),
  };
}

/** A report's places, summed over the range: on a map whose clusters split, or as a list. */
export function MapTile({ tile, definition, range, filters }: MapTileProps) {
  const { measure, title, latitude, longitude } = tile;
  const source = sourceOf(definition, { ...tile, by: [latitude, longitude] }, filters);
  const view = useView(
    { kind: 'totals', ...selectionOf(source), ...rangeOf(range), by: [latitude, longitude], measure: source.measure },
    { source, range },
  );
  const { answer, about } = view;
  const rows = answer?.rows;
  const { report, measure: given, equals } = about.source;
  const places = useMemo(
    () => (rows === undefined ? undefined : placesOf(rows, { latitude, longitude, measure: given })),
    [rows, latitude, longitude, given],
  );
  const onPlace = useCallback(
    ({ reportedLatitude, longitude: east }: Place) =>
      filterBy({ [latitude]: String(reportedLatitude), [longitude]: String(east) }),
    [latitude, longitude],
  );
  const label = measureLabel(definition, tile.report, measure);
  const print = measurePrinter(definition, tile.report, measure);
  const amount = useMemo(() => amountPrinter(definition, tile.report, measure), [definition, tile.report, measure]);
  const sum = { report, measure: given, ...rangeOf(about.range), equals };
  return (
    <TileFrame
      kind="map"
      title={title}
      view={view}
      aside={<MapTools label={label} />}
      notes={[unfilteredNote(source, definition), summedNote({ definition, range }, source, [])]}
    >
      {places === undefined && <MapSkeleton />}
      {places !== undefined && (
        <>
          <MapOrList
            places={places}
            label={label}
            print={print}
            amount={amount}
            onPlace={onPlace}
            onExplain={({ reportedLatitude, longitude: east }) => {
              const at = { [latitude]: [String(reportedLatitude)], [longitude]: [String(east)] };
              explainSum({ ...sum, equals: { ...sum.equals, ...at } });
            }}
          />
          <Summary places={places} label={label} amount={amount} sum={sum} />
        </>
      )}
    </TileFrame>
  );
}

function MapTools({ label }: { readonly label: string }) {
  const { counted, shape } = useMapChoices();
  return (
    <div className="table-tools">
      <div className="segments" role="group" aria-label="What is counted">
        <button type="button" aria-pressed={counted === 'measure'} onClick={() => choose({ 'map.count': undefined })}>
          {label}
        </button>
        <button type="button" aria-pressed={counted === 'places'} onClick={() => choose({ 'map.count': 'places' })}>
          Places
        </button>
      </div>
      <div className="segments" role="group" aria-label="How they are shown">
        <button type="button" aria-pressed={shape === 'map'} onClick={() => choose({ 'map.as': undefined })}>
          Map
        </button>
        <button type="button" aria-pressed={shape === 'list'} onClick={() => choose({ 'map.as': 'list' })}>
          List
        </button>
      </div>
    </div>
  );
}

interface PlacesProps {
  readonly places: Places;
  /** What is counted, in the plural. */
  readonly label: string;
  /** Prints a value with what it is of. */
  readonly amount: PrintNumber;
}

interface MapOrListProps extends PlacesProps {
  readonly print: PrintNumber;
  readonly onPlace: (place: Place) => void;
  readonly onExplain: (place: Place) => void;
}

function MapOrList({ places, label, print, amount, onPlace, onExplain }: MapOrListProps) {
  const { counted, shape } = useMapChoices();
  const [failure, setFailure] = useState<Error>();
  const [isDrawable] = useState(hasWebGl);
  const drawn = useMemo(
    () => (counted === 'places' ? places.places.map((place) => ({ ...place, value: 1 })) : places.places),
    [places, counted],
  );
  const list = (said?: string) => (
    // A room that scrolls has to be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="map-instead" role="group" aria-label="Places" tabIndex={0}>
      {said !== undefined && <p>{said} These are the largest places:</p>}
      <PlaceList
        places={places.places}
        label={label}
        print={print}
        amount={amount}
        onPlace={onPlace}
        onExplain={onExplain}
      />
    </div>
  );
  const listAfter = ({ message }: Error) => list(`The map could not be drawn (${message}).`);
  if (shape === 'list') return list();
  if (!isDrawable) return list('This browser draws no maps (it has no WebGL).');
  if (failure !== undefined) return listAfter(failure);
  return (
    <ErrorBoundary instead={listAfter}>
      <Suspense fallback={<MapSkeleton />}>
        <MapCanvas
          places={drawn}
          amount={counted === 'places' ? countOfPlaces : amount}
          onFailure={setFailure}
          onPlace={onPlace}
        />
      </Suspense>
    </ErrorBoundary>
  );
}

const countOfPlaces: PrintNumber = (value) => countOf(value, 'places');

function Summary({ places, label, amount, sum }: PlacesProps & { readonly sum: ExplainedSum }) {
  const { places: spots, total, unplaced } = places;
  if (spots.length === 0 && unplaced === 0) return <TileEmpty>No sales in this range.</TileEmpty>;
  return (
    <footer className="map-summary">
      <p>
        <strong>
          <data value={total}>{amount(total)}</data>
        </strong>{' '}
        in {countOfPlaces(spots.length)}
        {unplaced !== 0 && <>, {amount(unplaced)} without a place among them</>}
        <ExplainButton what={`all ${label.toLowerCase()}`} sum={sum} />
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
