import { describe, expect, it } from 'vitest';
import { dailyAddress, dailyRecords, daybook } from '../../daybook.config.ts';
import { TILES_MAX, barTile } from '../definition/dashboard.ts';
import type { Definition } from '../definition/daybook.ts';
import { decimal, integer, number, text } from '../definition/fields.ts';
import { avg, count, countDistinct, ratio, sum } from '../definition/measures.ts';
import type { Condition, Report } from '../definition/report.ts';
import { defineReport } from '../definition/report.ts';
import { dailyClose, fakeData } from '../definition/schedules.ts';
import { makePlan } from './normalise.ts';

/** The furniture store with one more report, which need not be right. */
function withReport(report: Partial<Report>): Definition {
  const base: Report = {
    name: 'extra',
    title: '',
    stream: dailyRecords,
    dimensions: ['ts_date'],
    measures: { n: count() },
    where: {},
  };
  return { ...daybook, reports: [...daybook.reports, { ...base, ...report }] };
}

describe('a plan', () => {
  it('has the furniture store’s reports with their columns in order', () => {
    const plan = makePlan(daybook);
    expect(
      plan.reports.map((report) => [report.name, ...report.columns.map(({ name, kind }) => `${name} ${kind}`)]),
    ).toEqual([
      ['daily_pu_rev', 'ts_date date', 'daily_pu integer', 'daily_rev decimal', 'daily_profit decimal'],
      [
        'daily_category_product',
        'ts_date date',
        'category text',
        'sub_category text',
        'product_name text',
        'daily_quantity integer',
        'daily_rev decimal',
        'daily_profit decimal',
      ],
      ['daily_address', 'ts_date date', 'latitude number', 'longitude number', 'daily_pu integer'],
    ]);
  });

  it('takes a report in with nothing but its definition', () => {
    const bySegment = defineReport(dailyRecords, {
      name: 'daily_segment',
      dimensions: ['ts_date', 'segment'],
      measures: {
        sales: count(),
        daily_rev: sum('revenue'),
        basket: avg('revenue'),
        margin: ratio('daily_rev', 'sales'),
      },
      where: { quantity: { atLeast: 2 }, discount: { below: 0.5 }, category: ['Furniture', 'Technology'] },
    });
    const plan = makePlan({ ...daybook, reports: [...daybook.reports, bySegment] });
    expect(plan.reports.at(-1)?.where.map(({ field, test, values }) => [field.name, test, values])).toEqual([
      ['quantity', 'atLeast', [2]],
      ['discount', 'below', [0.5]],
      ['category', 'in', ['Furniture', 'Technology']],
    ]);
  });

  it('keeps its fingerprint when only words change, and changes it with a report', () => {
    const plan = makePlan(daybook);
    const renamed = makePlan({ ...daybook, dashboard: { ...daybook.dashboard, title: 'Another' } });
    expect(renamed.fingerprint).toBe(plan.fingerprint);
    expect(makePlan(withReport({})).fingerprint).not.toBe(plan.fingerprint);
  });

  it.each<[string, Partial<Report>, string]>([
    [
      'an unknown field',
      { measures: { rev: sum('revenu') } },
      "report 'extra': measure 'rev': 'revenu' is not a field",
    ],
    [
      'a sum of text',
      { measures: { rev: sum('city') } },
      "report 'extra': measure 'rev': sum of 'city' needs a field of kind integer, decimal; it is text",
    ],
    [
      'a sum of a float',
      { measures: { rev: sum('latitude') } },
      "sum of 'latitude' needs a field of kind integer, decimal; it is number",
    ],
    ['a count of moments', { measures: { n: countDistinct('ts') } }, "countDistinct of 'ts' needs"],
    ['no measures', { measures: {} }, "report 'extra': it has no measures"],
    ['an unknown dimension', { dimensions: ['ts_date', 'town'] }, "report 'extra': dimension 'town' is not a field"],
    [
      'a report that is not by day',
      { dimensions: ['city'] },
      "report 'extra': its first dimension must be the business date 'ts_date'",
    ],
    ['a column named as what each row carries', { measures: { frame: count() } }, "'frame' cannot be a column"],
    ['a name twice', { measures: { ts_date: count() } }, "report 'extra': two of its columns are named 'ts_date'"],
    ["the stream's name", { name: 'daily_records' }, "report 'daily_records': the stream has that name"],
    ['two reports of one name', { name: 'daily_address' }, "two reports are named 'daily_address'"],
    [
      'a ratio of nothing',
      { measures: { r: ratio('a', 'b'), a: count() } },
      "measure 'r': 'b' is not a measure of this report",
    ],
    ['a wrong where', { where: { town: 'Paris' } }, "report 'extra': where 'town': that is not a field"],
    ['a where of another type', { where: { city: 7 } }, "report 'extra': where 'city': 7 is no text"],
    ['a where of a day that is none', { where: { ts_date: { atLeast: '2024-02-30' } } }, '"2024-02-30" is no date'],
    ['a where of no day at all', { where: { ts_date: { not: '1st of May' } } }, '"1st of May" is no date'],
    [
      'a where of a number that is none',
      { where: { quantity: { above: NaN } } },
      "where 'quantity': NaN is no integer",
    ],
    [
      'a where of a decimal that none can be',
      { where: { price: { atMost: 1e300 } } },
      "where 'price': 1e+300 is no decimal: those are from -9007199254.740991 to 9007199254.740991",
    ],
    ['a where of a part of a piece', { where: { quantity: [1, 2.5] } }, "where 'quantity': 2.5 is no integer"],
    ['a where that says nothing', { where: { price: {} } }, "where 'price': it compares with nothing; use above, "],
    ['a where of no value', { where: { city: { not: [] } } }, "where 'city': its list is empty; name a value"],
    [
      'a where that says two things',
      { where: { price: { not: 5, atLeast: 1 } } },
      "where 'price': 'not' stands alone; leave it or 'atLeast' out",
    ],
    [
      'a where that no record can meet',
      { where: { price: { atLeast: 5, atMost: 1 } } },
      "where 'price': it lets no record through: nothing from 0 to 9007199254.740991, which is what 'price' takes, is " +
        'atLeast 5 and atMost 1; widen it, or leave it out',
    ],
    [
      'a where between two whole numbers',
      { where: { quantity: { above: 1.5, below: 2 } } },
      "nothing from 1 to 1000000, which is what 'quantity' takes, is above 1.5 and below 2;",
    ],
    [
      'a where beyond the bounds of its field',
      { where: { quantity: { above: 1_000_000 } } },
      "nothing from 1 to 1000000, which is what 'quantity' takes, is above 1000000;",
    ],
    [
      'a where of values that its field does not take',
      { where: { discount: [2, 3] } },
      "nothing from 0 to 1, which is what 'discount' takes, is 2 or 3;",
    ],
    [
      'a where of floats that no record can meet',
      { where: { latitude: { above: 5, atMost: 5 } } },
      "nothing from -90 to 90, which is what 'latitude' takes, is above 5 and atMost 5;",
    ],
    [
      'a where of days that no record can meet',
      { where: { ts_date: { atLeast: '2026-02-01', below: '2026-02-01' } } },
      "where 'ts_date': it lets no record through: no day is atLeast 2026-02-01 and below 2026-02-01; widen it, or leave",
    ],
    [
      'a comparison that there is not',
      { where: { segment: { equals: 'Consumer' } as Condition } },
      "where 'segment': 'equals' is no comparison; write the value itself or a list of values, or use above, atLeast, below, " +
        'atMost or not',
    ],
    ['a comparison of texts', { where: { city: { above: 'A' } } }, "where 'city': a text is compared by value only"],
    [
      "the name of a topic of Daybook's own",
      { name: 'daily_records_days' },
      "report 'daily_records_days': Daybook has a topic of that name",
    ],
    ['a bad name', { name: 'Daily Rev' }, "report 'Daily Rev': 'Daily Rev' is no name"],
  ])('is refused for %s, in a sentence that names report and field', (_what, report, sentence) => {
    expect(() => makePlan(withReport(report))).toThrow(sentence);
  });

  it.each(['from', 'to', 'search', 'sort', 'limit', 'offset', 'format', 'extent', 'by', 'measure', 'trend'])(
    'is refused for a dimension by the name of a parameter of the API: %s',
    (name) => {
      const stream = { ...dailyRecords, fields: { ...dailyRecords.fields, [name]: text() } };
      const definition = withReport({ dimensions: ['ts_date', name] });
      expect(() => makePlan({ ...definition, stream })).toThrow(
        `report 'extra': dimension '${name}' has the name of a parameter by which the API is asked for rows`,
      );
      // A field may be named so that no report has for a dimension.
      makePlan({ ...withReport({ measures: { n: countDistinct(name) } }), stream });
    },
  );

  it('is refused for a tile with a format that is none', () => {
    const tile = { kind: 'number', title: 'Odd', report: 'daily_pu_rev', measure: 'daily_pu', format: 'cnt' } as const;
    const dashboard = { ...daybook.dashboard, tiles: [tile as unknown as (typeof daybook.dashboard.tiles)[number]] };
    expect(() => makePlan({ ...daybook, dashboard })).toThrow(
      "dashboard tile 'Odd': its format is 'cnt'; it must be count or money",
    );
  });

  it('is refused for more tiles than a page can ask for', () => {
    const tile = {
      kind: 'number',
      title: 'Sales',
      report: 'daily_pu_rev',
      measure: 'daily_pu',
      format: 'count',
    } as const;
    const withTiles = (length: number): Definition => {
      const tiles = Array.from({ length }, (_, index) => ({ ...tile, title: `Sales ${index}` }));
      return { ...daybook, dashboard: { ...daybook.dashboard, tiles } };
    };
    makePlan(withTiles(TILES_MAX));
    expect(() => makePlan(withTiles(TILES_MAX + 1))).toThrow(
      'the dashboard has 101 tiles; a page asks for all of them at once, so there may be 100',
    );
  });

  it('is refused for a tile that shows what is not there', () => {
    const tile = {
      kind: 'number',
      title: 'Lost',
      report: 'daily_address',
      measure: 'daily_rev',
      format: 'money',
    } as const;
    const dashboard = { ...daybook.dashboard, tiles: [tile] };
    expect(() => makePlan({ ...daybook, dashboard })).toThrow(
      "dashboard tile 'Lost': report 'daily_address' has no measure 'daily_rev'; it has daily_pu",
    );
  });

  it('is refused once for an axis that is no dimension, with those that are', () => {
    const tile = barTile(dailyAddress, 'daily_pu', { title: 'Lost', format: 'count', x: 'place' as 'latitude' });
    const dashboard = { ...daybook.dashboard, tiles: [tile] };
    expect(() => makePlan({ ...daybook, dashboard })).toThrow(
      /is wrong: dashboard tile 'Lost': report 'daily_address' has no dimension 'place'; it has ts_date, latitude, longitude\.$/,
    );
  });

  it('is refused for a number that is no sum and of a report with several rows a day', () => {
    const measures = { sales: count(), buyers: countDistinct('customer_id'), basket: avg('revenue') };
    const withNumber = (measure: string, dimensions: readonly string[]): Definition => {
      const tile = { kind: 'number', title: 'Figure', report: 'extra', measure, format: 'count' } as const;
      return { ...withReport({ dimensions, measures }), dashboard: { ...daybook.dashboard, tiles: [tile] } };
    };
    for (const [measure, kind] of [
      ['buyers', 'countDistinct'],
      ['basket', 'avg'],
    ] as const) {
      expect(() => makePlan(withNumber(measure, ['ts_date', 'segment']))).toThrow(
        `dashboard tile 'Figure': a number is of a whole day, and '${measure}' (${kind}) cannot be had from the rows that ` +
          "'extra' has of one; take a sum or a count, or a report whose only dimension is 'ts_date'",
      );
      expect(() => makePlan(withNumber(measure, ['ts_date']))).not.toThrow();
    }
    expect(() => makePlan(withNumber('sales', ['ts_date', 'segment']))).not.toThrow();
  });

  it('is refused for a schedule that names no time, no folder, or no sales', () => {
    const schedules = [dailyClose({ exportTo: '', cron: 'nightly' }), fakeData({ perDay: 0 })];
    expect(() => makePlan({ ...daybook, schedules })).toThrow(
      /schedule 1 \(dailyClose\): its cron is 'nightly'.*exportTo names no folder.*schedule 2 \(fakeData\): its perDay is 0/,
    );
  });

  it('is refused for a stream that cannot be', () => {
    const stream = { ...dailyRecords, timeZone: 'Mars/Olympus', currency: 'dollars', primaryKey: 'city_' };
    expect(() => makePlan({ ...daybook, stream })).toThrow(
      /primary key.*time zone 'Mars\/Olympus'.*'dollars' is no currency/,
    );
  });

  it.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'is refused for a text of at most %d characters',
    (maxLength) => {
      const stream = { ...dailyRecords, fields: { ...dailyRecords.fields, city: text({ maxLength }) } };
      expect(() => makePlan({ ...daybook, stream })).toThrow(
        `stream 'daily_records': field 'city': maxLength is ${maxLength}; it must be a whole number from 1 on`,
      );
    },
  );

  it.each([
    ['max', Infinity, integer({ max: Infinity })],
    ['max', Infinity, decimal({ max: Infinity })],
    ['min', -Infinity, number({ min: -Infinity })],
    ['min', NaN, integer({ min: NaN })],
  ])('is refused for a field whose %s is %d', (which, bound, field) => {
    const stream = { ...dailyRecords, fields: { ...dailyRecords.fields, extra: field } };
    expect(() => makePlan({ ...daybook, stream })).toThrow(
      `stream 'daily_records': field 'extra': ${which} is ${bound}; it must be a finite number, or left out`,
    );
  });

  it.each([
    [decimal({ min: 1e300 }), 'its min is 1e+300; a decimal is from -9007199254.740991 to 9007199254.740991'],
    [decimal({ max: -1e10 }), 'its max is -10000000000; a decimal is from -9007199254.740991 to 9007199254.740991'],
    [integer({ min: 1e16 }), 'its min is 10000000000000000; an integer is from -9007199254740991 to 9007199254740991'],
    [integer({ min: 1.5, max: 1.7 }), 'no integer is from its min 1.5 to its max 1.7'],
    [number({ min: 1, max: 0 }), 'its min 1 is above its max 0'],
  ])('is refused for a field that no record can have', (field, sentence) => {
    const stream = { ...dailyRecords, fields: { ...dailyRecords.fields, extra: field } };
    expect(() => makePlan({ ...daybook, stream })).toThrow(`stream 'daily_records': field 'extra': ${sentence}`);
  });

  it('is refused for the bounds of a field alone where those make a where impossible', () => {
    const fields = { ...dailyRecords.fields, price: decimal({ max: -Infinity }) };
    const { stream: _, ...rest } = withReport({ where: { price: 5, revenue: { above: 1 } } });
    expect(() => makePlan({ ...rest, stream: { ...dailyRecords, fields } })).toThrow(
      /^The definition is wrong: stream 'daily_records': field 'price': max is -Infinity; it must be a finite number, or left out\.$/,
    );
  });

  it('takes every where that a record can meet', () => {
    const where: Report['where'] = {
      ts_date: { above: '2026-01-31', atMost: '2026-02-01' },
      quantity: { above: 1.5, below: 2.5 },
      price: { atLeast: 5, atMost: 5 },
      discount: [0, 2],
      revenue: { above: 0, below: 0.000_002 },
      latitude: [null],
      longitude: { not: 200 },
    };
    expect(makePlan(withReport({ where })).reports.at(-1)?.where).toHaveLength(11);
  });

  it('takes no bound for wider than what is exact', () => {
    const fields = {
      ...dailyRecords.fields,
      money: decimal({ min: -1e308, max: 1e308 }),
      pieces: integer({ max: 1e300 }),
    };
    const plan = makePlan({ ...daybook, stream: { ...dailyRecords, fields } });
    const boundsOf = (name: string): unknown => {
      const field = plan.stream.fields.find((each) => each.name === name);
      return [field?.min, field?.max];
    };
    expect(boundsOf('money')).toEqual([-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    expect(boundsOf('pieces')).toEqual([-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  });
});
