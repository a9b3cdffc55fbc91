import type { StyleSpecification } from 'maplibre-gl';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import statesUrl from 'us-atlas/states-10m.json?url';
import landUrl from 'world-atlas/land-110m.json?url';

/** The map's colours, as the page's style sheet has them. */
interface MapColours {
  readonly sea: string;
  readonly land: string;
  readonly states: string;
  readonly borders: string;
}

/** The colours that hold now: they change with the reader's light or dark. */
export function mapColours(element: Element): MapColours {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--map-${name}`).trim();
  return { sea: colour('sea'), land: colour('land'), states: colour('states'), borders: colour('borders') };
}

/**
 * The world's land and the states of the U.S. from our own server: no tiles, no letters, no pictures.
 * @throws Error when they cannot be read
 */
export async function baseMapStyle(colours: MapColours): Promise<StyleSpecification> {
  const [land, states] = await Promise.all([readShapes(landUrl, 'land'), readShapes(statesUrl, 'states')]);
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: land },
      states: { type: 'geojson', data: states },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land } },
      { id: 'states', type: 'fill', source: 'states', paint: { 'fill-color': colours.states } },
      {
        id: 'borders',
        type: 'line',
        source: 'states',
        paint: { 'line-color': colours.borders, 'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.6, 8, 1.6] },
      },
    ],
  };
}

async function readShapes(url: string, name: string): Promise<GeoJSON.GeoJSON> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`The base map could not be read: the server answered ${response.status} for ${url}.`);
  const topology = (await response.json()) as Topology;
  const shapes = topology.objects[name];
  if (shapes === undefined) throw new Error(`The base map ${url} has no '${name}'.`);
  return feature(topology, shapes);
}
