import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { PipelineAnswer } from '../../src/server/protocol.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
const IMAGES = resolve(import.meta.dirname, '../../docs/images');

const HISTORY_SALES = 100_000;
const HISTORY_PER_SECOND = 500;

async function pipeline(url: string): Promise<PipelineAnswer> {
  return (await (await fetch(`${url}/api/v1/pipeline`)).json()) as PipelineAnswer;
}

/** Whether the days before today have come, and sales come at the live rate. */
async function hasAllHistory(url: string): Promise<boolean> {
  const { offset, perSecond } = await pipeline(url);
  return offset > HISTORY_SALES && Math.max(...perSecond.slice(-2)) < HISTORY_PER_SECOND;
}

/** With `DAYBOOK_PICTURES=1` the README's picture becomes the one that is taken here. */
it('generated sales move the numbers by themselves', async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  await using own = await temporaryFolder();
  const [daybook, browser] = await Promise.all([
    startDaybook(own.path, ['--seed', '7', '--rate', '5']),
    launchChromium(),
  ]);
  try {
    await using watched = await openPage(browser, daybook.url, '/', { viewport: { width: 1440, height: 900 } });
    const { page } = watched;
    const report = dailyReport(page);
    const spots = async (): Promise<number> => (await report.spots()).length;
    await expect.poll(spots).toBeGreaterThan(3);
    const before = await report.number('Revenue');
    await expect.poll(() => report.number('Revenue')).not.toBe(before);
    await expect.poll(() => hasAllHistory(daybook.url), { timeout: 60_000 }).toBe(true);
    await expect
      .poll(async () => (await report.rows('Products by profit'))[0]?.[0])
      .toBe((await pipeline(daybook.url)).newestDay);
    const path = join(SCREENSHOTS, 'daily-report.png');
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
    if (process.env['DAYBOOK_PICTURES'] === undefined) return;
    await mkdir(IMAGES, { recursive: true });
    await copyFile(path, join(IMAGES, 'daily-report.png'));
  } finally {
    await browser.close();
    await daybook.stop();
  }
});
