import { counted } from '../base/counted.ts';
import { microsText } from '../base/decimal.ts';
import type { ColumnPlan, ReportPlan } from '../plan/plan.ts';
import type { Cell, ReportPage, Row } from '../ports/rows.ts';

/** A report as people read it: aligned columns, a column's decimals with the same number of places. */
export function tableText(report: ReportPlan, page: ReportPage): string {
  const columns = report.columns.map((column) => alignedColumn(column, page.rows));
  const lines = Array.from({ length: page.rows.length + 2 }, (_, index) =>
    columns
      .map((cells) => cells[index] ?? '')
      .join('  ')
      .trimEnd(),
  );
  const shown = page.rows.length === page.total ? '' : `${page.rows.length} of `;
  return `${lines.join('\n')}\n${shown}${counted(page.total, 'row')}, offset ${page.frame}\n`;
}

/** The header, a rule, and the cells, all as wide as the widest. */
function alignedColumn(column: ColumnPlan, rows: readonly Row[]): readonly string[] {
  const values = rows.map((row) => cellText(row[column.name] ?? null));
  const cells = [column.name, ...(column.kind === 'decimal' ? samePlaces(values) : values)];
  const width = Math.max(...cells.map(textWidth));
  const isNumber = column.kind !== 'text' && column.kind !== 'date';
  const [header = '', ...rest] = cells.map((cell) => {
    const padding = ' '.repeat(width - textWidth(cell));
    return isNumber ? padding + cell : cell + padding;
  });
  return [header, '-'.repeat(width), ...rest];
}

function samePlaces(values: readonly string[]): readonly string[] {
  const placesOf = (value: string): number => value.split('.')[1]?.length ?? 0;
  const places = values.reduce((most, value) => Math.max(most, placesOf(value)), 2);
  return values.map((value) => {
    if (value === '') return value;
    return (value.includes('.') ? value : `${value}.`) + '0'.repeat(places - placesOf(value));
  });
}

const characters = new Intl.Segmenter();

/** The number of characters as people count them. */
function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return Array.from(characters.segment(text)).length;
}

/** An empty text is told from null as in the keys of `daybook explain`. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (cell === '') return '""';
  return typeof cell === 'bigint' ? microsText(cell) : String(cell);
}
