import { faker } from '@faker-js/faker/locale/en';
import { largestPlaces } from '../../base/us-places.ts';
import type { SubCategoryWords } from './product-words.ts';
import { BRANDS, SERIES, SUB_CATEGORIES } from './product-words.ts';
import type { Random } from './random.ts';
import { makeRandom, shuffled, weightedDraw } from './random.ts';

/** Who buys. The fields are those of a record. */
export interface Customer {
  readonly customer_id: string;
  readonly customer_name: string;
  readonly segment: string;
  readonly country: string;
  readonly city: string;
  /** In degrees; null when it is not known where the city is. */
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** What is bought. The fields are those of a record. */
export interface Product {
  readonly category: string;
  readonly sub_category: string;
  readonly product_name: string;
  /** Of one, before discount, in the store's currency. */
  readonly price: number;
}

/** Who buys what. A customer or product of twice the weight is drawn twice as often. */
export interface Catalogue {
  readonly customers: readonly Customer[];
  readonly customerWeights: readonly number[];
  readonly products: readonly Product[];
  readonly productWeights: readonly number[];
  /** Cities of customers who have no coordinates, and how many customers; most first. */
  readonly placesNotFound: readonly PlaceNotFound[];
}

export interface PlaceNotFound {
  readonly city: string;
  readonly state: string;
  readonly count: number;
}

/** One shop for all seeds: what changes with the seed is who buys what, and when. */
const CATALOGUE_SEED = 17;
const PRODUCTS_PER_SUB_CATEGORY = 96;
const CUSTOMERS = 800;
const CITIES = 500;
/** Consumer twice as often as Corporate, Home Office least. */
const SEGMENTS = ['Consumer', 'Consumer', 'Consumer', 'Corporate', 'Corporate', 'Home Office'];
/** Steepness of popularity: of the first in rank so many times as much is sold as of the one that stands here. */
const HALF_RANK = 40;

/**
 * The furniture store's own catalogue: 1,632 products in its 3 categories and 17 sub-categories, and 800 customers, who
 * live in the 500 largest cities of the United States, in larger ones more often. It is the same each time.
 */
export async function ownCatalogue(): Promise<Catalogue> {
  const products = shuffled(SUB_CATEGORIES.flatMap(productsOf), makeRandom(CATALOGUE_SEED, 'popularity of products'));
  const customers = await makeCustomers();
  return {
    products,
    productWeights: products.map((_, rank) => 1 / (1 + rank / HALF_RANK)),
    customers,
    customerWeights: customers.map((_, rank) => 1 / (4 + rank / HALF_RANK)),
    placesNotFound: [],
  };
}

function productsOf(words: SubCategoryWords): readonly Product[] {
  const random = makeRandom(CATALOGUE_SEED, `products ${words.subCategory}`);
  const names = new Set<string>();
  while (names.size < PRODUCTS_PER_SUB_CATEGORY) names.add(productName(words, random));
  return Array.from(names, (product_name) => ({
    category: words.category,
    sub_category: words.subCategory,
    product_name,
    price: priceOf(words, random),
  }));
}

function productName(words: SubCategoryWords, random: Random): string {
  const noun = random.pick(words.nouns).replace('#', () => random.pick(words.sizes));
  const series = random.pick(SERIES);
  const shape = random.below(12);
  const named = shape === 0 ? ` "${series}"` : shape < 5 ? ` ${series}` : '';
  const variant = random.chance(0.7) ? `, ${random.pick(words.variants)}` : '';
  return `${random.pick(BRANDS)}${named} ${noun}${variant}`;
}

/** Whole cents; the cube makes low prices common and high ones rare. */
function priceOf({ priceMin, priceMax }: SubCategoryWords, random: Random): number {
  const height = random.fraction();
  return Math.round((priceMin + (priceMax - priceMin) * height * height * height) * 100) / 100;
}

async function makeCustomers(): Promise<readonly Customer[]> {
  const random = makeRandom(CATALOGUE_SEED, 'customers');
  const places = await largestPlaces(CITIES);
  const drawPlace = weightedDraw(places.map(({ population }) => population));
  const numbers = shuffled(
    Array.from({ length: 12_000 }, (_, at) => 10_000 + at),
    random,
  );
  // The package has one state for the whole process, so it is seeded and used without a pause.
  faker.seed(CATALOGUE_SEED);
  const customers = Array.from({ length: CUSTOMERS }, (_, at): Customer => {
    const first = faker.person.firstName();
    const last = faker.person.lastName();
    // Each city has somebody; the others live where many do.
    const place = places[at < places.length ? at : drawPlace(random)];
    return {
      customer_id: `${initial(first)}${initial(last)}-${numbers[at]}`,
      customer_name: `${first} ${last}`,
      segment: random.pick(SEGMENTS),
      country: 'United States',
      city: place?.name ?? '',
      latitude: place?.latitude ?? null,
      longitude: place?.longitude ?? null,
    };
  });
  return shuffled(customers, random);
}

function initial(name: string): string {
  return name.charAt(0).toUpperCase();
}
