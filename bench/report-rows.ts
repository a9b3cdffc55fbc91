import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The furniture store's reports, their columns, and which of them are decimals or floats. */
const REPORTS: Readonly<Record<string, readonly string[]>> = {
  daily_pu_rev: ['ts_date', 'daily_pu', 'daily_rev', 'daily_profit'],
  daily_category_product: [
    'ts_date',
    'category',
    'sub_category',
    'product_name',
    'daily_quantity',
    'daily_rev',
    'daily_profit',
  ],
  daily_address: ['ts_date', 'latitude', 'longitude', 'daily_pu'],
};
export const REPORT_NAMES = Object.keys(REPORTS);
const DECIMALS = new Set(['daily_rev', 'daily_profit']);
const FLOATS = new Set(['latitude', 'longitude']);

/** By report, its rows, each as one text. */
export type ReportRows = Readonly<Record<string, ReadonlySet<string>>>;
type Row = Readonly<Record<string, string | null>>;

/** Rows out of JSON texts `{"rows":[…]}` by report, numbers as they stand there. */
export function rowsOfJson(texts: Readonly<Record<string, string>>): ReportRows {
  return rowsOf((name) => (parseExactly(texts[name] ?? '{"rows":[]}') as { readonly rows: readonly Row[] }).rows);
}

/** Rows of an answer key that `daybook generate` wrote. */
export async function rowsOfAnswerKey(path: string): Promise<ReportRows> {
  const { reports } = parseExactly(await readFile(path, 'utf8')) as {
    readonly reports: Readonly<Record<string, readonly Row[]>>;
  };
  return rowsOf((name) => reports[name] ?? []);
}

/** Rows that a rival wrote: a file `<report>.ndjson` each, one object a line. */
export async function rowsOfFolder(folder: string): Promise<ReportRows> {
  const texts = new Map<string, string>();
  for (const name of REPORT_NAMES) texts.set(name, await readFile(join(folder, `${name}.ndjson`), 'utf8'));
  return rowsOf((name) =>
    (texts.get(name) ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => parseExactly(line) as Row),
  );
}

/** Says in how many rows reports differ from those that are right; undefined: in none. */
export function differenceOf(right: ReportRows, given: ReportRows): string | undefined {
  const differences = REPORT_NAMES.flatMap((name) => {
    const expected = right[name] ?? new Set();
    const actual = given[name] ?? new Set();
    const wrong = [...actual].filter((row) => !expected.has(row)).length;
    if (wrong === 0 && actual.size === expected.size) return [];
    return [`${name}: ${wrong} of ${actual.size} rows differ (${expected.size} are right)`];
  });
  return differences.length === 0 ? undefined : differences.join('; ');
}

function rowsOf(rowsOfReport: (name: string) => readonly Row[]): ReportRows {
  return Object.fromEntries(
    Object.entries(REPORTS).map(([name, columns]) => [
      name,
      new Set(
        rowsOfReport(name).map((row) => columns.map((column) => cellText(column, row[column] ?? null)).join('|')),
      ),
    ]),
  );
}

function cellText(column: string, cell: string | null): string {
  if (cell === null) return 'null';
  if (FLOATS.has(column)) return String(Number(cell));
  return DECIMALS.has(column) && cell.includes('.') ? cell.replace(/\.?0+$/, '') : cell;
}

/** Numbers as their texts, so that no digit is lost. */
function parseExactly(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? (context?.source ?? '') : value,
  );
}
