import { expect, it } from 'vitest';
import type { ColumnInfo, DefinitionAnswer, ReportInfo, TileInfo } from '../../src/server/protocol.ts';
import { columnLabel, measurePrinter } from './labels.ts';

const DAY: ColumnInfo = { name: 'day', kind: 'date', role: 'dimension', nullable: false, of: null };
const total = (of: string): ColumnInfo => ({ name: 'total', kind: 'decimal', role: 'measure', nullable: false, of });
const report = (name: string, of: string, where = ''): ReportInfo => {
  return { name, title: name, columns: [DAY, total(of)], where };
};
const tile = (kind: 'number' | 'table', of: string, title: string, format: 'count' | 'money'): TileInfo => {
  return { kind, title, report: of, measure: 'total', format };
};

const definition = {
  stream: { currency: 'EUR', businessDate: 'day' },
  reports: [
    report('gross', 'sum(gross)'),
    report('net', 'sum(net)'),
    report('weight', 'sum(weight)'),
    report('net_by_shop', 'sum(net)'),
    report('net_of_web', 'sum(net)', 'channel is "Web"'),
  ],
  dashboard: {
    title: 'Sales',
    tiles: [
      tile('table', 'weight', 'Weights', 'count'),
      tile('number', 'gross', 'Revenue', 'money'),
      tile('number', 'net', 'Net revenue', 'money'),
    ],
  },
} as unknown as DefinitionAnswer;

const labelIn = (name: string): string => {
  const column = definition.reports.find((each) => each.name === name)?.columns[1];
  return columnLabel(definition, name, column as ColumnInfo);
};

it('a measure is called by the number tile of its own report, or of one that computes the same, and by no other', () => {
  expect(['gross', 'net', 'net_by_shop', 'net_of_web', 'weight'].map(labelIn)).toEqual([
    'Revenue',
    'Net revenue',
    'Net revenue',
    'Total',
    'Total',
  ]);
  expect(columnLabel(definition, 'net', DAY)).toBe('Date');
});

it('a measure is printed as the tiles of its own report have it', () => {
  const printed = (name: string, of: string) => measurePrinter(definition, name, total(of))(1234.5);
  expect(printed('weight', 'sum(weight)')).toBe('1,234.5');
  expect(printed('net_by_shop', 'sum(net)')).toBe('€1,234.50');
  expect(measurePrinter(definition, 'net', total('sum(net)'))(null)).toBe('–');
});
