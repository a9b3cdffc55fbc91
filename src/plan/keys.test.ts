import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dailyPuRev, dailyRecords, daybook } from '../../daybook.config.ts';
import { barTile, defineDashboard, numberTile } from '../definition/dashboard.ts';
import type { Definition } from '../definition/daybook.ts';
import { date, decimal, integer, text, timestamp, uuid } from '../definition/fields.ts';
import { count, ratio } from '../definition/measures.ts';
import type { Report } from '../definition/report.ts';
import { defineReport } from '../definition/report.ts';
import { dailyClose, fakeData } from '../definition/schedules.ts';
import { DaybookError } from '../base/errors.ts';
import { everyMeasure } from '../../test/definitions/every-measure.ts';
import { makePlan } from './normalise.ts';

/** What nobody has type-checked. */
const unchecked = (options: object): Record<string, never> => options as Record<string, never>;

function reportOf(options: object): Definition {
  const visits = { name: 'visits', dimensions: ['ts_date'], measures: { n: count() }, ...options } as const;
  return { ...daybook, reports: [...daybook.reports, defineReport(dailyRecords, visits)] };
}

/** What JSON cannot print. */
const itself: Record<string, unknown> = {};
itself['self'] = itself;
/** A list that has nothing in its first place. */
const holed = (value: unknown): readonly unknown[] => Object.assign([], { 1: value });

function mistakesIn(definition: Definition): readonly unknown[] {
  try {
    makePlan(definition);
  } catch (error) {
    if (error instanceof Error && 'details' in error) return (error.details as { mistakes: string[] }).mistakes;
    throw error;
  }
  return [];
}

describe('an unknown key is refused, with the nearest that is known', () => {
  it.each([
    ['filter', 'where'],
    ['wehre', 'where'],
    ['Measures', 'measures'],
    ['groupBy', 'dimensions'],
    ['titel', 'title'],
  ])("in a report, '%s' for '%s'", (key, known) => {
    expect(mistakesIn(reportOf({ [key]: {} }))).toEqual([
      `report 'visits': unknown key '${key}'; did you mean '${known}'?`,
    ]);
  });

  it('or all that are, when none is near', () => {
    expect(mistakesIn(reportOf({ colour: 'red' }))).toEqual([
      "report 'visits': unknown key 'colour'; it takes name, title, dimensions, measures, where",
    ]);
  });

  it('in a stream, a field, a dashboard and a tile', () => {
    const fields = { ...dailyRecords.fields, segment: text(unchecked({ maxLenght: 3 })) };
    const stream = { ...dailyRecords, lateness: 3, fields };
    const tile = { ...numberTile(dailyPuRev, 'daily_pu', { title: 'Customers', format: 'count' }), colour: 'red' };
    const dashboard = { title: 'Daily report', tiles: [tile], charts: [] };
    const definition = { ...daybook, stream, dashboard: defineDashboard(dashboard), page: 1 };
    expect(mistakesIn(definition)).toEqual([
      "daybook: unknown key 'page'; it takes stream, reports, dashboard, schedules",
      "stream 'daily_records': unknown key 'lateness'; did you mean 'latenessDays'?",
      "stream 'daily_records': field 'segment': unknown key 'maxLenght'; did you mean 'maxLength'?",
      "dashboard: unknown key 'charts'; did you mean 'tiles'?",
      "dashboard tile 'Customers': unknown key 'colour'; it takes title, format",
    ]);
  });
});

describe('what must be there and is not', () => {
  it('is named, before anything is made of what is there', () => {
    expect(mistakesIn(reportOf({ measures: undefined, measure: { n: count() } }))).toEqual([
      "report 'visits': unknown key 'measure'; did you mean 'measures'?",
      "report 'visits': it has no 'measures', which must be an object",
    ]);
    expect(mistakesIn({ ...daybook, reports: [undefined as unknown as Report] })).toEqual([
      'report 1: it is undefined',
    ]);
  });

  it('is told with what it must be', () => {
    const tile = barTile(dailyPuRev, 'daily_pu', unchecked({ title: 'Customers' }) as never);
    const stream = { ...dailyRecords, eventTime: undefined as unknown as string };
    expect(mistakesIn({ ...daybook, stream, dashboard: { title: 'Daily report', tiles: [tile] } })).toEqual([
      "stream 'daily_records': it has no 'eventTime', which must be the name of one of the stream's fields",
      "dashboard tile 'Customers': it has no 'format', which must be count or money",
      "dashboard tile 'Customers': it has no 'x', which must be the name of one of its report's dimensions",
    ]);
  });
});

