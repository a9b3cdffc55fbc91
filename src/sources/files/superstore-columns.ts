import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { present } from '../../base/assert.ts';
import { dayFromCivil, daysInMonth, formatDay, parseDay } from '../../base/calendar.ts';
import { divideHalfEven, microsText } from '../../base/decimal.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { Refusal } from '../../ports/runtime.ts';
import type { Cells, ColumnSet, PlaceNotFound } from './columns.ts';
import { jsonValue, withoutMidnight } from './record-columns.ts';

/** The columns that a sale is made from; the file's others (ship_date and so on) are no part of a record. */
export const SUPERSTORE_COLUMNS = [
  'row_id',
  'order_id',
  'order_date',
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
  'profit',
] as const;

type SuperstoreColumn = (typeof SUPERSTORE_COLUMNS)[number];

/** The column that a field is simply the text of. */
const COLUMN_OF_FIELD: Readonly<Record<string, SuperstoreColumn>> = {
  customer_id: 'customer_id',
  customer_name: 'customer_name',
  segment: 'segment',
  country: 'country',
  city: 'city',
  category: 'category',
  sub_category: 'sub_category',
  product_name: 'product_name',
  quantity: 'quantity',
  discount: 'discount',
  revenue: 'sales',
  profit: 'profit',
};

/** How the other fields are printed from what was made of an order line. */
const FIELD_OF_SALE: Readonly<Record<string, (sale: Sale, place: PlaceText | undefined) => string>> = {
  ts_id: (sale) => `"${sale.id}"`,
  ts: (sale) => `"${sale.date} 00:00:00"`,
  ts_date: (sale) => `"${sale.date}"`,
  price: (sale) => sale.price,
  latitude: (_sale, place) => place?.latitude ?? 'null',
  longitude: (_sale, place) => place?.longitude ?? 'null',
};

/** Finds where a city is; undefined when that is not known. */
export type FindPlace = (city: string, state: string) => Place | undefined | Promise<Place | undefined>;

/** In degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Whether the superstore's columns have what the stream's records need. */
export function superstoreSuits(stream: StreamPlan): boolean {
  return stream.fields.every((field) => field.optional || isOfSale(field.name));
}

function isOfSale(name: string): boolean {
  return Object.hasOwn(COLUMN_OF_FIELD, name) || Object.hasOwn(FIELD_OF_SALE, name);
}

/** Makes order lines of the superstore sales, as the furniture store's formats say. */
export function superstoreConverter(
  stream: StreamPlan,
  at: ReadonlyMap<string, number>,
  findPlace: FindPlace,
): Omit<ColumnSet, 'name' | 'used'> {
  const places = new Places(findPlace);
  const columns = Object.fromEntries(SUPERSTORE_COLUMNS.map((name) => [name, at.get(name) ?? -1])) as Columns;
  const printers = stream.fields
    .filter((field) => isOfSale(field.name))
    .map((field, index) => printerOf(field, columns, `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`));
  const convert = (cells: Cells): string | Refusal => {
    const sale = saleOf(cells, columns);
    if ('reason' in sale) return sale;
    const place = places.known(cells[columns.city] ?? '', cells[columns.state] ?? '');
    let json = '';
    for (const print of printers) json += print(cells, sale, place);
    return `${json}}`;
  };
  return {
    convert,
    async prepare(rows) {
      for (const cells of rows) {
        const city = cells[columns.city] ?? '';
        const state = cells[columns.state] ?? '';
        if (!places.has(city, state)) await places.find(city, state);
      }
    },
    placesNotFound: () => places.notFound(),
  };
}

/** Where each column is in a row. */
type Columns = Readonly<Record<SuperstoreColumn, number>>;

function printerOf(
  field: FieldPlan,
  columns: Columns,
  key: string,
): (cells: Cells, sale: Sale, place: PlaceText | undefined) => string {
  const column = COLUMN_OF_FIELD[field.name];
  if (column !== undefined) {
    const index = columns[column];
    return (cells) => key + jsonValue(field, cells[index] ?? null);
  }
  const print = present(FIELD_OF_SALE[field.name], 'a field is of a column or made of several');
  return (_cells, sale, place) => key + print(sale, place);
}

/** What of a sale is not simply a column of the order line. */
interface Sale {
  readonly id: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly price: string;
}

function saleOf(cells: Cells, columns: Columns): Sale | Refusal {
  const orderId = withoutFraction((cells[columns.order_id] ?? '').trim());
  const rowId = withoutZeros(withoutFraction((cells[columns.row_id] ?? '').trim()));
  if (orderId === '' || rowId === '') {
    const empty = orderId === '' ? 'order_id' : 'row_id';
    return refusal('CANNOT_BE_CONVERTED', empty, `column '${empty}' is empty, so the sale has no key`);
  }
  const date = cells[columns.order_date] ?? '';
  const day = orderDay(date);
  if (day === undefined) {
    const wanted = 'it must be a day that exists, as M/D/YYYY or YYYY-MM-DD, without a time but midnight';
    return refusal('IMPOSSIBLE_DATE', 'order_date', `column 'order_date' is '${short(date)}'; ${wanted}`);
  }
  const sales = fractionOf(cells[columns.sales]);
  const quantity = fractionOf(cells[columns.quantity]);
  const discount = fractionOf(cells[columns.discount]);
  if (sales === undefined) return noNumber('sales', cells, columns);
  if (quantity === undefined) return noNumber('quantity', cells, columns);
  if (discount === undefined) return noNumber('discount', cells, columns);
  if (!NUMBER.test(cells[columns.profit] ?? '')) return noNumber('profit', cells, columns);
  if (quantity.digits === 0n) {
    return refusal('CANNOT_BE_CONVERTED', 'quantity', "column 'quantity' is 0, so the sale has no price");
  }
  if (discount.digits === discount.unit) {
    return refusal('CANNOT_BE_CONVERTED', 'discount', "column 'discount' is 1, so the sale has no price");
  }
  const price = microsText(priceMicros(sales, quantity, discount));
  return { id: saleId(orderId, rowId), date: formatDay(day), price };
}

