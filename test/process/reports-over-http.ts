import { expect } from 'vitest';
import { readSale, reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];

/** Asserts that the three reports, read over HTTP, equal the oracle's of these records to the last digit. */
export async function expectReports(url: string, lines: readonly string[]): Promise<void> {
  const expected = reportsOf(lines.map(readSale));
  for (const name of REPORTS) expect(await readReport(url, name)).toEqual(expected[name]);
}

/** A report, read over HTTP, as the oracle gives it. */
export async function readReport(url: string, name: string): Promise<ReturnType<typeof rowsOfAnswer>> {
  const lines = await (await fetch(`${url}/api/v1/reports/${name}?format=ndjson`)).text();
  return rowsOfAnswer(`{"rows":[${lines.trim().split('\n').filter(Boolean).join(',')}]}`);
}

/** Posts records as NDJSON; the answer's status and body. */
export async function post(
  url: string,
  lines: readonly string[],
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`${url}/api/v1/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}
