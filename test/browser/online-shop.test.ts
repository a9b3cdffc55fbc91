import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { accessibilityViolations, launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

interface OrderLine {
  readonly day: string;
  readonly hour: number;
  readonly channel: string;
  readonly customer: string;
  readonly amount: number;
}

const EXAMPLE = resolve(import.meta.dirname, '../../examples/online-shop');
const CONFIG = join(EXAMPLE, 'daybook.config.ts');
const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
const EUROS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'EUR' });

/** Amounts have two places, so their sums in cents are exact. */
function sum(lines: readonly OrderLine[]): number {
  return lines.reduce((cents, { amount }) => cents + Math.round(amount * 100), 0) / 100;
}

interface ShownLabel {
  readonly text: string;
  readonly isCut: boolean;
  readonly left: number;
  readonly right: number;
  readonly middle: number;
}

/** Runs in the page: the labels of an axis that can be seen. */
function labelsIn(axis: Element): ShownLabel[] {
  return Array.from(axis.children).flatMap((room) => {
    const label = room.firstElementChild ?? room;
    const { left, right, top } = label.getBoundingClientRect();
    if (getComputedStyle(label).visibility === 'hidden' || top >= axis.getBoundingClientRect().bottom - 1) return [];
    const isCut = label.scrollWidth > label.clientWidth;
    return [{ text: label.textContent ?? '', isCut, left, right, middle: (left + right) / 2 }];
  });
}

it('another definition has its page: numbers, bars by hour and channel, lines by day', async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  const text = execFileSync(process.execPath, [join(EXAMPLE, 'orders.ts'), '30', '100'], { encoding: 'utf8' });
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OrderLine);
  await using folder = await temporaryFolder();
  const imported = await runDaybook(['import', '-', '--config', CONFIG, '--data', folder.path], text);
  expect(imported.stdout).toBe(`standard input: ${lines.length} accepted, 0 duplicates, 0 quarantined\n`);
  const [browser, daybook] = await Promise.all([
    launchChromium(),
    startDaybook(folder.path, ['--no-generate', '--config', CONFIG]),
  ]);
  try {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    const { tile, number } = dailyReport(page);
    const newest = lines.filter(({ day }) => day === '2026-03-30');
    const customers = new Set(newest.map(({ customer }) => customer)).size;
    await expect.poll(() => number('Customers')).toBe(customers);
    expect(await number('Revenue')).toBe(sum(newest));
    expect(await number('Revenue of a customer')).toBeCloseTo(sum(newest) / customers, 6);

    const hours = tile('Revenue by hour').getByRole('slider');
    const atTen = lines.filter(({ hour }) => hour === 10);
    const parts = ['Web', 'App', 'Marketplace'].map((channel) => {
      return `${channel} ${EUROS.format(sum(atTen.filter((line) => line.channel === channel)))}`;
    });
    await hours.fill('10');
    expect(await hours.getAttribute('aria-valuetext')).toBe(`10: ${parts.join(', ')}`);
    await page.screenshot({ path: join(SCREENSHOTS, 'online-shop.png'), fullPage: true });
    expect(await accessibilityViolations(page)).toEqual([]);

    // Who comes by keyboard sees at once where he is, and the tile's name as well.
    await tile('Revenue by hour').getByRole('button').first().focus();
    for (const title of ['Revenue by hour', 'Order lines by day']) {
      const slider = tile(title).getByRole('slider');
      while (!(await slider.evaluate((each) => document.activeElement === each))) await page.keyboard.press('Tab');
      const [label, heading] = await Promise.all([
        tile(title).locator('.point-label').boundingBox(),
        tile(title).getByRole('heading').boundingBox(),
      ]);
      expect(label?.y).toBeGreaterThanOrEqual((heading?.y ?? NaN) + (heading?.height ?? NaN));
    }

    // What stands beneath the bars can be read, and told apart, where there is little room.
    const labels = (): Promise<readonly ShownLabel[]> =>
      tile('Revenue by hour').locator('.axis-marks').evaluate(labelsIn);
    expect((await labels()).map(({ text }) => text)).toEqual(Array.from({ length: 24 }, (_, hour) => String(hour)));
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(async () => (await labels()).length).toBeLessThan(24);
    const shown = await labels();
    expect(shown.length).toBeGreaterThan(7);
    for (const [at, { text, isCut, left, right, middle }] of shown.entries()) {
      expect([text, isCut]).toEqual([text, false]);
      expect(left).toBeGreaterThan((shown[at - 1]?.right ?? -Infinity) + 2);
      const bar = await tile('Revenue by hour').locator('.bar-column').nth(Number(text)).boundingBox();
      expect(middle).toBeCloseTo((bar?.x ?? NaN) + (bar?.width ?? NaN) / 2, 0);
      expect(right).toBeLessThan(390);
    }
    const channels = await tile('Order lines by channel').locator('.axis-marks').evaluate(labelsIn);
    expect(channels.map(({ text }) => text)).toEqual(['Web', 'App', 'Marketplace']);
    const days = (): Promise<readonly ShownLabel[]> =>
      tile('Order lines by day').locator('.axis-marks').evaluate(labelsIn);
    await page.setViewportSize({ width: 320, height: 568 });
    const few = await days();
    const [first, last] = [few[0], few.at(-1)];
    expect([first?.text, last?.text]).toEqual(['Sun, Mar 1, 2026', 'Mon, Mar 30, 2026']);
    for (const [at, { left }] of few.entries()) expect(left).toBeGreaterThan((few[at - 1]?.right ?? -Infinity) + 2);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(async () => (await labels()).length).toBe(24);
    expect((await days()).map(({ text }) => text)).toEqual([first?.text, 'Sun, Mar 15, 2026', last?.text]);

    // Bars, what stands for them in the legend, and whether the page is live, can be told also in the system's colours.
    await page.emulateMedia({ forcedColors: 'active' });
    const colours = await page
      .locator('.bar-column i, .swatch, .live-dot')
      .evaluateAll((marks) => marks.map((mark) => getComputedStyle(mark).backgroundColor));
    expect(new Set(colours).size).toBe(4);
    await page.emulateMedia({ forcedColors: 'none' });

    // A line's, or a part's, total opens the rows that give it.
    const web = lines.filter(({ channel }) => channel === 'Web');
    await tile('Revenue by hour')
      .getByRole('button', { name: /^Explain Web/ })
      .click();
    const panel = page.getByRole('dialog', { name: /^Explain the sum/ });
    await expect.poll(() => panel.locator('.agrees').count()).toBe(1);
    expect(await panel.locator('.explain-figures dd').first().textContent()).toBe(EUROS.format(sum(web)));
    await page.screenshot({ path: join(SCREENSHOTS, 'online-shop-explain.png') });
    await page.keyboard.press('Escape');

    // A click on an hour filters what is kept by hour, and says what is not.
    await hours.fill('10');
    await hours.press('Enter');
    await expect.poll(() => page.locator('.chip').textContent()).toContain('Hour: 10');
    await expect.poll(() => number('Revenue')).toBe(sum(newest.filter(({ hour }) => hour === 10)));
    expect(await tile('Articles').textContent()).toContain('Not filtered: no report has this by hour');
  } finally {
    await browser.close();
    await daybook.stop();
  }
});
