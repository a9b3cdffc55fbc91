import { microsText } from '../base/decimal.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Cell, Row } from '../ports/rows.ts';

/** Prints a report's rows in JSON. By hand, as `JSON.stringify` knows no decimal: micro-units become exact number texts. */
export function rowPrinter(report: ReportPlan): (row: Row) => string {
  const names = report.columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return (row) =>
    `${report.columns.map(({ name }, index) => `${names[index] ?? ''}${jsonCell(row[name] ?? null)}`).join('')}}`;
}

function jsonCell(cell: Cell): string {
  return typeof cell === 'bigint' ? microsText(cell) : JSON.stringify(cell);
}

/** Prints a report's header line in CSV. */
export function csvHeader(report: ReportPlan): string {
  return `${report.columns.map(({ name }) => name).join(',')}\r\n`;
}

/** Prints a row in CSV; null is an empty cell. Source: RFC 4180. */
export function csvRow(report: ReportPlan, row: Row): string {
  return `${report.columns.map(({ name }) => csvCell(row[name] ?? null)).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'bigint' ? microsText(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
