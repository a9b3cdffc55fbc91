import type { Report } from './report.ts';

type MeasureName<R extends Report> = keyof R['measures'] & string;

/** A part of a dashboard. Reports and measures go by their names, so that a dashboard is plain data. */
export type Tile =
  | {
      /** The newest day's value, its change against the day before, and a trend line. */
      readonly kind: 'number';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: Format;
    }
  | {
      /** A report's rows with one measure, newest day first and then the largest. */
      readonly kind: 'table';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: Format;
    }
  | {
      /** A line, or one for each value of `series`, along a dimension; values that share a point are summed. */
      readonly kind: 'line';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: Format;
      readonly x: string;
      readonly series: string | null;
    }
  | {
      /** A bar for each value of a dimension, the largest first unless it is a number or a date, in parts by `series`. */
      readonly kind: 'bar';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly format: Format;
      readonly x: string;
      readonly series: string | null;
    }
  | {
      /** Places, clustered; a cluster's number is the sum of the measure. */
      readonly kind: 'map';
      readonly title: string;
      readonly report: string;
      readonly measure: string;
      readonly latitude: string;
      readonly longitude: string;
    };

/** So many tiles' questions, with filters, fit into the one request in which a page asks them. */
export const TILES_MAX = 100;

/** A page of tiles, in reading order. */
export interface Dashboard {
  readonly title: string;
  /** At most 100. */
  readonly tiles: readonly Tile[];
}

/** Defines a dashboard. */
export function defineDashboard(dashboard: Dashboard): Dashboard {
  return dashboard;
}

/** How a tile shows its values: as numbers, or in the stream's currency. */
export const FORMATS = ['count', 'money'] as const;

type Format = (typeof FORMATS)[number];

/** A tile with the newest day's value of a measure: a row of a report by day alone, or a sum or a count over a day's rows. */
export function numberTile<R extends Report>(
  report: R,
  measure: MeasureName<R>,
  options: { readonly title: string; readonly format: Format },
): Tile {
  return { kind: 'number', report: report.name, measure, ...options };
}

/** A tile with a report's rows and one of its measures. */
export function tableTile<R extends Report>(
  report: R,
  measure: MeasureName<R>,
  options: { readonly title: string; readonly format: Format },
): Tile {
  return { kind: 'table', report: report.name, measure, ...options };
}

interface AxisOptions<R extends Report> {
  readonly title: string;
  readonly format: Format;
  /** What lies along the axis: a dimension of the report. */
  readonly x: R['dimensions'][number];
  /** A dimension with a few values, each with a line or a part of its own. */
  readonly series?: R['dimensions'][number];
}

/** A tile with a measure as a line along a dimension, such as the business date. */
export function lineTile<R extends Report>(report: R, measure: MeasureName<R>, options: AxisOptions<R>): Tile {
  return { kind: 'line', report: report.name, measure, ...options, series: options.series ?? null };
}

/** A tile with a measure as bars, one for each value of a dimension. */
export function barTile<R extends Report>(report: R, measure: MeasureName<R>, options: AxisOptions<R>): Tile {
  return { kind: 'bar', report: report.name, measure, ...options, series: options.series ?? null };
}

/** A tile with a report's places. */
export function mapTile<R extends Report>(
  report: R,
  measure: MeasureName<R>,
  options: {
    readonly title: string;
    readonly latitude: R['dimensions'][number];
    readonly longitude: R['dimensions'][number];
  },
): Tile {
  return { kind: 'map', report: report.name, measure, ...options };
}
