import type { ReportPlan } from '../plan/plan.ts';
import type { ReportPage } from '../ports/rows.ts';
import { csvTable, rowPrinter } from '../server/row-text.ts';

/** A page of a report as the API prints it in CSV. */
export function csvText(report: ReportPlan, page: ReportPage): string {
  return csvTable(report, page.rows);
}

/** A page of a report as the API prints it in NDJSON: a row a line. */
export function ndjsonText(report: ReportPlan, page: ReportPage): string {
  const print = rowPrinter(report);
  return page.rows.map((row) => `${print(row)}\n`).join('');
}

/** A page of a report as the API answers in JSON, a row a line. */
export function jsonText(report: ReportPlan, page: ReportPage): string {
  const rows = page.rows.map(rowPrinter(report));
  return `{"frame":${page.frame},"total":${page.total},"rows":[${rows.join(',\n')}]}\n`;
}
