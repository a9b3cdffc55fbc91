/** Zooms a map with many places in Chromium, and prints how long each click took to show, ms, as JSON: `node map-interactions.ts <url> <places>` */
import { launchChromium } from '../../test/browser/chromium.ts';
import { percentile } from '../statistics.ts';

const [base = '', places = ''] = process.argv.slice(2);
const CLICKS = 24;
const WAIT_MS = 120_000;

/** Runs in the page: notes the longest tasks, which keep clicks waiting. */
function watchTasks(): void {
  const tasks: number[] = [];
  Object.assign(globalThis, { tasks });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  }).observe({ type: 'longtask' });
}

/** Runs in the page: clicks a button, and resolves with the time until the first circle has changed. */
async function clickAndWait(label: string): Promise<number> {
  const button = document.querySelector(`.map-buttons [aria-label="${label}"]`);
  const canvas = document.querySelector('.map-canvas');
  if (!(button instanceof HTMLButtonElement) || canvas === null) throw new Error('There is no map.');
  const startMs = performance.now();
  const changed = new Promise<void>((resolve) => {
    const observer = new MutationObserver((changes) => {
      const isOther = changes.some(
        ({ addedNodes, attributeName }) => addedNodes.length > 0 || attributeName === 'style',
      );
      if (!isOther) return;
      observer.disconnect();
      requestAnimationFrame(() => resolve());
    });
    observer.observe(canvas, { subtree: true, childList: true, attributes: true, attributeFilter: ['style'] });
  });
  button.click();
  await changed;
  return performance.now() - startMs;
}

const browser = await launchChromium();
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(base);
  await page.locator('.spot').first().waitFor();
  await page.waitForFunction((wanted) => {
    const labels = [...document.querySelectorAll('.spot')].map((spot) =>
      Number.parseInt((spot.ariaLabel ?? '').replaceAll(',', ''), 10),
    );
    return labels.reduce((sum, value) => sum + value, 0) === wanted;
  }, Number(places));
  await page.evaluate(watchTasks);
  const times: number[] = [];
  for (let click = 0; click < CLICKS; click++) {
    times.push(await page.evaluate(clickAndWait, click % 8 < 4 ? 'Zoom in' : 'Zoom out'));
    // Until the map rests.
    await page.waitForTimeout(1_500);
  }
  const tasks = await page.evaluate(() => (globalThis as unknown as { readonly tasks: readonly number[] }).tasks);
  const longestTask = Math.max(0, ...tasks);
  process.stdout.write(`${JSON.stringify({ zoom: percentile(times, 0.95), longestTask })}\n`);
} finally {
  await browser.close();
}
