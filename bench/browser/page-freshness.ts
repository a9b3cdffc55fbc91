/**
 * Posts sales one by one while a dashboard is open in Chromium, and prints how long after each answer the page had
 * changed, in ms and as JSON: `node page-freshness.ts <url of Daybook> <run>`
 */
import { launchChromium } from '../../test/browser/chromium.ts';
import { percentile } from '../statistics.ts';

const [base = '', run = '0'] = process.argv.slice(2);
const SALES = 200;
const PAUSE_MS = 30;
const DAY = '2026-10-30';

/** Wall clock time with a fraction of a ms, as the page reads it too. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

function sale(number: number): string {
  const id = (Number(run) * SALES + number).toString(16).padStart(12, '0');
  return JSON.stringify({
    ts_id: `11111111-2222-4333-8444-${id}`,
    ts: `${DAY} 12:00:00`,
    customer_id: `bench ${run} ${number}`,
    customer_name: 'N',
    segment: 'Consumer',
    country: 'United States',
    city: 'Henderson',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: 'Stool',
    price: 10,
    quantity: 1,
    discount: '0',
    revenue: 10,
    profit: 5,
    latitude: 37.8363,
    longitude: -87.5901,
  });
}

/** Runs in the page: notes when the number of customers had changed on the screen. */
function watchCustomers(): void {
  const seen: [number, number][] = [];
  Object.assign(globalThis, { seen });
  const tile = document.querySelector('.number-tile .figure data');
  if (tile === null) throw new Error('There is no number to watch.');
  new MutationObserver(() => {
    const value = Number(tile.getAttribute('value'));
    // The frame after the one that draws it: by then it is on the screen.
    requestAnimationFrame(() => {
      requestAnimationFrame(() => seen.push([value, performance.timeOrigin + performance.now()]));
    });
  }).observe(tile, { attributes: true });
}

const browser = await launchChromium();
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(base);
  await page.locator('.spot').first().waitFor();
  const customers = async (): Promise<number> =>
    Number(await page.locator('.number-tile .figure data').first().getAttribute('value'));
  const before = await customers();
  await page.evaluate(watchCustomers);
  const answered: number[] = [];
  for (let number = 0; number < SALES; number++) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${base}/api/v1/records`, { method: 'POST', headers, body: sale(number) });
    await response.arrayBuffer();
    answered.push(wallMs());
    // Each customer is new, so the number grows by one a sale.
    await page.waitForFunction(
      (wanted) => {
        const { seen } = globalThis as unknown as { readonly seen: readonly [number, number][] };
        return seen.some(([value]) => value >= wanted);
      },
      before + number + 1,
    );
    await page.waitForTimeout(PAUSE_MS);
  }
  const seen = await page.evaluate(
    () => (globalThis as unknown as { readonly seen: readonly [number, number][] }).seen,
  );
  const times = answered.map((atMs, number) => {
    const shown = seen.find(([value]) => value >= before + number + 1)?.[1] ?? Number.NaN;
    return Math.max(0, shown - atMs);
  });
  process.stdout.write(`${JSON.stringify({ p50: percentile(times, 0.5), p95: percentile(times, 0.95) })}\n`);
} finally {
  await browser.close();
}