function noNumber(column: SuperstoreColumn, cells: Cells, columns: Columns): Refusal {
  const wanted = "it must be a number such as 12.5, without '$' or thousands' commas";
  const reason = `column '${column}' is '${short(cells[columns[column]] ?? '')}'; ${wanted}`;
  return refusal('CANNOT_BE_CONVERTED', column, reason);
}

function refusal(code: Refusal['code'], field: string, reason: string): Refusal {
  return { code, field, reason };
}

/** A value as a reason shows it. */
function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…`.toWellFormed() : text;
}

/** Programs that read a column of whole numbers in which a cell is empty, as pandas does, write 7.0 for 7. */
function withoutFraction(text: string): string {
  return text.replace(/^(-?\d+)\.0*$/, '$1');
}

/** Of `007`, 7. An order's number keeps its zeros: it is a name, and another order's may be the same without them. */
function withoutZeros(text: string): string {
  return text.replace(/^(-?)0+(?=\d+$)/, '$1');
}

const SLASH_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/** `M/D/YYYY`; `YYYY-MM-DD` is taken too, as that is how a Parquet file's date reads. */
function orderDay(cell: string): number | undefined {
  const text = withoutMidnight(cell.trim());
  const match = SLASH_DATE.exec(text);
  if (match === null) return parseDay(text);
  const month = Number(match[1]);
  const dayOfMonth = Number(match[2]);
  const year = Number(match[3]);
  if (year < 1 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month)) return undefined;
  return dayFromCivil(year, month, dayOfMonth);
}

/** A number exactly: `digits / unit`, where `unit` is a power of ten. */
interface Fraction {
  readonly digits: bigint;
  readonly unit: bigint;
}

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;
/** No sale has more digits; beyond it a short text could ask for a number that fills the memory. */
const DIGITS_MAX = 400;

function fractionOf(text: string | null | undefined): Fraction | undefined {
  if (text === null || text === undefined) return undefined;
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const exponent = Number(match[4] ?? '0') - fraction.length;
  if (text.length > DIGITS_MAX || Math.abs(exponent) > DIGITS_MAX) return undefined;
  const digits = BigInt(`${match[1]}${match[2]}${fraction}`);
  return exponent >= 0
    ? { digits: digits * 10n ** BigInt(exponent), unit: 1n }
    : { digits, unit: 10n ** BigInt(-exponent) };
}

/** `sales / quantity / (1 - discount)` in micro-units, rounded half-even once, at the end. */
function priceMicros(sales: Fraction, quantity: Fraction, discount: Fraction): bigint {
  const dividend = sales.digits * quantity.unit * discount.unit * 1_000_000n;
  const divisor = sales.unit * quantity.digits * (discount.unit - discount.digits);
  return divideHalfEven(dividend, divisor);
}

/** The namespace of the sales' UUIDs. Never to be changed: a file imported before would count again. */
export const SALE_NAMESPACE = 'b1f0c1de-6c7a-4d0e-9a35-5f2d8c7e4a10';
const SALE_NAMESPACE_BYTES = Buffer.from(SALE_NAMESPACE.replaceAll('-', ''), 'hex');

/** A sale's primary key: the UUIDv5 of `order_id/row_id` in our namespace, so that the same line is the same sale in any file. RFC 9562, 5.5. */
function saleId(orderId: string, rowId: string): string {
  const bytes = hash('sha1', Buffer.concat([SALE_NAMESPACE_BYTES, Buffer.from(`${orderId}/${rowId}`)]), 'buffer');
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

interface PlaceText {
  readonly latitude: string;
  readonly longitude: string;
}

/** A place that was looked up; `count` is how many sales are of it. */
interface SeenPlace {
  readonly city: string;
  readonly state: string;
  readonly place: PlaceText | undefined;
  count: number;
}

/** Looks each place up once, and counts the sales of those that are not known. */
class Places {
  readonly #findPlace: FindPlace;
  readonly #seen = new Map<string, SeenPlace>();

  constructor(findPlace: FindPlace) {
    this.#findPlace = findPlace;
  }

  has(city: string, state: string): boolean {
    return this.#seen.has(placeKey(city, state));
  }

  async find(city: string, state: string): Promise<void> {
    const found = await this.#findPlace(city, state);
    const place = found && { latitude: String(found.latitude), longitude: String(found.longitude) };
    this.#seen.set(placeKey(city, state), { city, state, place, count: 0 });
  }

  known(city: string, state: string): PlaceText | undefined {
    const seen = present(this.#seen.get(placeKey(city, state)), 'a row is prepared before it is converted');
    seen.count++;
    return seen.place;
  }

  notFound(): readonly PlaceNotFound[] {
    return [...this.#seen.values()]
      .filter((seen) => seen.place === undefined && seen.count > 0)
      .map(({ city, state, count }) => ({ city, state, count }))
      .toSorted((a, b) => b.count - a.count || compare(a.city, b.city) || compare(a.state, b.state));
  }
}

function placeKey(city: string, state: string): string {
  return `${city}\n${state}`;
}

/** By code units, so that a list is the same on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
