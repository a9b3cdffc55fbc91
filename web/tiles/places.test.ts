import { expect, it } from 'vitest';
import { placesOf } from './places.ts';

const NAMES = { latitude: 'north', longitude: 'east', measure: 'rev' };

it('sums over all places, and over what has none, are exact', () => {
  const rows = [
    { north: 40, east: 10, rev: 0.1 },
    { north: 50, east: 10, rev: 0.2 },
    { north: null, east: null, rev: 1.1 },
    { north: 95, east: 10, rev: 2.2 },
    { north: 41, east: 10, rev: 0 },
  ];
  const { places, total, unplaced } = placesOf(rows, NAMES);
  expect(places.map(({ latitude, value }) => [latitude, value])).toEqual([
    [40, 0.1],
    [50, 0.2],
  ]);
  expect([total, unplaced]).toEqual([3.6, 3.3]);
});
