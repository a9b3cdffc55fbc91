/**
 * Makes `deploy/superset/atlas.json`, of which Superset's map is drawn: the world's land, the United States in more detail,
 * and the borders of the states, from the npm packages world-atlas and us-atlas (public domain data of Natural Earth and
 * the U.S. Census Bureau).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { feature, merge, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';

const TARGET = resolve(import.meta.dirname, '../deploy/superset/atlas.json');
/** Coordinates are whole thousandths of a degree, about 100 m. */
const UNITS_PER_DEGREE = 1000;

/** A line or a ring: longitude, latitude, longitude, latitude, … */
type Line = readonly number[];

/** The first ring of a polygon is its edge, the others are its holes. */
export interface Atlas {
  readonly units_per_degree: number;
  readonly land: readonly (readonly Line[])[];
  readonly country: readonly (readonly Line[])[];
  readonly borders: readonly Line[];
}

/** The atlas as it is written: the same text from the same packages. */
export function atlasText(): string {
  const world = readTopology('world-atlas/land-110m.json');
  const states = readTopology('us-atlas/states-10m.json');
  const stateShapes = states.objects['states'] as GeometryCollection;
  const land = feature(world, world.objects['land'] as GeometryCollection);
  const atlas: Atlas = {
    units_per_degree: UNITS_PER_DEGREE,
    land: land.features.flatMap(({ geometry }) =>
      geometry.type === 'MultiPolygon' ? polygons(geometry.coordinates) : [],
    ),
    country: polygons(merge(states, stateShapes.geometries as Parameters<typeof merge>[1]).coordinates),
    borders: mesh(states, stateShapes, (a, b) => a !== b).coordinates.map(line),
  };
  return `${JSON.stringify(atlas)}\n`;
}

function readTopology(name: string): Topology {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(name), 'utf8')) as Topology;
}

function polygons(coordinates: readonly number[][][][]): readonly (readonly Line[])[] {
  return coordinates.map((rings) => rings.map(line));
}

function line(positions: readonly number[][]): Line {
  return positions.flatMap(([longitude = 0, latitude = 0]) => [
    Math.round(longitude * UNITS_PER_DEGREE),
    Math.round(latitude * UNITS_PER_DEGREE),
  ]);
}

if (import.meta.main) writeFileSync(TARGET, atlasText());
