import type { Line } from './figure.ts';
import { median } from './statistics.ts';

/** The columns of the table, for the terminal and for RESULTS.md alike. */
export const HEADERS = ['measured', 'median', 'from – to', 'unit', 'Daybook is', 'peak memory', 'note'] as const;

/** A line's cells as text, one a header. */
export function cellsOf({ what, unit, values, ratios, peakBytes, note }: Line): readonly string[] {
  return [
    what,
    values.length === 0 ? 'none' : numberText(median(values)),
    spreadText(values, numberText),
    values.length === 0 ? '' : unit,
    ratios === undefined || ratios.length === 0
      ? ''
      : `${timesText(median(ratios))} times (${spreadText(ratios, timesText) || timesText(median(ratios))})`,
    peakBytes === undefined ? '' : `${numberText(peakBytes / 1e6)} MB`,
    note ?? '',
  ];
}

const LEFT: readonly string[] = ['figure', HEADERS[0], 'note'];

/** Aligned for a terminal, with the name of each line's figure before it. */
export function terminalTable(rows: readonly (readonly string[])[]): string {
  const headers = ['figure', ...HEADERS];
  const all = [headers, ...rows];
  const widths = headers.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const aligned = (cell: string, at: number): string =>
    LEFT.includes(headers[at] ?? '') ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  return all.map((row) => `${row.map(aligned).join('  ').trimEnd()}\n`).join('');
}

/** A figure's lines as Markdown. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const rule = HEADERS.map((header) => (LEFT.includes(header) ? '---' : '---:'));
  return [HEADERS as readonly string[], rule, ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function spreadText(values: readonly number[], print: (value: number) => string): string {
  return values.length < 2 ? '' : `${print(Math.min(...values))} – ${print(Math.max(...values))}`;
}

/** Three digits that count, with commas: `1,020,000`, `45.2`, `0.812`. */
export function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function timesText(value: number): string {
  return value.toPrecision(2).includes('e') ? value.toFixed(0) : value.toPrecision(2);
}
