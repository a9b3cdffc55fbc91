import { expect, it } from 'vitest';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { TILES_MAX } from '../definition/dashboard.ts';
import type { JsonRow, ReportAnswer, TotalsAnswer, ViewRequest, ViewsEvent } from './protocol.ts';

const SALES = mixedSales(400, { repeats: 0, seed: 51 });
const TABLE: ViewRequest = {
  id: 'table',
  kind: 'rows',
  report: 'daily_category_product',
  search: 'chair',
  sort: '-ts_date,-daily_rev',
  limit: 5,
  extent: 'daily_rev',
};
const MAP: ViewRequest = {
  id: 'map',
  kind: 'totals',
  report: 'daily_address',
  by: ['latitude', 'longitude'],
  measure: 'daily_pu',
};

async function send(api: string, lines: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  await fetch(`${api}/records`, { method: 'POST', headers, body: lines.join('\n') });
}

/** The events of a page, one by one. */
async function* eventsOf(url: string, signal: AbortSignal): AsyncGenerator<ViewsEvent> {
  const response = await fetch(url, { signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /event: views\ndata: (.*)/.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data) as ViewsEvent;
    }
  }
}

function addressOf(api: string, views: readonly ViewRequest[], run = ''): string {
  return `${api}/frames?views=${encodeURIComponent(JSON.stringify(views))}&run=${run}`;
}

function keyOf(row: JsonRow): string {
  return `${row['latitude']} ${row['longitude']}`;
}

it('a page gets all its views, and then what changes, which on top of it is what the API answers', async () => {
  await using daybook = await serveEmbedded();
  const { api } = daybook;
  await send(api, SALES.slice(0, 200));
  const gone = new AbortController();
  const places = new Map<string, JsonRow>();
  let table: ReportAnswer | undefined;
  let run = '';
  let isFirst = true;
  for await (const { frame, views, run: own } of eventsOf(addressOf(api, [TABLE, MAP]), gone.signal)) {
    run = own;
    table = views['table'] ?? table;
    const map = views['map'] as TotalsAnswer | undefined;
    expect(map?.isWhole).toBe(isFirst ? true : map && false);
    for (const row of map?.rows ?? []) places.set(keyOf(row), row);
    for (const view of Object.values(views)) expect(view.frame).toBe(frame);
    if (isFirst) void send(api, SALES.slice(200));
    isFirst = false;
    if (frame === SALES.length) break;
  }
  const query = 'search=chair&sort=-ts_date,-daily_rev&limit=5&extent=daily_rev';
  expect(table).toEqual(await (await fetch(`${api}/reports/daily_category_product?${query}`)).json());
  const totals = await fetch(`${api}/reports/daily_address/totals?by=latitude,longitude&measure=daily_pu&limit=10000`);
  const { rows } = (await totals.json()) as TotalsAnswer;
  expect(places).toEqual(new Map(rows.map((row) => [keyOf(row), row])));

  // Who connects again and has it gets nothing anew; to another run's frames nothing is said to be known.
  const since = { ...MAP, since: SALES.length };
  for (const [of, whole] of [
    [run, false],
    ['another', true],
  ] as const) {
    for await (const { views } of eventsOf(addressOf(api, [since], of), gone.signal)) {
      const map = views['map'] as TotalsAnswer;
      expect([map.isWhole, map.rows.length]).toEqual([whole, whole ? places.size : 0]);
      break;
    }
  }
});

it('says what is wrong with views that cannot be', async () => {
  await using daybook = await serveEmbedded();
  const answer = async (views: string): Promise<readonly [number, string]> => {
    const response = await fetch(`${daybook.api}/frames?views=${encodeURIComponent(views)}`);
    return [response.status, ((await response.json()) as { readonly detail: string }).detail];
  };
  expect(await answer('{')).toEqual([400, expect.stringContaining("'views' is no JSON")]);
  expect(await answer('[{"id":"a","kind":"rows"}]')).toEqual([400, expect.stringContaining('report')]);
  expect(await answer(JSON.stringify([{ ...MAP, colour: 1 }]))).toEqual([400, expect.stringContaining('colour')]);
  expect(await answer(JSON.stringify([{ ...MAP, report: 'x' }]))).toEqual([404, expect.stringContaining("report 'x'")]);
  expect(await answer(JSON.stringify([{ ...MAP, measure: 'x' }]))).toEqual([
    400,
    expect.stringContaining("'x' is no measure"),
  ]);
  const twice = { ...MAP, by: ['latitude', 'latitude'] };
  expect(await answer(JSON.stringify([twice]))).toEqual([400, expect.stringContaining("'latitude' is named twice")]);
  for (const limit of [undefined, 1_001]) {
    expect(await answer(JSON.stringify([{ ...MAP, trend: true, limit }]))).toEqual([
      400,
      expect.stringContaining("'trend' needs a 'limit' of at most 1000"),
    ]);
  }
});

it('a page of as many tiles as a definition may have, and two filters, is answered, with what explains one of them', async () => {
  await using daybook = await serveEmbedded();
  const equals = { category: ['Office Supplies'], sub_category: ['Furnishings'] };
  const views = Array.from({ length: TILES_MAX + 2 }, (_, index): ViewRequest => {
    const range = { from: '2026-01-01', to: `2026-12-${String((index % 28) + 1).padStart(2, '0')}` };
    return {
      id: `v${index}`,
      kind: 'totals',
      report: 'daily_category_product',
      by: ['ts_date'],
      measure: 'daily_profit',
      equals,
      ...range,
    };
  });
  const gone = new AbortController();
  const first = await eventsOf(addressOf(daybook.api, views), gone.signal).next();
  gone.abort();
  expect(Object.keys((first.value as ViewsEvent).views)).toHaveLength(views.length);
});