function fieldOf(field: unknown): Definition {
  return { ...daybook, stream: { ...dailyRecords, fields: { ...dailyRecords.fields, extra: field } } } as Definition;
}

describe('what a field of its kind does not take', () => {
  it.each([
    ['a date that may be null', date(unchecked({ nullable: true })), "unknown key 'nullable'; it takes nothing"],
    ['a moment that may be null', timestamp(unchecked({ nullable: true })), "unknown key 'nullable'; it takes nothing"],
    ['a uuid in quotes', uuid(unchecked({ quoted: true })), "unknown key 'quoted'; it takes nothing"],
    ['a text of bounds', text(unchecked({ min: 3 })), "unknown key 'min'; it takes nullable, maxLength"],
    ['a quoted text', text(unchecked({ quoted: true })), "unknown key 'quoted'; it takes nullable, maxLength"],
    [
      'an integer of a length',
      integer(unchecked({ maxLength: 3 })),
      "unknown key 'maxLength'; it takes nullable, min, max",
    ],
    ['a quoted integer', integer(unchecked({ quoted: true })), "unknown key 'quoted'; it takes nullable, min, max"],
    ['a nullable "yes"', integer(unchecked({ nullable: 'yes' })), '\'nullable\' is "yes"; it must be true or false'],
    ['a nullable null', text(unchecked({ nullable: null })), "'nullable' is null; it must be true or false"],
    ['a bound in quotes', decimal(unchecked({ min: '3' })), '\'min\' is "3"; it must be a number'],
    ['a length in quotes', text(unchecked({ maxLength: '3' })), '\'maxLength\' is "3"; it must be a number'],
    ['a maker that was not called', text, 'it is the function text; call it: text()'],
    [
      'a kind that is none',
      { ...text(), kind: 'string' },
      'its kind is "string"; there are uuid, text, timestamp, date, integer, decimal, number',
    ],
  ])('is refused: %s', (_, field, sentence) => {
    expect(mistakesIn(fieldOf(field))).toEqual([`stream 'daily_records': field 'extra': ${sentence}`]);
  });

  it('is taken where it is as it would be anyway', () => {
    const options = unchecked({ nullable: false, quoted: false, min: undefined, maxLength: 1000 });
    for (const maker of [text, date, integer]) expect(mistakesIn(fieldOf(maker(options)))).toEqual([]);
  });
});

