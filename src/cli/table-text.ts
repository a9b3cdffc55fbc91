import { counted } from '../base/counted.ts';
import { microsText } from '../base/decimal.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { Cell, ReportPage, Row } from '../ports/rows.ts';
import { printable } from './printable.ts';

/** A report as people read it. Its frame is an offset on one machine, and a moment on the stack. */
export function tableText(report: ReportPlan, { rows, total, frame }: ReportPage): string {
  const shown = rows.length === total ? '' : `${rows.length} of `;
  return `${tableLines(report, rows).join('\n')}\n${shown}${counted(total, 'row')}, frame ${frame}\n`;
}

/** Rows of a report: aligned columns, a column's decimals with the same number of places. */
export function tableLines(report: ReportPlan, rows: readonly Row[]): readonly string[] {
  return alignedLines(
    report.columns.map(({ name, kind }) => {
      const cells = rows.map((row) => cellText(row[name] ?? null));
      const isNumber = kind !== 'text' && kind !== 'date';
      return { name, isNumber, cells: kind === 'decimal' ? samePlaces(cells) : cells };
    }),
  );
}

/** A column of a table for people. */
interface TableColumn {
  readonly name: string;
  /** Numbers stand to the right. */
  readonly isNumber: boolean;
  readonly cells: readonly string[];
}

/** Lines of a header, a rule and a line a row; each column as wide as its widest cell. */
export function alignedLines(columns: readonly TableColumn[]): readonly string[] {
  const aligned = columns.map(alignedColumn);
  return Array.from({ length: (columns[0]?.cells.length ?? 0) + 2 }, (_, index) =>
    aligned
      .map((cells) => cells[index] ?? '')
      .join('  ')
      .trimEnd(),
  );
}

function alignedColumn({ name, isNumber, cells }: TableColumn): readonly string[] {
  const texts = [name, ...cells].map(printable);
  const width = texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
  const [header = '', ...rest] = texts.map((text) => {
    const padding = ' '.repeat(width - textWidth(text));
    return isNumber ? padding + text : text + padding;
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
