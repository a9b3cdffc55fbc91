/** Searches a table by HTTP as its page does, and prints the 95th percentile, ms, as JSON: `node table-searches.ts <url> <products>` */
import { productName } from '../many-sales.ts';
import { percentile } from '../statistics.ts';

const [base = '', products = ''] = process.argv.slice(2);
const SEARCHES = 100;
const TOTALS = 20;
const REPORT = `${base}/api/v1/reports/daily_category_product`;

async function timeOf(path: string): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(REPORT + path);
  const answer = (await response.json()) as { readonly total?: number };
  if (response.status !== 200 || answer.total === undefined) throw new Error(JSON.stringify(answer));
  return performance.now() - startMs;
}

/** Part of a product's name; another one each time, and mostly of many products. */
function textOf(search: number): string {
  const name = productName((search * 7_919) % Number(products));
  return search % 2 === 0 ? name.slice(0, 12).trim() : name.slice(-4);
}

async function p95(count: number, pathOf: (search: number) => string): Promise<number> {
  const times: number[] = [];
  for (let search = 0; search < count; search++) times.push(await timeOf(pathOf(search)));
  return percentile(times, 0.95);
}

const page = 'limit=10&extent=daily_rev';
// The order of all names is found once after a start.
await timeOf(`?${page}&sort=-ts_date,-daily_rev`);
const search = await p95(
  SEARCHES,
  (number) => `?${page}&sort=-ts_date,-daily_rev&search=${encodeURIComponent(textOf(number))}`,
);
const sorted = await p95(
  SEARCHES,
  (number) => `?${page}&sort=-daily_rev&search=${encodeURIComponent(`${textOf(number)} `)}`,
);
const totals = '/totals?by=category,sub_category,product_name&measure=daily_rev&sort=-daily_rev&limit=10&trend=true';
await timeOf(totals);
const total = await p95(TOTALS, (number) => `${totals}&offset=${number * 10}`);
process.stdout.write(`${JSON.stringify({ search, sorted, totals: total })}\n`);
