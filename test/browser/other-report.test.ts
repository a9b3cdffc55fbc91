import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const CONFIG = fileURLToPath(new URL('../definitions/sales-by-region.ts', import.meta.url));
const SALES = [
  ['2026-03-04', 'Chair', 'Coast', 'Web', 30],
  ['2026-03-04', 'Chair', 'Coast', 'Shop', 5],
  ['2026-03-05', 'Chair', 'Coast', 'Web', 40],
  ['2026-03-05', 'Desk', 'Coast', 'Web', 20],
  ['2026-03-05', 'Desk', 'Hills', 'Web', 700],
].map(([day, product, region, channel, amount], index) => ({
  id: `00000000-0000-4000-8000-00000000000${index}`,
  at: `${day} 10:00:00`,
  day,
  product,
  region,
  channel,
  north: region === 'Coast' ? 40 : 50,
  east: 10,
  amount,
}));

it('a filter that only another report can give shows the same table and map of it, whatever it calls the measure', async () => {
  await using folder = await temporaryFolder();
  const lines = SALES.map((sale) => `${JSON.stringify(sale)}\n`).join('');
  await runDaybook(['import', '-', '--config', CONFIG, '--data', folder.path], lines);
  const [browser, daybook] = await Promise.all([
    launchChromium(),
    startDaybook(folder.path, ['--no-generate', '--config', CONFIG]),
  ]);
  try {
    await using watched = await openPage(browser, daybook.url, '/?is.region=Coast&map.as=list&products.sort=-rev');
    const { page } = watched;
    const { tile, rows } = dailyReport(page);
    await expect
      .poll(() => rows('Products'))
      .toEqual([
        ['2026-03-05', 'Chair', '€40.00'],
        ['2026-03-04', 'Chair', '€35.00'],
        ['2026-03-05', 'Desk', '€20.00'],
      ]);
    expect(await tile('Places').locator('footer data').getAttribute('value')).toBe('95');

    // What a row is made of: two rows of the report that it comes from.
    await tile('Products').getByRole('button', { name: 'Explain Chair' }).last().click();
    const panel = page.getByRole('dialog', { name: /^Explain the sum/ });
    await expect.poll(() => panel.locator('.agrees data').getAttribute('value')).toBe('35');
    expect(await panel.locator('tbody tr').count()).toBe(2);
    await page.keyboard.press('Escape');

    const csv = await tile('Products').getByRole('link', { name: 'Download Products as CSV' }).getAttribute('href');
    const text = await (await fetch(new URL(csv ?? '', daybook.url))).text();
    expect(text.split('\r\n').slice(1, -1)).toEqual([
      '2026-03-05,Chair,40',
      '2026-03-04,Chair,35',
      '2026-03-05,Desk,20',
    ]);

    await tile('Products').getByRole('button', { name: 'Total' }).click();
    await expect
      .poll(async () => (await rows('Products')).map((cells) => [cells[0], cells.at(-1)]))
      .toEqual([
        ['Chair', '€75.00'],
        ['Desk', '€20.00'],
      ]);
    await tile('Products').getByRole('button', { name: 'Explain Chair' }).click();
    await expect.poll(() => panel.locator('.agrees data').getAttribute('value')).toBe('75');
    await page.keyboard.press('Escape');

    // Without the filter all is there, and meanwhile nothing looks as if there were no sales.
    const seen = page.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          const observer = new MutationObserver(() => {
            const text = document.body.textContent ?? '';
            if (!text.includes('No sales in this range.') && !text.includes('795')) return;
            observer.disconnect();
            resolve(text.includes('No sales in this range.'));
          });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        }),
    );
    await page.getByRole('button', { name: 'Remove the filter Region: Coast' }).click();
    expect(await seen).toBe(false);
  } finally {
    await browser.close();
    await daybook.stop();
  }
});

it('places all over the world are all on the map, however wide the page is', async () => {
  await using folder = await temporaryFolder();
  const [norths, easts] = [
    [-54, 0, 70, 88],
    [-179.5, -157, -60, 15, 100, 178],
  ];
  const sales = norths.flatMap((north, row) =>
    easts.map((east, column) => {
      const id = `00000000-0000-4000-8000-0000000000${row}${column}`;
      return JSON.stringify({ ...SALES[0], id, north, east, amount: 1 });
    }),
  );
  await runDaybook(['import', '-', '--config', CONFIG, '--data', folder.path], sales.join('\n'));
  const [browser, daybook] = await Promise.all([
    launchChromium(),
    startDaybook(folder.path, ['--no-generate', '--config', CONFIG]),
  ]);
  try {
    await using watched = await openPage(browser, daybook.url, '/', { reducedMotion: 'reduce' });
    const { page } = watched;
    const map = dailyReport(page).tile('Places');
    const total = (): Promise<number> =>
      map
        .locator('.spot')
        .evaluateAll((spots) => spots.reduce((sum, spot) => sum + Number(/[\d.]+/.exec(spot.ariaLabel ?? '')?.[0]), 0));
    /** Whether places are from west to east. */
    const areInOrder = async (): Promise<boolean> => {
      const easts = await map.locator('.spot.place').evaluateAll((spots) =>
        spots
          .toSorted((a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x)
          .map(({ ariaLabel }) => /([\d.]+)° ([EW])/.exec(ariaLabel ?? '') ?? [])
          .map(([, degrees, side]) => Number(degrees) * (side === 'E' ? 1 : -1)),
      );
      return easts.length > 0 && easts.every((east, at) => east >= (easts[at - 1] ?? -180));
    };
    await expect.poll(total).toBe(sales.length);
    for (const width of [390, 1100, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      for (const _ of [1, 2, 3]) await map.getByRole('button', { name: 'Zoom in', exact: true }).click();
      await expect.poll(total).toBeLessThan(sales.length);
      await map.getByRole('button', { name: 'Show all places' }).click();
      await expect.poll(total).toBe(sales.length);
      await expect.poll(areInOrder).toBe(true);
    }
    // A place beyond where maps end is drawn at their edge.
    await map
      .getByRole('button', { name: / at 88\.00° N, / })
      .first()
      .waitFor();
    await map.getByRole('button', { name: 'List', exact: true }).click();
    await map.getByRole('button', { name: '88.00° N, 157.00° W', exact: true }).waitFor();
  } finally {
    await browser.close();
    await daybook.stop();
  }
});
