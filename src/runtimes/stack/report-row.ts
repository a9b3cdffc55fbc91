import { parseDay } from '../../base/calendar.ts';
import { microsText, parseMicros } from '../../base/decimal.ts';
import { keepNumberText, NumberText } from '../../base/number-text.ts';
import type { ColumnPlan, ReportPlan } from '../../plan/plan.ts';
import { largestNumbers } from '../../compile/postgres/tables.ts';
import type { VersionedRow } from '../../ports/report-rows.ts';
import type { Refusal } from '../../ports/runtime.ts';
import type { Cell, Row } from '../../ports/rows.ts';
import type { TopicMessage } from '../../ports/messages.ts';

const MICROS_PER_UNIT = 1_000_000;
/** Below it a float of a decimal with 6 places is nearer to it than to any other. */
const EXACT_BELOW = 1_000_000_000;
const MICROS_PER_MS = 1000;

type Read = VersionedRow | Refusal | undefined;
type Members = Readonly<Record<string, unknown>>;

/**
 * Makes a reader of the rows that a report's topic carries: the report's columns, and `frame`. A row without a frame, as
 * other engines write it, is as of its message's time.
 * @returns a row, exact to the last digit, or why the message is none; undefined: it is a row of another definition, with other
 *   measures, which the engine writes anew
 */
export function rowReader(report: ReportPlan): (message: TopicMessage) => Read {
  const largest = largestNumbers(report);
  return ({ value, timestampMs }) => {
    const text = Buffer.from(value ?? []).toString();
    const quick = readMembers(report, text, undefined);
    const row = quick === 'inexact' ? readMembers(report, text, keepNumberText) : quick;
    if (row === 'inexact') return refusal(undefined, 'the message is no row');
    if (row === undefined) return undefined;
    if ('reason' in row) return row as unknown as Refusal;
    // What is exact as a float has room in any column.
    const beyond = quick === 'inexact' ? beyondRoom(report, row, largest) : undefined;
    if (beyond !== undefined) return beyond;
    const { frame, ...cells } = row;
    return {
      row: cells,
      key: rowKey(report, cells),
      frame: typeof frame === 'number' ? frame : timestampMs * MICROS_PER_MS,
    };
  };
}

/** Why a row has no room in its table: PostgreSQL would refuse it, and all that comes with it, each time anew. */
function beyondRoom(report: ReportPlan, row: Row, largest: ReadonlyMap<string, bigint>): Refusal | undefined {
  for (const { name, kind } of report.columns) {
    const [cell, most] = [row[name], largest.get(name)];
    if (typeof cell !== 'bigint' || most === undefined || (cell <= most && cell >= -most)) continue;
    const digits = kind === 'integer' ? String(most / BigInt(MICROS_PER_UNIT)) : microsText(most);
    return {
      code: 'NUMBER_OUT_OF_RANGE',
      field: name,
      reason: `field '${name}' is beyond ±${digits}, the most that a table has room for`,
    };
  }
  return undefined;
}

/** A row's dimensions as JSON, a decimal as its digits: no two rows of a report have the same. */
export function rowKey({ dimensions }: Pick<ReportPlan, 'dimensions'>, row: Row): string {
  const cells = dimensions.map(({ name }) => row[name] ?? null);
  return JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? microsText(cell) : cell)));
}

/**
 * A row as it was kept in JSON, maybe of another definition: a measure that it does not have, or that was of another kind, is null.
 */
export function storedRow({ columns }: ReportPlan, text: string): Row {
  const members = JSON.parse(text, keepNumberText) as Members;
  return Object.fromEntries(
    columns.map((column) => {
      const cell = readCell(column, members[column.name] ?? null);
      return [column.name, typeof cell === 'object' ? cell.cell : null];
    }),
  );
}

function readMembers(
  report: ReportPlan,
  text: string,
  reviver: typeof keepNumberText | undefined,
): Record<string, Cell> | Refusal | 'inexact' | undefined {
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
  const members = parsed as Members;
  const row: Record<string, Cell> = {};
  const frame = plainNumber(members['frame']);
  if (frame !== undefined && Number.isSafeInteger(frame) && frame > 0) row['frame'] = frame;
  for (const column of report.columns) {
    const cell = readCell(column, members[column.name]);
    if (cell === 'inexact') return 'inexact';
    if (cell !== undefined) row[column.name] = cell.cell;
    else if (column.role === 'measure' && 'frame' in row) return undefined;
    else return refusal(column.name, `field '${column.name}' is missing, or no ${column.kind}`);
  }
  return row;
}

function readCell(column: ColumnPlan, value: unknown): { readonly cell: Cell } | 'inexact' | undefined {
  if (value === null) return column.nullable ? { cell: null } : undefined;
  switch (column.kind) {
    case 'text':
      // Half of a character is in no text that a store takes.
      return typeof value === 'string' && value.isWellFormed() ? { cell: value } : undefined;
    case 'date':
      return typeof value === 'string' && parseDay(value) !== undefined ? { cell: value } : undefined;
    case 'number': {
      const number = plainNumber(value);
      // Of the two zeros there is one row.
      return number !== undefined && Number.isFinite(number) ? { cell: number + 0 } : undefined;
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
  return micros === undefined || micros % BigInt(MICROS_PER_UNIT) !== 0n ? undefined : { cell: micros };
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
