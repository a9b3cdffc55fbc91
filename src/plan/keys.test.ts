import { describe, expect, it } from 'vitest';
import { dailyPuRev, dailyRecords, daybook } from '../../daybook.config.ts';
import { defineDashboard, numberTile } from '../definition/dashboard.ts';
import type { Definition } from '../definition/daybook.ts';
import { text } from '../definition/fields.ts';
import { count } from '../definition/measures.ts';
import type { Report } from '../definition/report.ts';
import { defineReport } from '../definition/report.ts';
import { makePlan } from './normalise.ts';

/** What nobody has type-checked. */
const unchecked = (options: object): object => options;

function reportOf(options: object): Definition {
  const visits = { name: 'visits', dimensions: ['ts_date'], measures: { n: count() }, ...options } as const;
  return { ...daybook, reports: [...daybook.reports, defineReport(dailyRecords, visits)] };
}

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
      "report 'visits': it has no 'measures'",
    ]);
    expect(mistakesIn({ ...daybook, reports: [undefined as unknown as Report] })).toEqual([
      'report 1: it is undefined',
    ]);
  });
});
