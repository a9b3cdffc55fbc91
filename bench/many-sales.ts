import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { formatDay, parseDay } from '../src/base/calendar.ts';

const LAST_DAY = '2026-10-30';
const WORDS = ['Chair', 'Desk', 'Lamp', 'Binder', 'Shelf', 'Stapler', 'Phone', 'Easel', 'Tray', 'Stool'] as const;
const COLOURS = ['ivory', 'oak', 'slate', 'amber', 'cobalt', 'fern', 'coral', 'onyx', 'sand', 'plum'] as const;
const CATEGORIES = ['Furniture', 'Office Supplies', 'Technology'] as const;
const PLACES_ACROSS = 317;

/** What is made: a sale of each product on each day. */
export interface ManySales {
  readonly products: number;
  readonly days: number;
  /** Each product's customer is at a place of its own; else all are at a few. */
  readonly isSpread: boolean;
}

/** Writes the sales as NDJSON; the same ones each time. */
export async function writeManySales(path: string, { products, days, isSpread }: ManySales): Promise<void> {
  const file = createWriteStream(path);
  const last = parseDay(LAST_DAY) ?? 0;
  for (let index = 0; index < days; index++) {
    const day = formatDay(last - days + 1 + index);
    for (let product = 0; product < products; product++) {
      const line = saleOf(day, index * products + product, product, isSpread ? product : product % 50);
      if (!file.write(line)) await once(file, 'drain');
    }
  }
  file.end();
  await once(file, 'finish');
}

/** The name of a product. */
export function productName(product: number): string {
  return `${COLOURS[product % 10] ?? ''} ${WORDS[Math.floor(product / 10) % 10] ?? ''} no. ${product}`;
}

function saleOf(day: string, number: number, product: number, place: number): string {
  const id = number.toString(16).padStart(12, '0');
  const amount = ((number * 7919) % 99_991) / 100 + 1;
  const latitude = (30 + (Math.floor(place / PLACES_ACROSS) % PLACES_ACROSS) * 0.05).toFixed(4);
  const longitude = (-120 + (place % PLACES_ACROSS) * 0.14).toFixed(4);
  return (
    `{"ts_id":"00000000-0000-4000-8000-${id}","ts":"${day} 12:00:00","ts_date":"${day}","customer_id":"C-${place}",` +
    `"customer_name":"N","segment":"Consumer","country":"United States","city":"C","category":"${CATEGORIES[product % 3]}",` +
    `"sub_category":"${WORDS[product % 10]}s","product_name":"${productName(product)}","price":${amount},"quantity":${1 + (number % 9)},` +
    `"discount":"0","revenue":${amount},"profit":${(amount / 4).toFixed(2)},"latitude":${latitude},"longitude":${longitude}}\n`
  );
}
