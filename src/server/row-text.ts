import { csvCell } from '../base/csv-cell.ts';
import { microsText } from '../base/decimal.ts';
import type { Cell, ReportPage, Row, TotalsPage, TotalsQuery } from '../ports/rows.ts';

/** What is printed of a row: a report's columns, or some. */
interface Printed {
  readonly columns: readonly { readonly name: string }[];
}

/** Prints rows in JSON. By hand, as `JSON.stringify` knows no decimal: micro-units become exact number texts. */
export function rowPrinter({ columns }: Printed): (row: Row) => string {
  const names = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return (row) =>
    `${columns.map(({ name }, index) => `${names[index] ?? ''}${jsonCell(row[name] ?? null)}`).join('')}}`;
}

/** What totals are printed of. */
export function totalsColumns({ by, measure }: Pick<TotalsQuery, 'by' | 'measure'>): Printed {
  return { columns: [...by, measure].map((name) => ({ name })) };
}

/** An answer of a report, or of totals, in JSON. */
export function answerText(page: ReportPage | TotalsPage, print: (row: Row) => string): string {
  const { frame, total, rows, extent } = page;
  const parts = [`"frame":${frame},"total":${total},"rows":[${rows.map(print).join(',')}]`];
  if (extent !== undefined) parts.push(`"extent":${JSON.stringify(extent)}`);
  if ('trends' in page) {
    const trends = page.trends.map((trend) => `[${trend.map(jsonCell).join(',')}]`);
    parts.push(
      `"trends":[${trends.join(',')}],"days":${JSON.stringify(page.days ?? null)},"isWhole":${String(page.isWhole)}`,
    );
  }
  return `{${parts.join(',')}}`;
}

function jsonCell(cell: Cell): string {
  return typeof cell === 'bigint' ? microsText(cell) : JSON.stringify(cell);
}

/** Prints a table in CSV, with a header. */
export function csvTable(printed: Printed, rows: readonly Row[]): string {
  return csvHeader(printed) + rows.map((row) => csvRow(printed, row)).join('');
}

/** Excel takes CSV for UTF-8 if it begins so. */
const BYTE_ORDER_MARK = '\uFEFF';
/** What spreadsheets take for the beginning of a formula, which may do anything. Source: OWASP, CSV Injection */
const FORMULA = /^[=+\-@\t\r]/;

/** Prints a table in CSV for a spreadsheet: behind a byte order mark, and with `'` before texts that it would take for formulas. */
export function spreadsheetTable(printed: Printed, rows: readonly Row[]): string {
  const plain = (cell: Cell): Cell => (typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell);
  const shown = rows.map((row) =>
    Object.fromEntries(printed.columns.map(({ name }) => [name, plain(row[name] ?? null)])),
  );
  return BYTE_ORDER_MARK + csvTable(printed, shown);
}

function csvHeader({ columns }: Printed): string {
  return `${columns.map(({ name }) => name).join(',')}\r\n`;
}

function csvRow({ columns }: Printed, row: Row): string {
  const cells = columns.map(({ name }) => {
    const cell = row[name] ?? null;
    return typeof cell === 'bigint' ? microsText(cell) : cell;
  });
  return `${cells.map(csvCell).join(',')}\r\n`;
}
