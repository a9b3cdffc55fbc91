import { types } from 'cassandra-driver';
import { formatDay } from '../../base/calendar.ts';
import { microsText } from '../../base/decimal.ts';
import type { Cell } from '../../ports/rows.ts';

const MICROS_PER_UNIT = 1_000_000n;

/** A cell as the driver takes it for a column's type. @param cell  dates as texts, decimals as micro-units */
export function valueOf(cell: Cell, type: string): unknown {
  if (cell === null) return null;
  switch (type) {
    case 'date':
      return types.LocalDate.fromString(String(cell));
    case 'decimal':
      return types.BigDecimal.fromString(typeof cell === 'bigint' ? microsText(cell) : String(cell));
    case 'varint':
      return types.Integer.fromString(wholeText(cell));
    case 'bigint':
      return types.Long.fromString(wholeText(cell));
    default:
      return cell;
  }
}

export function dateValue(day: number): types.LocalDate {
  return types.LocalDate.fromString(formatDay(day));
}

/** A large integer is in micro-units, as `Cell` says. */
function wholeText(cell: Exclude<Cell, null>): string {
  return typeof cell === 'bigint' ? (cell / MICROS_PER_UNIT).toString() : String(cell);
}
