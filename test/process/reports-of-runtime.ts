import { expect } from 'vitest';
import { microsText } from '../../src/base/decimal.ts';
import type { Row } from '../../src/ports/rows.ts';
import type { Runtime } from '../../src/ports/runtime.ts';
import { readSale, reportsOf, sortedRows } from '../oracle/furniture-store.ts';

/** A report's rows as the oracle has them: each cell as text, sorted. */
export function rowTexts(rows: readonly Row[]): readonly Readonly<Record<string, string>>[] {
  const texts = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, typeof cell === 'bigint' ? microsText(cell) : String(cell)]),
    ),
  );
  return sortedRows(texts);
}

/** Asserts that a runtime's reports equal the oracle's of these records to the last digit. */
export async function expectReportsOf(runtime: Runtime, records: readonly object[]): Promise<void> {
  const expected = reportsOf(records.map((record) => readSale(JSON.stringify(record))));
  for (const [name, rows] of Object.entries(expected))
    expect(rowTexts((await runtime.query(name, {})).rows)).toEqual(rows);
}
