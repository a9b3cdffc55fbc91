import fc from 'fast-check';

/** Sales out of few customers, products and places, so that groups, repeats and ties are common. Members as in the wire format. */
export interface RandomSale {
  readonly ts_id: string;
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

const PRODUCTS = [
  'Chair, 18" seat',
  'Café table — “round”',
  'Lampe ǅ',
  'Desk\torganiser',
  "O'Brien 2-drawer file",
  'Binder 10',
  'Binder 9',
];
const PLACES = [
  [40.7127837, -74.0059413],
  [34.0522342, -118.2436849],
  [null, null],
  [-0, 0],
] as const;

/** A sale; its `ts_id` is one of `ids` different ones. */
export function randomSale(ids: number): fc.Arbitrary<RandomSale> {
  return fc
    .record({
      id: fc.nat(ids - 1),
      day: fc.integer({ min: 1, max: 28 }),
      second: fc.integer({ min: 0, max: 86_399 }),
      customer: fc.nat(6),
      product: fc.constantFrom(...PRODUCTS),
      category: fc.constantFrom('Furniture', 'Technology', 'Office Supplies'),
      place: fc.constantFrom(...PLACES),
      price: fc.double({ min: 0, max: 1e6, noNaN: true }),
      quantity: fc.integer({ min: 1, max: 20 }),
      discount: fc.constantFrom('0', '0.15', '0.5', '1'),
    })
    .map((r) => {
      const date = `2026-02-${String(r.day).padStart(2, '0')}`;
      const time = [Math.floor(r.second / 3600), Math.floor(r.second / 60) % 60, r.second % 60];
      const revenue = r.price * r.quantity;
      return {
        ts_id: `00000000-0000-4000-8000-${r.id.toString(16).padStart(12, '0')}`,
        ts: `${date} ${time.map((part) => String(part).padStart(2, '0')).join(':')}`,
        ts_date: date,
        customer_id: `C-${r.customer}`,
        customer_name: 'Ada Ünal',
        segment: r.customer % 2 === 0 ? 'Consumer' : 'Corporate',
        country: 'United States',
        city: 'Somewhere',
        category: r.category,
        sub_category: r.product.slice(0, 3),
        product_name: r.product,
        price: r.price,
        quantity: r.quantity,
        discount: r.discount,
        revenue,
        profit: revenue * (1 - Number(r.discount)),
        latitude: r.place[0],
        longitude: r.place[1],
      };
    });
}

/** Sales as NDJSON. */
export function linesOf(sales: readonly RandomSale[]): Uint8Array {
  return Buffer.from(sales.map((sale) => `${JSON.stringify(sale)}\n`).join(''));
}
