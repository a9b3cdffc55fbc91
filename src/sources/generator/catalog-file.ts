import { readFile } from 'node:fs/promises';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { DaybookError } from '../../base/errors.ts';
import { findPlace } from '../../base/us-places.ts';
import type { Catalogue, Customer, PlaceNotFound, Product } from './catalogue.ts';

const COLUMNS = [
  'customer_id',
  'customer_name',
  'segment',
  'country',
  'city',
  'state',
  'category',
  'sub_category',
  'product_name',
  'sales',
  'quantity',
  'discount',
] as const;

type Line = Readonly<Record<(typeof COLUMNS)[number], string>>;

/**
 * Reads a catalogue from a CSV of order lines with the superstore's columns. Customers and products are drawn by line,
 * so who ordered more often before orders more often again; a price is what the line was sold for, before discount.
 * @throws DaybookError `CATALOG_UNREADABLE`, `CATALOG_COLUMNS` (names those that are missing), `CATALOG_LINE` when a line
 *   gives no price, `CATALOG_EMPTY`
 */
export async function readCatalogFile(path: string): Promise<Catalogue> {
  const lines = linesOf(path, await readText(path));
  const places = new Places();
  const customers: Customer[] = [];
  for (const { customer_id, customer_name, segment, country, city, state } of lines) {
    const { latitude, longitude } = await places.find(city, state);
    customers.push({ customer_id, customer_name, segment, country, city, latitude, longitude });
  }
  const products = lines.map((line, at): Product => {
    const { category, sub_category, product_name } = line;
    return { category, sub_category, product_name, price: priceOf(path, line, at + 2) };
  });
  const weights = lines.map(() => 1);
  return {
    customers,
    customerWeights: weights,
    products,
    productWeights: weights,
    placesNotFound: places.notFound(),
  };
}

async function readText(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The catalogue ${path} cannot be read: ${why}. Name a CSV of order lines with --catalog.`;
    throw new DaybookError('CATALOG_UNREADABLE', message, { details: { path }, cause: error });
  }
}

function linesOf(path: string, bytes: Buffer): readonly Line[] {
  const [header = [], ...rows] = rowsOf(path, bytes);
  const names = header.map((name) => name.trim().toLowerCase().replace(/[ -]+/g, '_'));
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new DaybookError(
      'CATALOG_COLUMNS',
      `The catalogue ${path} has no column ${missing.join(', ')}; its columns are ${names.join(', ')}. ` +
        `It needs ${COLUMNS.join(', ')}.`,
      { details: { path, missing } },
    );
  }
  if (rows.length === 0) {
    const message = `The catalogue ${path} has a header and no order lines, so there is nothing to draw from.`;
    throw new DaybookError('CATALOG_EMPTY', message, { details: { path } });
  }
  const at = COLUMNS.map((column) => [column, names.indexOf(column)] as const);
  return rows.map((cells) => Object.fromEntries(at.map(([column, index]) => [column, cells[index] ?? ''])) as Line);
}

function rowsOf(path: string, bytes: Buffer): readonly (readonly string[])[] {
  try {
    return parse(bytes, { bom: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const message = `The catalogue ${path} is no CSV file: ${error.message}. Save it as CSV with commas, in UTF-8.`;
    throw new DaybookError('CATALOG_UNREADABLE', message, { details: { path }, cause: error });
  }
}

/** `sales / quantity / (1 - discount)` */
function priceOf(path: string, { sales, quantity, discount }: Line, line: number): number {
  const isNumber = [sales, quantity, discount].every((text) => text.trim() !== '');
  const price = isNumber ? Number(sales) / Number(quantity) / (1 - Number(discount)) : NaN;
  // A price and twenty times it must be money that a record may hold.
  if (price >= 0 && price <= PRICE_MAX) return price;
  throw new DaybookError(
    'CATALOG_LINE',
    `Line ${line} of the catalogue ${path} gives no price: sales '${sales}', quantity '${quantity}', discount ` +
      `'${discount}'. Take the line out, or correct it: price = sales / quantity / (1 - discount).`,
    { details: { path, line } },
  );
}

const PRICE_MAX = 100_000_000;

interface Coordinates {
  readonly latitude: number | null;
  readonly longitude: number | null;
}

interface SeenPlace extends Coordinates {
  readonly city: string;
  readonly state: string;
  count: number;
}

/** Looks each place up once. */
class Places {
  readonly #seen = new Map<string, SeenPlace>();

  async find(city: string, state: string): Promise<Coordinates> {
    const key = `${city}\n${state}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      const place = await findPlace(city, state);
      seen = { city, state, latitude: place?.latitude ?? null, longitude: place?.longitude ?? null, count: 0 };
      this.#seen.set(key, seen);
    }
    seen.count++;
    return seen;
  }

  notFound(): readonly PlaceNotFound[] {
    return [...this.#seen.values()]
      .filter(({ latitude }) => latitude === null)
      .map(({ city, state, count }) => ({ city, state, count }))
      .toSorted((a, b) => b.count - a.count);
  }
}
