import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { SupersetProcess } from './superset-process.ts';

/** All of the dashboard fits in. */
const WHOLE_HEIGHT = 1550;

/** A query context that a chart sent, by which its numbers can be asked for again. */
export interface ChartQuery {
  readonly queries: readonly Readonly<Record<string, unknown>>[];
  readonly form_data: { readonly slice_id: number; readonly viz_type: string };
}

/** A dashboard in a browser that reaches Superset and nobody else. */
export interface DashboardPage extends AsyncDisposable {
  readonly page: Page;
  /** What was asked of others, in vain. */
  readonly outside: readonly string[];
  /** The newest query of each chart, by the chart's id. */
  readonly queries: ReadonlyMap<number, ChartQuery>;
  readonly tile: (title: string) => Locator;
  /** Takes a picture of all of it, once every tile has what it asked for. */
  photograph(path: string): Promise<void>;
  /** Sets the dashboard's date filter, the last day included. */
  filterDays(from: string, dayAfterLast: string): Promise<void>;
}

/** Logs in and opens a dashboard. */
export async function openDashboard(
  browser: Browser,
  { url, user, password }: SupersetProcess,
  slug: string,
  width: number,
): Promise<DashboardPage> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'en-US' });
  const outside: string[] = [];
  await context.route('**/*', (route) => {
    const requested = route.request().url();
    if (requested.startsWith(`${url}/`) || requested.startsWith('blob:')) return route.continue();
    outside.push(requested);
    return route.abort();
  });
  const page = await context.newPage();
  const queries = new Map<number, ChartQuery>();
  page.on('request', (request) => {
    if (!request.url().includes('/api/v1/chart/data')) return;
    const query = request.postDataJSON() as ChartQuery;
    queries.set(query.form_data.slice_id, query);
  });
  await page.goto(`${url}/login/`);
  await page.getByLabel('Username').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/welcome/);
  await page.goto(`${url}/superset/dashboard/${slug}/`);
  return {
    page,
    outside,
    queries,
    tile: (title) =>
      page.locator('.dashboard-component-chart-holder', {
        has: page.locator('.header-title').getByText(title, { exact: true }),
      }),
    photograph: (path) => photograph(page, path),
    filterDays: (from, dayAfterLast) => filterDays(page, from, dayAfterLast),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function photograph(page: Page, path: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.locator('[data-test="loading-indicator"]').first().waitFor({ state: 'detached' });
  const { width } = page.viewportSize() ?? { width: 0 };
  // A page that is scrolled has its head over its middle.
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.setViewportSize({ width, height: WHOLE_HEIGHT });
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path, animations: 'disabled' });
}

async function filterDays(page: Page, from: string, dayAfterLast: string): Promise<void> {
  const popover = page.locator('.ant-popover', { hasText: 'Edit time range' });
  const [start, end] = [popover.locator('input.ant-input').nth(0), popover.locator('input.ant-input').nth(1)];
  await expect.poll(() => chooseAdvancedRange(page, popover, start), { timeout: 60_000 }).toBe(true);
  await start.fill(from);
  await end.fill(dayAfterLast);
  await popover.getByText(`${from} ≤ col < ${dayAfterLast}`).waitFor();
  await popover.getByRole('button', { name: 'Apply' }).click();
  await page.locator('[data-test="filter-bar__apply-button"]').click();
}

/** Whether a range can be typed. What is chosen before Superset has looked up the present range is put back by that. */
async function chooseAdvancedRange(page: Page, popover: Locator, start: Locator): Promise<boolean> {
  if (!(await popover.isVisible())) await page.getByText('No filter').first().click();
  await popover.locator('.ant-select').first().click();
  await page.locator('.ant-select-item-option', { hasText: 'Advanced' }).click();
  return start.waitFor({ timeout: 5000 }).then(
    () => true,
    () => false,
  );
}
