import { expect, it } from 'vitest';
import type { ColumnInfo, DefinitionAnswer } from '../../src/server/protocol.ts';
import { columnsOf } from './table-columns.ts';

const dimension = (name: string, kind: ColumnInfo['kind']): ColumnInfo => {
  return { name, kind, role: 'dimension', nullable: true, of: null };
};

it('a year or a shop’s number is printed as it is, with nothing between its digits', () => {
  const columns = [
    dimension('year', 'integer'),
    dimension('latitude', 'number'),
    { name: 'units', kind: 'integer', role: 'measure', nullable: false, of: 'sum(units)' } as const,
  ];
  const definition = {
    stream: { currency: 'EUR', businessDate: 'day' },
    reports: [{ name: 'sales', title: 'Sales', columns, where: '' }],
    dashboard: { title: '', tiles: [] },
  } as unknown as DefinitionAnswer;
  const tile = { kind: 'table', title: 'Sales', report: 'sales', measure: 'units', format: 'count' } as const;
  const shown = columnsOf(tile, definition, 'days');
  expect(shown.map(({ print }) => print(2021))).toEqual(['2021', '2021', '2,021']);
  expect(shown[0]?.print(null)).toBe('–');
});
