/**
 * Sales of as many products with long names, about a kilobyte each, as NDJSON.
 * @param number  of the batch: each has records of its own, and the same products
 */
export function longNamedSales(count: number, number: number): string {
  const batch = number.toString(16).padStart(8, '0');
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      ts_id: `${batch}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
      ts: '2026-03-04 10:11:12',
      customer_id: `C-${index}`,
      customer_name: 'Claire Gute',
      segment: 'Consumer',
      country: 'United States',
      city: 'Henderson',
      category: 'Furniture',
      sub_category: 'Chairs',
      product_name: `${index} ${'chair '.repeat(160)}`,
      price: 1,
      quantity: 1,
      discount: '0',
      revenue: 1,
      profit: 1,
      latitude: 1,
      longitude: 1,
    }),
  ).join('\n');
}
