import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sale } from '../oracle/furniture-store.ts';
import { reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { chanceFrom } from '../chance.ts';

const HEADER =
  'row_id,order_id,order_date,ship_date,ship_mode,customer_id,customer_name,segment,country,city,state,postal_code,region,' +
  'product_id,category,sub_category,product_name,sales,quantity,discount,profit';
const PRODUCTS = ['Oak shelf, 5 tiers', '"Comfy" chair', 'Desk lamp 12"', 'Paper; A4', 'Ordner für Akten'];

interface OrderLine {
  readonly csv: string;
  readonly sale: Sale;
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Order lines as shops export them, and the sales that they are. Every tenth is from a town that is on no map. */
function orderLines(count: number): readonly OrderLine[] {
  const random = chanceFrom(11);
  return Array.from({ length: count }, (_, index) => {
    const [year, month, day] = [
      2019 + Math.floor(random() * 4),
      1 + Math.floor(random() * 12),
      1 + Math.floor(random() * 28),
    ];
    const product = PRODUCTS[Math.floor(random() * PRODUCTS.length)] ?? '';
    const quantity = 1 + Math.floor(random() * 14);
    const sales = (random() * 900).toFixed(4);
    const profit = (random() * 300 - 150).toFixed(4);
    const customer = `XY-${Math.floor(random() * 60)}`;
    const city = index % 10 === 0 ? ['Nowhere-on-Sea', 'Atlantis'] : ['Seattle', 'Washington'];
    const cells = [
      index + 1,
      `CA-${year}-${index}`,
      `${month}/${day}/${year}`,
      '1/1/2024',
      'First Class',
      customer,
      'Anna, the "First"',
      'Corporate',
      'United States',
      ...city,
      '98103',
      'West',
      'P-1',
      'Furniture',
      'Chairs',
      product,
      sales,
      quantity,
      '0.2',
      profit,
    ];
    const ts_date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    const sale: Sale = {
      ts_id: String(index),
      ts: `${ts_date} 00:00:00`,
      ts_date,
      customer_id: customer,
      category: 'Furniture',
      sub_category: 'Chairs',
      product_name: product,
      quantity: String(quantity),
      revenue: sales,
      profit,
      latitude: '0',
      longitude: '0',
    };
    return { csv: cells.map((cell) => quoted(String(cell))).join(','), sale };
  });
}

it('order lines are imported exactly, in any order, and a second import changes nothing', async () => {
  await using folder = await temporaryFolder();
  const lines = orderLines(3_000);
  const file = join(folder.path, 'orders.csv');
  await writeFile(file, `\uFEFF${HEADER}\r\n${lines.map(({ csv }) => csv).join('\r\n')}\r\n`);
  const data = ['--data', join(folder.path, 'data')];
  const expected = reportsOf(lines.map(({ sale }) => sale));

  for (const accepted of [lines.length, 0]) {
    const imported = await runDaybook(['import', file, ...data]);
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stdout).toContain(`: ${accepted} accepted, ${lines.length - accepted} duplicates, 0 quarantined`);
    expect(imported.stdout).toContain('Nowhere-on-Sea');
    for (const name of ['daily_pu_rev', 'daily_category_product']) {
      const report = await runDaybook(['report', name, '--format', 'json', ...data]);
      expect(report.code, report.stderr).toBe(0);
      expect(rowsOfAnswer(report.stdout)).toEqual(expected[name]);
    }
  }

  const places = await runDaybook(['report', 'daily_address', '--format', 'json', ...data]);
  const rows = rowsOfAnswer(places.stdout) ?? [];
  const customers = (from: readonly OrderLine[]): number =>
    new Set(from.map(({ sale }) => `${sale.ts_date}/${sale.customer_id}`)).size;
  const counted = (unknown: boolean): number =>
    rows
      .filter((row) => (row['latitude'] === 'null') === unknown)
      .reduce((sum, row) => sum + Number(row['daily_pu']), 0);
  expect(counted(true)).toBe(customers(lines.filter((_, index) => index % 10 === 0)));
  expect(counted(false)).toBe(customers(lines.filter((_, index) => index % 10 !== 0)));
});
