import { expect, it } from 'vitest';
import type { ColumnInfo, DefinitionAnswer, ReportInfo, TileInfo } from '../../src/server/protocol.ts';
import { amountPrinter, columnLabel, measurePrinter } from './labels.ts';

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
  const printed = (name: string) => measurePrinter(definition, name, 'total')(1234.5);
  expect(printed('weight')).toBe('1,234.5');
  expect(printed('net_by_shop')).toBe('€1,234.50');
  expect(measurePrinter(definition, 'net', 'total')(null)).toBe('–');
});

it('how much there is of a measure is a number of things, or money', () => {
  expect([1, 2].map(amountPrinter(definition, 'weight', 'total'))).toEqual(['1 total', '2 total']);
  expect(amountPrinter(definition, 'net_by_shop', 'total')(-2.5)).toBe('-€2.50 net revenue');
});
