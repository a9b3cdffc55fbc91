import type { ColumnInfo, DefinitionAnswer, JsonCell, TileInfo } from '../../src/server/protocol.ts';
import type { PrintNumber } from '../format.ts';
import { printerOf } from '../format.ts';
import { printCell } from '../key-text.ts';
import { columnLabel } from './labels.ts';

/** A column of a table tile. */
export interface ShownColumn {
  /** As the report has it. */
  readonly name: string;
  readonly label: string;
  /** `name`: the last of the texts, which says most about what the row is. */
  readonly kind: 'date' | 'text' | 'name' | 'number' | 'bar' | 'trend';
  /** Whether it is the button that opens the row. */
  readonly opens: boolean;
  readonly print: (cell: JsonCell) => string;
}

/** The column that shows how a total came about; it is none of the report's. */
const TREND: ShownColumn = { name: 'trend by day', label: 'Trend', kind: 'trend', opens: false, print: () => '' };

/** The columns of a table tile: the report's dimensions, then the tile's measure; of totals without the day, but with a trend. */
export function columnsOf(
  tile: Extract<TileInfo, { kind: 'number' | 'table' }>,
  definition: DefinitionAnswer,
  rows: 'days' | 'totals',
): readonly ShownColumn[] {
  const columns = definition.reports.find(({ name }) => name === tile.report)?.columns ?? [];
  const lastText = columns.findLast(({ kind }) => kind === 'text')?.name;
  const isShown = ({ name, role }: ColumnInfo): boolean =>
    name === tile.measure || (role === 'dimension' && (rows === 'days' || name !== definition.stream.businessDate));
  const lastDimension = columns.filter(isShown).findLast(({ role }) => role === 'dimension')?.name;
  const shown = columns.filter(isShown).map((column): ShownColumn => {
    const label = columnLabel(definition, tile.report, column);
    const { name, kind } = column;
    const opens = name === (lastText ?? lastDimension);
    if (column.role === 'measure') {
      return {
        name,
        label,
        kind: 'bar',
        opens,
        print: numberPrinter(printerOf(tile.format, definition.stream.currency)),
      };
    }
    if (kind === 'date') return { name, label, kind, opens, print: printCell };
    if (kind === 'text') return { name, label, kind: name === lastText ? 'name' : 'text', opens, print: printCell };
    // A year, or a shop's number, is no count.
    return { name, label, kind: 'number', opens, print: printCell };
  });
  return rows === 'days' ? shown : [...shown.slice(0, -1), TREND, ...shown.slice(-1)];
}

function numberPrinter(print: PrintNumber): (cell: JsonCell) => string {
  return (cell) => (typeof cell === 'number' ? print(cell) : printCell(cell));
}
