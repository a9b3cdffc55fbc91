/**
 * The furniture store's three reports, computed in the plainest way that there is: every sale as an object, every sum as
 * a BigInt, every count as a Set. It shares no code with `src/`, so that an agreement of the two means something.
 */

/** A sale, its numbers as they stand in the JSON. */
export interface Sale {
  readonly ts_id: string;
  readonly ts: string;
  readonly ts_date?: string;
  readonly customer_id: string;
  readonly category: string;
  readonly sub_category: string;
  readonly product_name: string;
  readonly quantity: string;
  readonly revenue: string;
  readonly profit: string;
  readonly latitude: string;
  readonly longitude: string;
}

/** Reports by name; each row as the texts of its cells by column, sorted by its dimensions. */
export type Reports = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

/** Reads a record's JSON without letting any number go through a float. */
export function readSale(json: string): Sale {
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? (context?.source ?? '') : value,
  ) as Sale;
}

/** Counts millionths, rounding a half to the even one. */
function millionths(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const shift = Number(exponent) + 6;
  const digits = `${whole}${fraction}`.padEnd(whole.length + Math.max(0, shift), '0');
  const point = whole.length + shift;
  const kept = point <= 0 ? '0' : digits.slice(0, point);
  const dropped = point < 0 ? '0'.repeat(-point) + digits : digits.slice(Math.max(0, point));
  let value = BigInt(kept === '' ? '0' : kept);
  const half = `5${'0'.repeat(Math.max(0, dropped.length - 1))}`;
  if (dropped > half || (dropped === half && value % 2n === 1n)) value += 1n;
  return negative ? -value : value;
}

/** Millionths as a decimal without zeros at its end. */
export function moneyText(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0');
  return sign + `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '');
}

/** A float as JavaScript prints it, which is how coordinates are compared. */
function floatText(text: string | null): string {
  return text === null ? 'null' : String(Number(text));
}

/** The reports of sales in the order in which they came; of equal `ts_id`s the first counts. */
export function reportsOf(sales: Iterable<Sale>): Reports {
  const seen = new Set<string>();
  const days = new Map<string, { customers: Set<string>; revenue: bigint; profit: bigint }>();
  const products = new Map<string, { row: string[]; quantity: bigint; revenue: bigint; profit: bigint }>();
  const places = new Map<string, { row: string[]; customers: Set<string> }>();
  for (const sale of sales) {
    const id = sale.ts_id.toLowerCase();
    if (seen.has(id)) continue;
    seen.add(id);
    const date = sale.ts_date ?? sale.ts.slice(0, 10);
    const revenue = millionths(sale.revenue);
    const profit = millionths(sale.profit);

    const day = days.get(date) ?? { customers: new Set(), revenue: 0n, profit: 0n };
    day.customers.add(sale.customer_id);
    day.revenue += revenue;
    day.profit += profit;
    days.set(date, day);

    const productRow = [date, sale.category, sale.sub_category, sale.product_name];
    const productKey = JSON.stringify(productRow);
    const product = products.get(productKey) ?? { row: productRow, quantity: 0n, revenue: 0n, profit: 0n };
    product.quantity += millionths(sale.quantity) / 1_000_000n;
    product.revenue += revenue;
    product.profit += profit;
    products.set(productKey, product);

    const placeRow = [date, floatText(sale.latitude), floatText(sale.longitude)];
    const placeKey = JSON.stringify(placeRow);
    const place = places.get(placeKey) ?? { row: placeRow, customers: new Set() };
    place.customers.add(sale.customer_id);
    places.set(placeKey, place);
  }
  return {
    daily_pu_rev: sortedRows(
      [...days].map(([ts_date, day]) => ({
        ts_date,
        daily_pu: String(day.customers.size),
        daily_rev: moneyText(day.revenue),
        daily_profit: moneyText(day.profit),
      })),
    ),
    daily_category_product: sortedRows(
      [...products.values()].map(
        ({ row: [ts_date = '', category = '', sub_category = '', product_name = ''], ...sums }) => ({
          ts_date,
          category,
          sub_category,
          product_name,
          daily_quantity: String(sums.quantity),
          daily_rev: moneyText(sums.revenue),
          daily_profit: moneyText(sums.profit),
        }),
      ),
    ),
    daily_address: sortedRows(
      [...places.values()].map(({ row: [ts_date = '', latitude = '', longitude = ''], customers }) => ({
        ts_date,
        latitude,
        longitude,
        daily_pu: String(customers.size),
      })),
    ),
  };
}

/** The same reports out of the API's JSON texts (`{"rows":[…]}`), number texts kept as they stand. */
export function rowsOfAnswer(json: string): Reports[string] {
  const answer = JSON.parse(json, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? (context?.source ?? '') : value,
  ) as { readonly rows: readonly Readonly<Record<string, string | null>>[] };
  return sortedRows(
    answer.rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, String(cell)]))),
  );
}

/** Rows in the order in which two reports are compared. */
export function sortedRows(rows: readonly Readonly<Record<string, string>>[]): Reports[string] {
  const byText = rows.map((row) => [JSON.stringify(row), row] as const);
  return byText.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
