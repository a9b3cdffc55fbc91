import type { Locator, Page } from 'playwright-core';

/** The page 'Daily report' as its reader finds it: by the names of its parts. */
export interface DailyReport {
  /** A tile, by its title. */
  readonly tile: (title: string) => Locator;
  /** A number tile's value, as its `data` element has it. */
  readonly number: (title: string) => Promise<number>;
  /** The texts of a table's cells, row by row. */
  readonly rows: (title: string) => Promise<readonly (readonly string[])[]>;
  /** `1–10 of 17,432` */
  readonly place: (title: string) => Promise<string>;
  readonly setRange: (from: string, to: string) => Promise<void>;
  /** How many customers each spot in the map's view says it stands for. */
  readonly spots: () => Promise<readonly number[]>;
  /** What is written under the map. */
  readonly mapTotal: () => Promise<number>;
}

export function dailyReport(page: Page): DailyReport {
  const tile = (title: string): Locator => page.getByRole('region', { name: title, exact: true });
  const range = page.getByRole('group', { name: 'Date range' });
  return {
    tile,
    number: async (title) => Number(await tile(title).locator('.figure data').getAttribute('value')),
    rows: (title) =>
      tile(title)
        .locator('tbody tr')
        .evaluateAll((rows) =>
          rows.map((row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent ?? '')),
        ),
    place: async (title) => (await tile(title).locator('.page-moves > span').textContent()) ?? '',
    setRange: async (from, to) => {
      await range.getByLabel('From').fill(from);
      await range.getByLabel('To').fill(to);
    },
    spots: () =>
      tile('Customers on the map')
        .locator('.spot')
        .evaluateAll((spots) => spots.map((spot) => Number.parseInt((spot.ariaLabel ?? '').replaceAll(',', ''), 10))),
    mapTotal: async () => Number(await tile('Customers on the map').locator('footer data').getAttribute('value')),
  };
}
