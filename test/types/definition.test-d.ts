import {
  avg,
  count,
  countDistinct,
  date,
  decimal,
  defineReport,
  defineStream,
  integer,
  min,
  number,
  numberTile,
  ratio,
  sum,
  text,
  timestamp,
  uuid,
} from 'daybook';
import type { RecordOf, RowOf } from 'daybook';
import { describe, expectTypeOf, it } from 'vitest';
import type { dailyAddress, dailyCategoryProduct, dailyPuRev } from '../../daybook.config.ts';
import { dailyRecords } from '../../daybook.config.ts';

describe("rows are typed from the shop's definition", () => {
  it('a day of daily_pu_rev', () => {
    expectTypeOf<RowOf<typeof dailyPuRev>>().toEqualTypeOf<{
      readonly ts_date: string;
      readonly daily_pu: number;
      readonly daily_rev: number;
      readonly daily_profit: number;
    }>();
  });

  it('a product of daily_category_product', () => {
    expectTypeOf<RowOf<typeof dailyCategoryProduct>>().toEqualTypeOf<{
      readonly ts_date: string;
      readonly category: string;
      readonly sub_category: string;
      readonly product_name: string;
      readonly daily_quantity: number;
      readonly daily_rev: number;
      readonly daily_profit: number;
    }>();
  });

  it('a place of daily_address, whose coordinates may be null', () => {
    expectTypeOf<RowOf<typeof dailyAddress>>().toEqualTypeOf<{
      readonly ts_date: string;
      readonly latitude: number | null;
      readonly longitude: number | null;
      readonly daily_pu: number;
    }>();
  });

  it('an average or a ratio may be null', () => {
    const report = defineReport(dailyRecords, {
      name: 'margins',
      dimensions: ['ts_date', 'segment'],
      measures: {
        sales: count(),
        rev: sum('revenue'),
        cheapest: min('price'),
        usual: avg('price'),
        each: ratio('rev', 'sales'),
      },
      where: { segment: ['Consumer', 'Corporate'], quantity: { atLeast: 2 } },
    });
    expectTypeOf<RowOf<typeof report>>().toEqualTypeOf<{
      readonly ts_date: string;
      readonly segment: string;
      readonly sales: number;
      readonly rev: number;
      readonly cheapest: number;
      readonly usual: number | null;
      readonly each: number | null;
    }>();
  });
});

describe('records are typed from the stream', () => {
  it('the shop', () => {
    type Sale = RecordOf<typeof dailyRecords>;
    expectTypeOf<Sale['ts_id']>().toEqualTypeOf<string>();
    expectTypeOf<Sale['quantity']>().toEqualTypeOf<number>();
    expectTypeOf<Sale['revenue']>().toEqualTypeOf<number>();
    expectTypeOf<Sale['latitude']>().toEqualTypeOf<number | null>();
    // @ts-expect-error a record has no field `total`
    expectTypeOf<Sale['total']>().toEqualTypeOf<number>();
  });

  it('a stream of its own', () => {
    const visits = defineStream({
      name: 'visits',
      timeZone: 'Europe/Paris',
      currency: 'EUR',
      primaryKey: 'id',
      eventTime: 'at',
      businessDate: 'day',
      fields: { id: uuid(), at: timestamp(), day: date(), shop: text(), minutes: integer({ nullable: true }) },
    });
    expectTypeOf<RecordOf<typeof visits>>().toEqualTypeOf<{
      readonly id: string;
      readonly at: string;
      readonly day: string;
      readonly shop: string;
      readonly minutes: number | null;
    }>();
  });
});

describe('a wrong name does not compile', () => {
  it('in a measure', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error the stream has no field `revenu`
      measures: { rev: sum('revenu') },
    });
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error the stream has no field `customer`
      measures: { pu: countDistinct('customer') },
    });
  });

  it('in a measure of a kind that cannot be summed', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error a text is not summed
      measures: { rev: sum('segment') },
    });
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error a float is grouped by, never summed
      measures: { north: sum('latitude') },
    });
  });

  it('of a uuid or a moment, which are neither grouped by nor counted nor compared', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      // @ts-expect-error a row for each moment is no report
      dimensions: ['ts_date', 'ts'],
      measures: { sales: count() },
    });
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error a uuid is not counted
      measures: { orders: countDistinct('ts_id') },
    });
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      measures: { sales: count() },
      // @ts-expect-error a uuid is not compared
      where: { ts_id: '7ee2b39b-e3d4-4cc7-9e4b-9e4b39cd1a4c' },
    });
  });

  it('in an option that a field does not take', () => {
    // @ts-expect-error a day is always there
    date({ nullable: true });
    // @ts-expect-error a uuid has no length
    uuid({ maxLength: 36 });
    // @ts-expect-error a text has no bounds
    text({ min: 3 });
  });

  it('in a ratio', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      // @ts-expect-error `sale` is not one of the report's measures
      measures: { rev: sum('revenue'), sales: count(), each: ratio('rev', 'sale') },
    });
  });

  it('in a dimension', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      // @ts-expect-error the stream has no field `categori`
      dimensions: ['ts_date', 'categori'],
      measures: { sales: count() },
    });
  });

  it('in where, or with a value of another type', () => {
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      measures: { sales: count() },
      // @ts-expect-error the stream has no field `segmnt`
      where: { segmnt: 'Consumer' },
    });
    defineReport(dailyRecords, {
      name: 'wrong',
      dimensions: ['ts_date'],
      measures: { sales: count() },
      // @ts-expect-error a quantity is a number
      where: { quantity: 'two' },
    });
  });

  it('in a stream', () => {
    defineStream({
      name: 'visits',
      timeZone: 'Europe/Paris',
      currency: 'EUR',
      // @ts-expect-error a primary key is a uuid or a text
      primaryKey: 'price',
      eventTime: 'at',
      businessDate: 'day',
      fields: { id: uuid(), at: timestamp(), day: date(), price: decimal(), north: number() },
    });
  });

  it('in a tile', () => {
    const report = defineReport(dailyRecords, {
      name: 'visits',
      dimensions: ['ts_date'],
      measures: { sales: count() },
    });
    numberTile(report, 'sales', { title: 'Sales', format: 'count' });
    // @ts-expect-error the report has no measure `sale`
    numberTile(report, 'sale', { title: 'Sales', format: 'count' });
  });
});
