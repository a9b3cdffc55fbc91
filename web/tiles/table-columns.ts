import type { ColumnInfo, DefinitionAnswer, JsonCell, TileInfo } from '../../src/server/protocol.ts';
import type { PrintNumber } from '../format.ts';
import { printCount, printerOf } from '../format.ts';
import { columnLabel } from './labels.ts';

/** A column of a table tile. */
export interface ShownColumn {
  /** As the report has it. */
  readonly name: string;
  readonly label: string;
  /** `name`: the last of the texts, which says most about what the row is. */
  readonly kind: 'date' | 'text' | 'name' | 'number' | 'bar' | 'trend';
  readonly print: (cell: JsonCell) => string;
}

/** What stands for a value that is not there. */
const NOTHING = '–';

/** The column that shows how a total came about; it is none of the report's. */
const TREND: ShownColumn = { name: 'trend by day', label: 'Trend', kind: 'trend', print: () => '' };

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
  const shown = columns.filter(isShown).map((column): ShownColumn => {
    const label = columnLabel(definition, column);
    const { name, kind } = column;
    if (column.role === 'measure') {
      return { name, label, kind: 'bar', print: numberPrinter(printerOf(tile.format, definition.stream.currency)) };
    }
    if (kind === 'date') return { name, label, kind, print: textOf };
    if (kind === 'text') return { name, label, kind: name === lastText ? 'name' : 'text', print: textOf };
    return { name, label, kind: 'number', print: numberPrinter(printCount) };
  });
  return rows === 'days' ? shown : [...shown.slice(0, -1), TREND, ...shown.slice(-1)];
}

function textOf(cell: JsonCell): string {
  return cell === null ? NOTHING : String(cell);
}

function numberPrinter(print: PrintNumber): (cell: JsonCell) => string {
  return (cell) => (typeof cell === 'number' ? print(cell) : textOf(cell));
}
