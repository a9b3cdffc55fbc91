/**
 * Keeps a dashboard open in Chromium and prints, once a minute and as a line of JSON, what its page holds after a
 * garbage collection: `node page-memory.ts <url of Daybook> <minutes>`
 */
import { launchChromium } from '../../test/browser/chromium.ts';

const [url = '', minutes = '30'] = process.argv.slice(2);
const MINUTE_MS = 60_000;
/** Until the map and everything else is there. */
const SETTLE_MS = 10_000;

const browser = await launchChromium();
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  await page.goto(url);
  await page.waitForTimeout(SETTLE_MS);
  for (let minute = 0; minute <= Number(minutes); minute++) {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? NaN;
    const frame = await page.locator('.live-frame').textContent();
    const line = { minute, heapBytes: usedSize, nodes: of('Nodes'), listeners: of('JSEventListeners'), frame };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    if (minute < Number(minutes)) await page.waitForTimeout(MINUTE_MS);
  }
} finally {
  await browser.close();
}
