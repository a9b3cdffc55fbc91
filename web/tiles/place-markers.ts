import type { Map as MapLibreMap } from 'maplibre-gl';
import type { PrintNumber } from '../format.ts';
import { printShort } from '../format.ts';
import { printWhere } from './places.ts';

/** What stands at one point of the map: a cluster of places, or one place. */
export interface Spot {
  /** The least index of its places: no two spots share it. */
  readonly first: number;
  /** Undefined: one place. */
  readonly clusterId: number | undefined;
  readonly longitude: number;
  readonly latitude: number;
  /** Of one place, which may lie beyond where maps end. */
  readonly reportedLatitude: number;
  readonly value: number;
}

interface SpotMarker {
  readonly button: HTMLButtonElement;
  spot: Spot;
}

const SIZE_MIN_PX = 26;
const SIZE_MAX_PX = 62;

/**
 * Spots as buttons over the map; one that stays keeps its element, and so the reader's focus. The map library's own markers
 * go over to another copy of the world when the map jumps, which here there is none of.
 */
export class PlaceMarkers {
  readonly #map: MapLibreMap;
  readonly #onOpen: (spot: Spot) => void;
  readonly #markers = new Map<number, SpotMarker>();

  /** @param onOpen called when a cluster or place is clicked */
  constructor(map: MapLibreMap, onOpen: (spot: Spot) => void) {
    this.#map = map;
    this.#onOpen = onOpen;
  }

  /**
   * Shows those of the spots that are in view, and no others.
   * @param amount prints a value with what it is of
   */
  show(spots: readonly Spot[], amount: PrintNumber): void {
    const bounds = this.#map.getBounds();
    const inView = spots.filter(({ longitude, latitude }) => bounds.contains([longitude, latitude]));
    const max = inView.reduce((most, { value }) => Math.max(most, Math.abs(value)), 1);
    const firsts = new Set(inView.map(({ first }) => first));
    for (const [first, { button }] of this.#markers) {
      if (firsts.has(first)) continue;
      // Who goes from cluster to cluster by keyboard goes on from the map.
      if (document.activeElement === button) this.#map.getCanvas().focus({ preventScroll: true });
      button.remove();
      this.#markers.delete(first);
    }
    for (const spot of inView) this.#draw(this.#markers.get(spot.first) ?? this.#add(spot), spot, max, amount);
  }

  /** Puts the spots that are shown where the map has them now. */
  place(): void {
    for (const { button, spot } of this.#markers.values()) {
      const { x, y } = this.#map.project([spot.longitude, spot.latitude]);
      button.style.translate = `calc(${Math.round(x)}px - 50%) calc(${Math.round(y)}px - 50%)`;
    }
  }

  #add(spot: Spot): SpotMarker {
    const button = document.createElement('button');
    button.type = 'button';
    button.classList.add('spot');
    this.#map.getCanvasContainer().append(button);
    const added: SpotMarker = { button, spot };
    button.addEventListener('click', () => this.#onOpen(added.spot));
    // Two quick clicks on a marker are not the map's own double click.
    button.addEventListener('dblclick', (event) => event.stopPropagation());
    this.#markers.set(spot.first, added);
    return added;
  }

  #draw(drawn: SpotMarker, spot: Spot, max: number, amount: PrintNumber): void {
    const { button } = drawn;
    drawn.spot = spot;
    const isCluster = spot.clusterId !== undefined;
    button.classList.toggle('cluster', isCluster);
    button.classList.toggle('place', !isCluster);
    button.classList.toggle('negative', spot.value < 0);
    const size = SIZE_MIN_PX + (SIZE_MAX_PX - SIZE_MIN_PX) * Math.sqrt(Math.abs(spot.value) / max);
    button.style.setProperty('--size', `${Math.round(size)}px`);
    const said = isCluster
      ? `${amount(spot.value)}, zoom in`
      : `${amount(spot.value)} at ${printWhere(spot)}, show them alone`;
    if (button.title === said) return;
    button.title = said;
    button.ariaLabel = said;
    button.textContent = printShort(spot.value);
  }
}
