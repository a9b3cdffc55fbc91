import type { GeoJSONSource, LngLatBoundsLike, StyleSpecification } from 'maplibre-gl';
import { LngLat, Map as MapLibreMap, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { PrintNumber } from '../format.ts';
import { mapColours } from './base-map.ts';
import type { Spot } from './place-markers.ts';
import { PlaceMarkers } from './place-markers.ts';
import type { Place } from './places.ts';
import { LATITUDE_MAX, LONGITUDE_MAX } from './places.ts';

const PLACES = 'places';
/** Places nearer to each other than this, px, are one cluster. */
const CLUSTER_RADIUS = 44;
/** From the next zoom level on no places are clustered. */
const CLUSTER_ZOOM_MAX = 11;
const ZOOM_MAX = 14;
/** A single town is shown with the land around it. */
const FIT_ZOOM_MAX = 6;
const FIT_PADDING = 44;

/** What the map knows of a cluster, or of a place. */
interface Drawn {
  readonly first: number;
  readonly value: number;
  readonly cluster_id?: number;
  readonly reportedLatitude?: number;
  readonly longitude?: number;
}

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** The map of places: clusters that split as one zooms in, over a base map. Held open until `close`. */
export class PlacesMap {
  readonly #map: MapLibreMap;
  readonly #markers: PlaceMarkers;
  readonly #isDark = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #onPlace: (place: Place) => void;
  #places: readonly Place[] = [];
  #amount: PrintNumber = String;
  #isReady = false;
  #isFitted = false;

  /**
   * @param onPlace called when a single place is chosen
   * @throws Error when the browser gives no WebGL
   */
  constructor(container: HTMLElement, style: StyleSpecification, onPlace: (place: Place) => void) {
    this.#onPlace = onPlace;
    this.#map = new MapLibreMap({
      container,
      style,
      center: [-96, 38],
      zoom: 3,
      maxZoom: ZOOM_MAX,
      renderWorldCopies: false,
      transformConstrain: withinWorld,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      // One finger scrolls the page, two move the map; a wheel has no second finger.
      cooperativeGestures: window.matchMedia('(pointer: coarse)').matches,
      locale: { 'Map.Title': 'Map: arrow keys move it, plus and minus zoom' },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#markers = new PlaceMarkers(this.#map, (spot) => void this.#open(spot));
    this.#map.once('load', () => this.#addPlaces());
    this.#map.on('render', () => {
      this.#showSpots();
      this.#markers.place();
    });
    this.#isDark.addEventListener('change', this.#paint);
  }

  /**
   * Shows these places and no others; the first ones that are not none bring all of them into view.
   * @param amount prints a value with what it is of
   */
  setPlaces(places: readonly Place[], amount: PrintNumber): void {
    this.#places = places;
    this.#amount = amount;
    if (!this.#isReady) return;
    void this.#source().setData(collectionOf(places));
    if (this.#isFitted || places.length === 0) return;
    this.#isFitted = true;
    this.fit(false);
  }

  zoomIn(): void {
    this.#map.zoomIn();
  }

  zoomOut(): void {
    this.#map.zoomOut();
  }

  /** Brings all places into view. */
  fit(isAnimated = true): void {
    if (this.#places.length === 0) return;
    this.#map.fitBounds(boundsOf(this.#places), {
      padding: FIT_PADDING,
      maxZoom: FIT_ZOOM_MAX,
      animate: isAnimated,
    });
  }

  close(): void {
    // Places that come later are of the map that takes its place.
    this.#isReady = false;
    this.#isDark.removeEventListener('change', this.#paint);
    this.#map.remove();
  }

  #source(): GeoJSONSource {
    return this.#map.getSource(PLACES) as GeoJSONSource;
  }

  #addPlaces(): void {
    this.#map.addSource(PLACES, {
      type: 'geojson',
      data: collectionOf([]),
      cluster: true,
      clusterRadius: CLUSTER_RADIUS,
      clusterMaxZoom: CLUSTER_ZOOM_MAX,
      clusterProperties: { value: ['+', ['get', 'value']], first: ['min', ['get', 'first']] },
    });
    // Markers show the places; a layer must use the source for it to be read at all.
    this.#map.addLayer({ id: PLACES, type: 'circle', source: PLACES, paint: { 'circle-opacity': 0 } });
    this.#isReady = true;
    this.setPlaces(this.#places, this.#amount);
  }

  #showSpots(): void {
    // While tiles are on their way those before stand.
    if (!this.#isReady || !this.#map.isSourceLoaded(PLACES)) return;
    const spots = new Map<number, Spot>();
    for (const { geometry, properties } of this.#map.querySourceFeatures(PLACES)) {
      if (geometry.type !== 'Point') continue;
      const [east = 0, latitude = 0] = geometry.coordinates;
      // What lies near the world's edge comes once more, beyond the other one.
      if (Math.abs(east) > LONGITUDE_MAX) continue;
      // What is drawn is rounded, so a place comes with what was reported.
      const {
        first,
        value,
        cluster_id: clusterId,
        reportedLatitude = latitude,
        longitude = east,
      } = properties as Drawn;
      // Neighbouring tiles both hold what lies at their edge.
      spots.set(first, { first, clusterId, longitude, latitude, reportedLatitude, value });
    }
    this.#markers.show([...spots.values()], this.#amount);
  }

  async #open({ clusterId, first, longitude, latitude }: Spot): Promise<void> {
    const place = this.#places[first];
    if (clusterId === undefined) {
      if (place !== undefined) this.#onPlace(place);
      return;
    }
    const zoom = await this.#source().getClusterExpansionZoom(clusterId);
    this.#map.easeTo({ center: [longitude, latitude], zoom });
  }

  readonly #paint = (): void => {
    const { sea, land, states, borders } = mapColours(this.#map.getContainer());
    this.#map.setPaintProperty('sea', 'background-color', sea);
    this.#map.setPaintProperty('land', 'fill-color', land);
    this.#map.setPaintProperty('states', 'fill-color', states);
    this.#map.setPaintProperty('borders', 'line-color', borders);
  };
}

/** The library's own rule keeps the world as wide as its room, and a wide room would never show all of it. */
function withinWorld({ lng, lat }: LngLat, zoom: number) {
  const limit = (value: number, max: number): number => Math.max(-max, Math.min(max, value));
  return { center: new LngLat(limit(lng, LONGITUDE_MAX), limit(lat, LATITUDE_MAX)), zoom };
}

function collectionOf(places: readonly Place[]): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: places.map(({ longitude, latitude, reportedLatitude, value }, first) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [longitude, latitude] },
      properties: { value, first, reportedLatitude, longitude },
    })),
  };
}

function boundsOf(places: readonly Place[]): LngLatBoundsLike {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const { longitude, latitude } of places) {
    west = Math.min(west, longitude);
    east = Math.max(east, longitude);
    south = Math.min(south, latitude);
    north = Math.max(north, latitude);
  }
  return [west, south, east, north];
}