describe('what is of another kind than it must be', () => {
  it.each([
    ['dimensions', { dimensions: 'ts_date' }, '\'dimensions\' is "ts_date"; it must be a list of texts'],
    ['a dimension', { dimensions: ['ts_date', 5] }, '\'dimensions\' is ["ts_date",5]; it must be a list of texts'],
    ['measures', { measures: [count()] }, '\'measures\' is [{"kind":"count"}]; it must be an object'],
    ['a measure that is not there', { measures: { c: undefined } }, "measure 'c': it is undefined"],
    [
      'a measure that was not called',
      { measures: { c: count } },
      "measure 'c': it is the function count; call it: count()",
    ],
    [
      'a measure that there is not',
      { measures: { c: { kind: 'median', field: 'city' } } },
      'measure \'c\': its kind is "median"; there are count, sum, avg, min, max, countDistinct, ratio',
    ],
    [
      'a measure of nothing',
      { measures: { c: { kind: 'sum' } } },
      "measure 'c': it has no 'field', which must be the name of one of the stream's fields",
    ],
    [
      'a ratio of what every object has',
      { measures: { c: count(), r: ratio('constructor', 'c') } },
      "measure 'r': 'constructor' is not a measure of this report; it has c, r",
    ],
    ['a title', { title: 7 }, "'title' is 7; it must be a text"],
    ['where', { where: ['city'] }, '\'where\' is ["city"]; it must be an object'],
    [
      'a BigInt in a list',
      { dimensions: ['ts_date', 1n] },
      '\'dimensions\' is ["ts_date",1n]; it must be a list of texts',
    ],
    [
      'a hole in a list',
      { dimensions: holed('ts_date') },
      '\'dimensions\' is [undefined,"ts_date"]; it must be a list of texts',
    ],
    ['what holds itself', { title: itself }, '\'title\' is {"self":…}; it must be a text'],
    ['a BigInt to compare with', { where: { quantity: { atLeast: 1n } } }, "where 'quantity': 1n is no integer"],
    ['a BigInt among values', { where: { city: ['x', 1n] } }, "where 'city': 1n is no text"],
    ['a hole among values', { where: { city: holed('x') } }, "where 'city': undefined is no text"],
    [
      'a moment',
      { where: { city: new Date(NaN) } },
      "where 'city': it compares with nothing; use above, atLeast, below, atMost or not, or leave it out",
    ],
    ['a value that holds itself', { where: { city: { not: itself } } }, 'where \'city\': {"self":…} is no text'],
  ])('is refused in a report: %s', (_, options, sentence) => {
    expect(mistakesIn(reportOf(options))).toEqual([`report 'visits': ${sentence}`]);
  });

  it('is refused in a tile, a schedule, and where those are', () => {
    const tile = { kind: 'pie', title: 'Sales', report: 'daily_pu_rev', measure: 'daily_pu', format: 'count' };
    const wrong = {
      ...daybook,
      dashboard: { title: 'Daily report', tiles: [tile, numberTile] },
      schedules: [{ kind: 'hourly' }, { ...fakeData(), perDay: '7' }],
    } as unknown as Definition;
    expect(mistakesIn(wrong)).toEqual([
      'dashboard tile \'Sales\': its kind is "pie"; there are number, table, line, bar, map',
      'dashboard tile 2: it is the function numberTile; call it: numberTile()',
      'schedule 1: its kind is "hourly"; there are dailyClose, fakeData',
      'schedule 2: \'perDay\' is "7"; it must be a number',
    ]);
    const { reports: _, ...parts } = daybook;
    expect(mistakesIn({ ...parts, reports: holed(dailyPuRev) } as unknown as Definition)).toEqual([
      'report 1: it is undefined',
    ]);
    expect(mistakesIn({ ...parts, reports: { dailyPuRev } } as unknown as Definition)).toEqual([
      expect.stringMatching(/^daybook: 'reports' is \{"dailyPuRev":.*…; it must be a list$/),
    ]);
  });
});

describe('a definition that is damaged anywhere', () => {
  const whole = [{ ...daybook, schedules: [dailyClose({ exportTo: 'x' }), fakeData()] }, everyMeasure];
  const names = ['kind', 'constructor', 'toString', '__proto__', 'not', 'above', 'name', 'field', 'count', 'day'];
  const value = fc.oneof(
    fc.constantFrom(undefined, text, count, NaN, -Infinity, 1n, itself, new Date(NaN), Symbol('x'), ...names),
    fc.constantFrom(holed('city'), [1n], [itself], { not: 1n }, { atLeast: [itself] }, holed(1)),
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 1 })),
  );

  /** One thing in it is another: `steps` lead to it, each choosing among what there is, or to a member that is added. */
  function damaged(part: unknown, steps: readonly number[], name: string, by: unknown): unknown {
    const [step, ...rest] = steps;
    if (typeof part !== 'object' || part === null || step === undefined) return by;
    const keys = Object.keys(part);
    const key = step % (keys.length + 1) === keys.length ? name : (keys[step % (keys.length + 1)] ?? name);
    const members = new Map<string, unknown>(Object.entries(part));
    members.set(key, damaged(members.get(key), rest, name, by));
    return Array.isArray(part) ? [...members.values()] : Object.fromEntries(members);
  }

  it('gives a plan, or is refused as a wrong definition', () => {
    const steps = fc.array(fc.nat(1000), { maxLength: 7 });
    fc.assert(
      fc.property(fc.constantFrom(...whole), steps, fc.constantFrom(...names), value, (right, path, name, by) => {
        try {
          makePlan(damaged(right, path, name, by) as Definition);
        } catch (error) {
          expect(error).toBeInstanceOf(DaybookError);
          expect(error).toMatchObject({ code: 'DEFINITION_WRONG' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
