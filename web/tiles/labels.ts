import type { ColumnInfo, DefinitionAnswer } from '../../src/server/protocol.ts';
import { heading } from '../format.ts';

/** What a measure is called: as the number tile that shows it is, if there is one; otherwise by its own name. */
export function measureLabel({ dashboard }: DefinitionAnswer, measure: string): string {
  const shown = dashboard.tiles.find((tile) => tile.kind === 'number' && tile.measure === measure);
  // That values are of a day is what the column beside them says.
  return shown?.title ?? heading(measure.replace(/^daily_/, ''));
}

/** What a report's column is called. */
export function columnLabel(definition: DefinitionAnswer, { name, role }: ColumnInfo): string {
  if (role === 'measure') return measureLabel(definition, name);
  return name === definition.stream.businessDate ? 'Date' : heading(name);
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
