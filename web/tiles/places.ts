import type { JsonCell, JsonRow } from '../../src/server/protocol.ts';
import { exactSum } from '../exact-sum.ts';

/** A place with the measure that the map shows of it. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  /** Never zero. */
  readonly value: number;
  /** As the report has it: beyond where maps end, too. */
  readonly reportedLatitude: number;
}

/** The places of a report's rows. */
export interface Places {
  readonly places: readonly Place[];
  /** The measure's sum over all rows. */
  readonly total: number;
  /** The measure's sum over rows without coordinates. */
  readonly unplaced: number;
}

/** Where web maps end: at the poles the projection runs to infinity. */
export const LATITUDE_MAX = 85;
export const LONGITUDE_MAX = 180;

/** Places out of rows with totals by latitude and longitude. */
export function placesOf(
  rows: readonly JsonRow[],
  names: { readonly latitude: string; readonly longitude: string; readonly measure: string },
): Places {
  const places: Place[] = [];
  const unplaced: number[] = [];
  for (const row of rows) {
    const value = Number(row[names.measure] ?? 0);
    if (value === 0) continue;
    const [latitude, longitude] = [row[names.latitude], row[names.longitude]];
    if (isWithin(latitude, 90) && isWithin(longitude, LONGITUDE_MAX)) {
      const drawn = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude));
      places.push({ latitude: drawn, longitude, value, reportedLatitude: latitude });
    } else unplaced.push(value);
  }
  const sumOfUnplaced = exactSum(unplaced);
  const total = exactSum([...places.map(({ value }) => value), sumOfUnplaced]);
  return { places, total, unplaced: sumOfUnplaced };
}

function isWithin(cell: JsonCell | undefined, max: number): cell is number {
  return typeof cell === 'number' && Math.abs(cell) <= max;
}

/** Coordinates for people: `40.71° N, 74.01° W`. */
export function printPlace({ latitude, longitude }: Pick<Place, 'latitude' | 'longitude'>): string {
  const degrees = (value: number): string => `${Math.abs(value).toFixed(2)}°`;
  return `${degrees(latitude)} ${latitude < 0 ? 'S' : 'N'}, ${degrees(longitude)} ${longitude < 0 ? 'W' : 'E'}`;
}

/** Where a place is, for people: as reported. */
export function printWhere({ reportedLatitude, longitude }: Pick<Place, 'reportedLatitude' | 'longitude'>): string {
  return printPlace({ latitude: reportedLatitude, longitude });
}
