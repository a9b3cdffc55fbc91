import { chanceFrom } from '../chance.ts';

const NAMES = [
  'Chair, "tall"',
  'Étagère — noire',
  '桌子 大',
  'Desk 27" / 68 cm',
  'Lamp \\ shade',
  'Ring\tbinder',
  '😀 cushion',
  'Plain table',
];
const SEGMENTS = ['Consumer', 'Corporate', 'Home Office'];

/**
 * Records as the world sends them: names with quotes, commas and Unicode, floats with all their digits, and a share of
 * repeats, every second one altered. The lines are in sending order.
 */
export function mixedSales(
  count: number,
  options: {
    readonly repeats: number;
    readonly seed: number;
    /** How many different ones there are; few make many groups that come again. */
    readonly customers?: number;
    readonly products?: number;
    /** Of April 2026, from the first on. */
    readonly days?: number;
  },
): readonly string[] {
  const { customers = 300, products = 480, days = 30 } = options;
  const random = chanceFrom(options.seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const lines: string[] = [];
  const sales: Readonly<Record<string, unknown>>[] = [];
  while (lines.length < count) {
    if (sales.length > 0 && random() < options.repeats) {
      const first = pick(sales);
      lines.push(
        JSON.stringify(
          random() < 0.5 ? first : { ...first, revenue: random() * 99, customer_id: 'altered', quantity: 9 },
        ),
      );
      continue;
    }
    const day = 1 + Math.floor(random() * days);
    const customer = Math.floor(random() * customers);
    const price = random() * 900;
    const quantity = 1 + Math.floor(random() * 20);
    const discount = pick(['0', '0.1', '0.35', '0.5']);
    const hex = (): string =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    const id = `${hex()}${hex()}${hex()}${hex()}`;
    const date = `2026-04-${String(day).padStart(2, '0')}`;
    const sale = {
      ts_id: `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20)}`,
      ts: `${date} ${String(Math.floor(random() * 24)).padStart(2, '0')}:15:00`,
      ...(random() < 0.9 && { ts_date: date }),
      customer_id: `C-${customer}`,
      customer_name: `Zoë “${customer}” O'Neil`,
      segment: pick(SEGMENTS),
      country: 'United States',
      city: `City ${customer % 40}`,
      category: pick(['Furniture', 'Technology']),
      sub_category: pick(['Chairs', 'Phones']),
      product_name: `${pick(NAMES)} ${Math.floor((random() * products) / NAMES.length)}`,
      price,
      quantity,
      discount: random() < 0.5 ? discount : Number(discount),
      revenue: price * quantity,
      profit: price * quantity * (1 - Number(discount)) - 50,
      latitude: 30 + (customer % 40) / 7,
      longitude: -120 + (customer % 40) / 3,
    };
    sales.push(sale);
    lines.push(JSON.stringify(sale));
  }
  return lines;
}
