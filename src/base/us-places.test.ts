import { describe, expect, it } from 'vitest';
import { findPlace, largestPlaces } from './us-places.ts';

async function found(city: string, state: string): Promise<string | undefined> {
  const place = await findPlace(city, state);
  return place && `${place.name}, ${place.stateCode}`;
}

describe('the cities of the United States', () => {
  it('are where they are', async () => {
    const place = await findPlace('Henderson', 'Kentucky');
    expect(place).toMatchObject({ state: 'Kentucky', stateCode: 'KY' });
    expect(place?.latitude).toBeCloseTo(37.836, 2);
    expect(place?.longitude).toBeCloseTo(-87.59, 2);
  });

  it('are found however people spell them', async () => {
    expect(await found('new york', 'NY')).toBe('New York City, NY');
    expect(await found('New York City', 'New York')).toBe('New York City, NY');
    expect(await found('Washington', 'District of Columbia')).toBe('Washington, D.C., DC');
    expect(await found('Washington, D.C.', 'dc')).toBe('Washington, D.C., DC');
    expect(await found('Mc Allen', 'Texas')).toBe('McAllen, TX');
    expect(await found('Saint Petersburg', 'Florida')).toBe('St. Petersburg, FL');
    expect(await found('St. Charles', 'Missouri')).toBe(await found('Saint Charles', 'missouri'));
    expect(await found('Ft. Worth', 'TX')).toBe('Fort Worth, TX');
    expect(await found('Oklahoma', 'Oklahoma')).toBe('Oklahoma City, OK');
    expect(await found('Peñasco', 'New Mexico')).toBe(await found('Penasco', 'New Mexico'));
  });

  it('are found in their own state only', async () => {
    expect((await findPlace('Springfield', 'Illinois'))?.stateCode).toBe('IL');
    expect((await findPlace('Springfield', 'Missouri'))?.stateCode).toBe('MO');
    expect(await findPlace('Los Angeles', 'Ohio')).toBeUndefined();
    expect(await findPlace('Paris', 'France')).toBeUndefined();
    expect(await findPlace('', 'Ohio')).toBeUndefined();
  });

  it('come largest first', async () => {
    const places = await largestPlaces(500);
    expect(places).toHaveLength(500);
    expect(places[0]?.name).toBe('New York City');
    places.forEach(({ population, latitude, longitude, state }, at) => {
      expect(population).toBeGreaterThanOrEqual(places[at + 1]?.population ?? 0);
      expect(latitude > 18 && latitude < 72 && longitude > -180 && longitude < -65).toBe(true);
      expect(state.length).toBeGreaterThan(2);
    });
    expect(new Set(places.map(({ latitude, longitude }) => `${latitude} ${longitude}`)).size).toBeGreaterThan(495);
  });
});
