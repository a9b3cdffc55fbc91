import { parseDay } from '../../base/calendar.ts';
import { microsText, parseMicros } from '../../base/decimal.ts';
import { keepNumberText, NumberText } from '../../base/number-text.ts';
import type { ColumnPlan, ReportPlan } from '../../plan/plan.ts';
import type { VersionedRow } from '../../ports/report-rows.ts';
import type { Refusal } from '../../ports/runtime.ts';
import type { Cell, Row } from '../../ports/rows.ts';
import type { TopicMessage } from '../../ports/messages.ts';

const MICROS_PER_UNIT = 1_000_000;
/** Below it a float of a decimal with 6 places is nearer to it than to any other. */
const EXACT_BELOW = 1_000_000_000;
const MICROS_PER_MS = 1000;

type Read = VersionedRow | Refusal;
type Members = Readonly<Record<string, unknown>>;

/**
 * Makes a reader of the rows that a report's topic carries: the report's columns, and `frame`. A row without a frame, as
 * other engines write it, is as of its message's time.
 * @returns a row, exact to the last digit, or why the message is none
 */
export function rowReader(report: ReportPlan): (message: TopicMessage) => Read {
  return ({ value, timestampMs }) => {
    const text = Buffer.from(value ?? []).toString();
    const quick = readMembers(report, text, undefined);
    const row = quick === 'inexact' ? readMembers(report, text, keepNumberText) : quick;
    if (row === 'inexact') return refusal(undefined, 'the message is no row');
    if ('reason' in row) return row as unknown as Refusal;
    const { frame, ...cells } = row;
    return {
      row: cells,
      key: rowKey(report, cells),
      frame: typeof frame === 'number' ? frame : timestampMs * MICROS_PER_MS,
    };
  };
}

/** A row's dimensions as JSON, a decimal as its digits: no two rows of a report have the same. */
export function rowKey({ dimensions }: Pick<ReportPlan, 'dimensions'>, row: Row): string {
  const cells = dimensions.map(({ name }) => row[name] ?? null);
  return JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? microsText(cell) : cell)));
}

function readMembers(
  report: ReportPlan,
  text: string,
  reviver: typeof keepNumberText | undefined,
): Record<string, Cell> | Refusal | 'inexact' {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, reviver);
  } catch (error) {
    if (error instanceof SyntaxError) return refusal(undefined, 'the message is not JSON');
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refusal(undefined, 'a row must be a JSON object');
  }
  const row: Record<string, Cell> = {};
  for (const column of report.columns) {
    const cell = readCell(column, (parsed as Members)[column.name]);
    if (cell === undefined) return refusal(column.name, `field '${column.name}' is missing, or no ${column.kind}`);
    if (cell === 'inexact') return 'inexact';
    row[column.name] = cell.cell;
  }
  const frame = plainNumber((parsed as Members)['frame']);
  if (frame !== undefined && Number.isSafeInteger(frame) && frame > 0) row['frame'] = frame;
  return row;
}

function readCell(column: ColumnPlan, value: unknown): { readonly cell: Cell } | 'inexact' | undefined {
  if (value === null) return column.nullable ? { cell: null } : undefined;
  switch (column.kind) {
    case 'text':
      return typeof value === 'string' ? { cell: value } : undefined;
    case 'date':
      return typeof value === 'string' && parseDay(value) !== undefined ? { cell: value } : undefined;
    case 'number': {
      const number = plainNumber(value);
      // Of the two zeros there is one row.
      return number === undefined ? undefined : { cell: number + 0 };
    }
    case 'integer':
      return readInteger(value);
    case 'decimal':
      return readDecimal(value);
  }
}

function plainNumber(value: unknown): number | undefined {
  if (value instanceof NumberText) return Number(value.text);
  return typeof value === 'number' ? value : undefined;
}

/** An integer beyond what is exact as a float is in micro-units, as `Cell` says. */
function readInteger(value: unknown): { readonly cell: Cell } | 'inexact' | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { cell: value + 0 } : 'inexact';
  if (!(value instanceof NumberText)) return undefined;
  const number = Number(value.text);
  if (Number.isSafeInteger(number)) return { cell: number + 0 };
  const micros = parseMicros(value.text);
  return micros === undefined ? undefined : { cell: micros };
}

function readDecimal(value: unknown): { readonly cell: Cell } | 'inexact' | undefined {
  if (typeof value === 'number') {
    if (Math.abs(value) >= EXACT_BELOW) return 'inexact';
    const micros = Math.round(value * MICROS_PER_UNIT);
    // A float that is not the nearest one of these six places was written with more of them.
    return micros / MICROS_PER_UNIT === value ? { cell: BigInt(micros) } : 'inexact';
  }
  if (!(value instanceof NumberText)) return undefined;
  const micros = parseMicros(value.text);
  return micros === undefined ? undefined : { cell: micros };
}

function refusal(field: string | undefined, reason: string): Refusal {
  return { code: 'WRONG_TYPE', ...(field !== undefined && { field }), reason };
}
