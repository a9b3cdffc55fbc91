import type { ColumnInfo, DefinitionAnswer, JsonCell, TileInfo } from '../../src/server/protocol.ts';
import type { PrintNumber } from '../format.ts';
import { countOf, heading, printerOf } from '../format.ts';
import { printCell } from '../key-text.ts';

/** The tiles that show a measure: those of its own report, then those of reports that compute the same of the same records. */
function tilesOf({ reports, dashboard }: DefinitionAnswer, report: string, measure: string): readonly TileInfo[] {
  const computed = (by: Pick<TileInfo, 'report' | 'measure'>): string | undefined => {
    const info = reports.find(({ name }) => name === by.report);
    const column = info?.columns.find(({ name }) => name === by.measure);
    return info && column && JSON.stringify([column.of, info.where]);
  };
  const wanted = computed({ report, measure });
  const isOwn = (tile: TileInfo): boolean => tile.report === report && tile.measure === measure;
  const others = dashboard.tiles.filter((tile) => !isOwn(tile) && computed(tile) === wanted);
  return [...dashboard.tiles.filter(isOwn), ...others];
}

/** What a measure is called: as a number tile that shows it is, if there is one; otherwise by its own name. */
export function measureLabel(definition: DefinitionAnswer, report: string, measure: string): string {
  const shown = tilesOf(definition, report, measure).find(({ kind }) => kind === 'number');
  // That values are of a day is what the column beside them says.
  return shown?.title ?? heading(measure.replace(/^daily_/, ''));
}

/** What a report's column is called. */
export function columnLabel(definition: DefinitionAnswer, report: string, { name, role }: ColumnInfo): string {
  if (role === 'measure') return measureLabel(definition, report, name);
  return name === definition.stream.businessDate ? 'Date' : heading(name);
}

/** Whether a measure is money: as a tile that shows it says, if there is one; otherwise decimals are. */
function formatOf(definition: DefinitionAnswer, report: string, measure: string): 'count' | 'money' {
  const shown = tilesOf(definition, report, measure).find((tile) => tile.kind !== 'map');
  const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
  return shown?.format ?? (columns.find(({ name }) => name === measure)?.kind === 'decimal' ? 'money' : 'count');
}

/** Prints a measure's cells. */
export function measurePrinter(
  definition: DefinitionAnswer,
  report: string,
  measure: string,
): (cell: JsonCell | undefined) => string {
  const print = printerOf(formatOf(definition, report, measure), definition.stream.currency);
  return (cell = null) => (typeof cell === 'number' ? print(cell) : printCell(cell));
}

/** Says how much there is of a measure: `2 customers`, `$2.00 revenue`. */
export function amountPrinter(definition: DefinitionAnswer, report: string, measure: string): PrintNumber {
  const things = measureLabel(definition, report, measure).toLowerCase();
  if (formatOf(definition, report, measure) === 'count') return (value) => countOf(value, things);
  const print = measurePrinter(definition, report, measure);
  return (value) => `${print(value)} ${things}`;
}

/** The dimensions that are a place together, as the map has them; empty names where there is no map. */
export function placeNames({ tiles }: DefinitionAnswer['dashboard']): {
  readonly latitude: string;
  readonly longitude: string;
} {
  return tiles.find((tile) => tile.kind === 'map') ?? { latitude: '', longitude: '' };
}

/** A report's dimensions: the key of its rows. */
export function dimensionsOf({ reports }: DefinitionAnswer, report: string): readonly string[] {
  const columns = reports.find(({ name }) => name === report)?.columns ?? [];
  return columns.filter(({ role }) => role === 'dimension').map(({ name }) => name);
}
