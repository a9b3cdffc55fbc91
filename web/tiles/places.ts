import type { JsonCell } from '../../src/server/protocol.ts';
import type { Totals } from '../api/totals.ts';

/** A place with the measure that the map shows of it. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  /** Never zero. */
  readonly value: number;
}

/** The places of a report's rows; both sums together are the sum over all its rows. */
export interface Places {
  readonly places: readonly Place[];
  /** The measure's sum over the places. */
  readonly shown: number;
  /** The measure's sum over rows without coordinates. */
  readonly unplaced: number;
}

/** Where web maps end: at the poles the projection runs to infinity. */
const LATITUDE_MAX = 85;

/** Places out of totals whose cells are latitude and longitude. */
export function placesOf(totals: Totals): Places {
  const places: Place[] = [];
  let shown = 0;
  let unplaced = 0;
  for (const { cells, value } of totals.groups()) {
    if (value === 0) continue;
    const [latitude, longitude] = cells;
    if (isWithin(latitude, 90) && isWithin(longitude, 180)) {
      places.push({ latitude: Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude)), longitude, value });
      shown += value;
    } else unplaced += value;
  }
  return { places, shown, unplaced };
}

function isWithin(cell: JsonCell | undefined, max: number): cell is number {
  return typeof cell === 'number' && Math.abs(cell) <= max;
}

/** A place's coordinates for people: `40.71° N, 74.01° W`. */
export function printPlace({ latitude, longitude }: Pick<Place, 'latitude' | 'longitude'>): string {
  const degrees = (value: number): string => `${Math.abs(value).toFixed(2)}°`;
  return `${degrees(latitude)} ${latitude < 0 ? 'S' : 'N'}, ${degrees(longitude)} ${longitude < 0 ? 'W' : 'E'}`;
}
