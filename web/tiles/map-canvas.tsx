import { useEffect, useRef, useState } from 'react';
import type { PrintNumber } from '../format.ts';
import { baseMapStyle, mapColours } from './base-map.ts';
import type { Place } from './places.ts';
import { PlacesMap } from './places-map.ts';

/** Changed places are drawn at most once in so many ms. */
const DRAW_MS = 400;

interface MapCanvasProps {
  readonly places: readonly Place[];
  /** Prints a value with what it is of. */
  readonly amount: PrintNumber;
  readonly onFailure: (error: Error) => void;
  /** A single place was chosen. */
  readonly onPlace: (place: Place) => void;
}

/** Hands places to the map: the first at once, later ones in peace. */
function useDrawing(map: PlacesMap | undefined, places: readonly Place[], amount: PrintNumber): void {
  const drawnAtMs = useRef(0);
  useEffect(() => {
    if (map === undefined) return undefined;
    const draw = (): void => {
      drawnAtMs.current = performance.now();
      map.setPlaces(places, amount);
    };
    const timer = setTimeout(draw, Math.max(0, drawnAtMs.current + DRAW_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [map, places, amount]);
}

/** The map and its buttons. A file of its own, so that the map's library is loaded only by pages with a map. */
export function MapCanvas({ places, amount, onFailure, onPlace }: MapCanvasProps) {
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<PlacesMap>();

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    let isGone = false;
    let made: PlacesMap | undefined;
    baseMapStyle(mapColours(element))
      .then((style) => {
        if (isGone) return;
        made = new PlacesMap(element, style, onPlace);
        setMap(made);
      })
      .catch((error: unknown) => onFailure(error instanceof Error ? error : new Error(String(error))));
    return () => {
      isGone = true;
      made?.close();
      setMap(undefined);
    };
  }, [onFailure, onPlace]);

  useDrawing(map, places, amount);
  return (
    <div className="map-room">
      <div className="map-canvas" ref={container} />
      <div className="map-buttons">
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => map?.zoomIn()}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => map?.zoomOut()}>
          −
        </button>
        <button type="button" aria-label="Show all places" title="Show all places" onClick={() => map?.fit()}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
          </svg>
        </button>
      </div>
    </div>
  );
}
