import fc from 'fast-check';
import { expect, it } from 'vitest';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { present } from '../../base/assert.ts';
import { parseMicros } from '../../base/decimal.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ColumnKind } from '../../plan/plan.ts';
import type { Cell, Row } from '../../ports/rows.ts';
import { rowPrinter } from '../../server/row-text.ts';
import { rowReader, storedRow } from './report-row.ts';

const report = present(makePlan(everyMeasure).reports[0], 'it has reports');
const read = rowReader(report);
const readText = (text: string): ReturnType<typeof read> =>
  read({ key: null, value: Buffer.from(text), offset: 0, timestampMs: 7 });

/** What must not be null, but for the sum that is looked at. */
const OTHERS = {
  day: '2026-01-01',
  order: 'o',
  booked: '2026-01-01',
  ...Object.fromEntries(
    ['rooms', 'height', 'records', 'beds', 'guests', 'days', 'low', 'least', 'bottom', 'high', 'top'].map((name) => [
      name,
      1,
    ]),
  ),
};

function cell(kind: ColumnKind): fc.Arbitrary<Cell> {
  switch (kind) {
    case 'date':
      return fc.constantFrom('0001-01-01', '2026-02-28', '9999-12-31');
    case 'text':
      return fc.string({ unit: 'grapheme' });
    case 'integer':
      // The largest that every column of whole numbers has room for.
      return fc.oneof(fc.maxSafeInteger(), fc.constant(9_223_372_036_854_775_807n * 1_000_000n));
    case 'decimal':
      // What a single value may be; sums have room for more.
      return fc.oneof(
        fc.bigInt({ min: 1n - 10n ** 18n, max: 10n ** 18n - 1n }),
        fc.bigInt({ min: -99n, max: 10n ** 15n }),
      );
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  }
}

it('reads back each row as it is printed, to the last digit', () => {
  const row = fc.record(
    Object.fromEntries(
      report.columns.map(({ name, kind, nullable }) => [name, nullable ? fc.option(cell(kind)) : cell(kind)]),
    ),
  ) as fc.Arbitrary<Row>;
  const print = rowPrinter(report);
  fc.assert(
    fc.property(row, (row) => {
      const found = readText(`${print(row).slice(0, -1)},"frame":1795537841682001}`);
      expect(found).toMatchObject({ row, frame: 1_795_537_841_682_001 });
    }),
  );
});

it('rounds what has more places than six half-even, also where the float of it does not tell', () => {
  const row = Object.fromEntries(report.columns.map(({ name }) => [name, null]));
  for (const text of ['0.0000005', '0.0000015', '422.23999999999995', '1e-7', '123456789012.1234565', '-2.5e-7']) {
    const json = JSON.stringify({ ...row, ...OTHERS, takings: 'HERE' }).replace('"HERE"', text);
    const found = readText(json);
    expect(found).toMatchObject({ row: { takings: parseMicros(text) }, frame: 7000 });
  }
});

it.each([
  ['{', 'the message is not JSON'],
  ['[1]', 'a row must be a JSON object'],
  ['{"day":"2026-02-30"}', "field 'day' is missing, or no date"],
  ['{"day":"2026-02-20","order":7}', "field 'order' is missing, or no text"],
])('refuses %s', (text, reason) => {
  expect(readText(text)).toMatchObject({ code: 'WRONG_TYPE', reason });
});

it('takes no half of a character, and no number that is not finite, whoever wrote it: no store does', () => {
  const nulls = Object.fromEntries(report.columns.map(({ name }) => [name, null]));
  const whole = JSON.stringify({ ...nulls, ...OTHERS, takings: 1, frame: 5 });
  expect(readText(whole.replace('"order":"o"', String.raw`"order":"\ud83d\ude00"`))).toMatchObject({ frame: 5 });
  expect(readText(whole.replace('"order":"o"', String.raw`"order":"\ud83d"`))).toMatchObject({ field: 'order' });
  expect(readText(whole.replace('"height":1', '"height":1e999'))).toMatchObject({ field: 'height' });
});

it('takes the largest numbers that a store has room for, and says of others that it has none', () => {
  const nulls = Object.fromEntries(report.columns.map(({ name }) => [name, null]));
  const whole = JSON.stringify({ ...nulls, ...OTHERS, takings: 1, frame: 5 });
  // Of a count, of a sum of whole numbers, and of decimals: a dimension, and a sum.
  const largest = {
    records: '9223372036854775807',
    beds: '9'.repeat(38),
    rooms: '9223372036854775807',
    takings: `${'9'.repeat(32)}.999999`,
  };
  for (const [name, digits] of Object.entries(largest)) {
    for (const sign of ['', '-']) {
      const withNumber = (text: string): string => whole.replace(`"${name}":1`, `"${name}":${sign}${text}`);
      expect(readText(withNumber(digits))).toMatchObject({ frame: 5 });
      const refused = {
        code: 'NUMBER_OUT_OF_RANGE',
        field: name,
        reason: expect.stringContaining(`±${digits}`) as string,
      };
      expect(readText(withNumber(`1${digits}`))).toMatchObject(refused);
      expect(readText(withNumber('1e500'))).toMatchObject(refused);
    }
  }
});

it('takes what has its dimensions, a frame and other measures for a row of another definition', () => {
  const nulls = Object.fromEntries(report.columns.map(({ name }) => [name, null]));
  const row = { ...nulls, ...OTHERS, takings: 1, frame: 5 };
  const { takings: _, ...lacking } = row;
  expect(readText(JSON.stringify(row))).toMatchObject({ frame: 5 });
  for (const other of [lacking, { ...row, takings: null }, { ...row, beds: 0.5 }]) {
    expect(readText(JSON.stringify(other))).toBeUndefined();
  }
  const { frame: _frame, ...foreign } = lacking;
  expect(readText(JSON.stringify(foreign))).toMatchObject({ field: 'takings' });
  expect(readText(JSON.stringify({ ...row, rooms: 'none' }))).toMatchObject({ field: 'rooms' });
});

it('reads a row that was kept by another definition, null where that had another measure or none', () => {
  const text = '{"day": "2026-01-01", "order": "o", "cost": 12345678901.000001, "takings": "gone", "beds": 0.5}';
  const row = storedRow(report, text);
  expect(Object.keys(row)).toEqual(report.columns.map(({ name }) => name));
  expect(row).toMatchObject({ order: 'o', cost: 12_345_678_901_000_001n, takings: null, beds: null, records: null });
});
