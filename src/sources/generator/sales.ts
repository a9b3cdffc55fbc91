import type { Zone } from '../../base/calendar.ts';
import { formatDay, formatLocalTime } from '../../base/calendar.ts';
import type { Catalogue, Customer, Product } from './catalogue.ts';
import type { Random, WeightedDraw } from './random.ts';
import { makeRandom, weightedDraw } from './random.ts';

/** A generated sale: a record's fields, in the order in which its JSON has them. */
export interface Sale {
  readonly ts_id: string;
  /** `YYYY-MM-DD HH:MM:SS`, the store's local time. */
  readonly ts: string;
  readonly ts_date: string;
  readonly customer_id: string;
  readonly customer_name: string;
  readonly segment: string;
  readonly country: string;
  readonly city: string;
  readonly category: string;
  readonly sub_category: string;
  readonly product_name: string;
  readonly price: number;
  readonly quantity: number;
  readonly discount: string;
  readonly revenue: number;
  readonly profit: number;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export interface SalesOfDay {
  readonly catalogue: Catalogue;
  readonly seed: number;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** About so many sales on a day; a weekend has more. */
  readonly perDay: number;
}

/** How many of 1,000 sales each hour has: hardly any at night, most around lunch and in the evening. */
const SALES_OF_HOUR = [6, 3, 2, 2, 2, 5, 12, 25, 42, 54, 62, 76, 92, 84, 62, 54, 54, 64, 80, 86, 68, 40, 18, 7];
/** Of a weekday, Sunday first, to the mean day. */
const SHARE_OF_WEEKDAY = [1.12, 0.84, 0.86, 0.9, 0.96, 1.1, 1.22];
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;
const SECONDS_PER_HOUR = 3600;
/** A day differs from others of its weekday by up to this share. */
const DAY_VARIATION = 0.08;

/** By quantity less one. Mostly small, and up to 20. */
const QUANTITY_WEIGHTS = Array.from({ length: 20 }, (_, less) => 1 / (1 + less * less * 0.35));
const DISCOUNTS = ['0', '0.1', '0.15', '0.2', '0.3', '0.4', '0.5'];
const DISCOUNT_WEIGHTS = [56, 9, 5, 18, 6, 4, 2];

const drawHour = weightedDraw(SALES_OF_HOUR);
const drawQuantity = weightedDraw(QUANTITY_WEIGHTS);
const drawDiscount = weightedDraw(DISCOUNT_WEIGHTS);

/** How many sales a day has. The same for the same arguments. */
export function salesCount({ seed, day, perDay }: Omit<SalesOfDay, 'catalogue'>): number {
  const weekday = (((day + FIRST_WEEKDAY) % 7) + 7) % 7;
  const variation = 1 + DAY_VARIATION * (2 * makeRandom(seed, `size of day ${day}`).fraction() - 1);
  return Math.max(1, Math.round(perDay * (SHARE_OF_WEEKDAY[weekday] ?? 1) * variation));
}

/** A day's sales in the order of their times; always the same for the same arguments. */
export function* salesOfDay({ catalogue, seed, day, perDay }: SalesOfDay): Generator<Sale> {
  // The number is part of the label, so that days of different sizes share no primary key.
  const random = makeRandom(seed, `sales of day ${day}, ${perDay} a day`);
  const seconds = Int32Array.from({ length: salesCount({ seed, day, perDay }) }, () => {
    return drawHour(random) * SECONDS_PER_HOUR + random.below(SECONDS_PER_HOUR);
  }).sort();
  const draw = buyerAndProduct(catalogue);
  const date = formatDay(day);
  for (const second of seconds) yield sale(`${date} ${clockText(second)}`, date, draw, random);
}

/** Makes sales that happen now, one by one. */
export interface LiveSales {
  /** A sale of the given moment, Unix ms UTC. */
  next(epochMs: number): Sale;
}

/**
 * Sales of a run that goes on as long as it likes.
 * @param run  what tells this run from all others of the same seed, such as when it began: no two runs share a primary key
 */
export function liveSales(catalogue: Catalogue, seed: number, run: string, local: Zone): LiveSales {
  const random = makeRandom(seed, `live sales ${run}`);
  const draw = buyerAndProduct(catalogue);
  return {
    next(epochMs) {
      const ts = formatLocalTime(local.localTime(epochMs));
      return sale(ts, ts.slice(0, 10), draw, random);
    },
  };
}

interface BuyerAndProduct {
  customer(random: Random): Customer;
  product(random: Random): Product;
}

const DRAWS = new WeakMap<Catalogue, BuyerAndProduct>();

/** What a catalogue is drawn with; made once, as summing up the weights takes longer than a small day. */
function buyerAndProduct(catalogue: Catalogue): BuyerAndProduct {
  const known = DRAWS.get(catalogue);
  if (known !== undefined) return known;
  const of =
    <T>(list: readonly T[], draw: WeightedDraw) =>
    (random: Random): T =>
      list[draw(random)] as T;
  const made = {
    customer: of(catalogue.customers, weightedDraw(catalogue.customerWeights)),
    product: of(catalogue.products, weightedDraw(catalogue.productWeights)),
  };
  DRAWS.set(catalogue, made);
  return made;
}

function sale(ts: string, ts_date: string, draw: BuyerAndProduct, random: Random): Sale {
  const ts_id = random.uuid();
  const { customer_id, customer_name, segment, country, city, latitude, longitude } = draw.customer(random);
  const { category, sub_category, product_name, price } = draw.product(random);
  const quantity = drawQuantity(random) + 1;
  const discount = DISCOUNTS[drawDiscount(random)] as string;
  return {
    ts_id,
    ts,
    ts_date,
    customer_id,
    customer_name,
    segment,
    country,
    city,
    category,
    sub_category,
    product_name,
    price,
    quantity,
    discount,
    // In floats, with all their digits, as the formats say.
    revenue: price * quantity,
    profit: price * quantity * (1 - Number(discount)),
    latitude,
    longitude,
  };
}

/** `HH:MM:SS` of a second of the day. */
function clockText(second: number): string {
  return `${TWO_DIGITS[Math.floor(second / SECONDS_PER_HOUR)]}:${TWO_DIGITS[Math.floor(second / 60) % 60]}:${TWO_DIGITS[second % 60]}`;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
