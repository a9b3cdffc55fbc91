import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { quotedName } from '../../base/sql-text.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Tile } from './words.ts';

/** Where the map's tiles are, as deploy/superset serves them from Superset itself: no key, no other server. */
const MAP_TILES = 'tile:///daybook-map/{z}/{x}/{y}.png';
/** The built-in dashboard's colour of customers. */
const DOT_COLOUR = { r: 31, g: 102, b: 168, a: 0.75 };
/** In pixels, whatever the zoom. */
const DOT_RADIUS_MIN = 3;
const DOT_RADIUS_MAX = 24;
/** A dot's area is so many times the measure's square metres, squared: countries are seen from far away. */
const DOT_METRES = 15_000;
const PAGE_ROWS = 10;
/** In pixels: room for a money value of nine digits on one line. */
const VALUE_WIDTH = 130;
const TREND_DAYS_MAX = 10_000;
const ROWS_MAX = 100_000;
const PLACES_MAX = 50_000;

type TileOf<K extends Tile['kind']> = Extract<Tile, { readonly kind: K }>;

/** Superset's chart of a tile. Source: the control panels of Superset 6.1's plugins for these types. */
export function chart(
  plan: Plan,
  report: ReportPlan,
  tile: Tile,
  ids: { readonly uuid: string; readonly datasetUuid: string },
): JsonObject {
  const { type, params } = chartOf(plan, report, tile);
  return {
    version: '1.0.0',
    uuid: ids.uuid,
    dataset_uuid: ids.datasetUuid,
    slice_name: tile.title,
    viz_type: type,
    params: { viz_type: type, ...params },
  };
}

function chartOf(plan: Plan, report: ReportPlan, tile: Tile): { readonly type: string; readonly params: JsonObject } {
  switch (tile.kind) {
    case 'number':
      return { type: 'big_number', params: numberParams(plan, tile) };
    case 'table':
      return { type: 'table', params: tableParams(plan, report, tile) };
    case 'line':
      return { type: 'echarts_timeseries_line', params: axisParams(plan, report, tile) };
    case 'bar':
      return {
        type: 'echarts_timeseries_bar',
        params: { ...axisParams(plan, report, tile), stack: tile.series === null ? null : 'Stack' },
      };
    case 'map':
      return { type: 'deck_scatter', params: mapParams(plan, tile) };
  }
}

/** The newest day's value, its date, its change against the day before, and a trend line. */
function numberParams(plan: Plan, tile: TileOf<'number'>): JsonObject {
  return {
    x_axis: plan.stream.businessDate.name,
    time_grain_sqla: 'P1D',
    metric: tile.measure,
    adhoc_filters: [anyDay(plan)],
    compare_lag: 1,
    compare_suffix: 'previous day',
    show_timestamp: true,
    time_format: '%a, %d %b %Y',
    show_trend_line: true,
    start_y_axis_at_zero: true,
    // Of more days than the newest ones that it draws, the trend is cut at its old end.
    row_limit: TREND_DAYS_MAX,
    y_axis_format: numberFormat(tile.format),
    currency_format: currencyFormat(plan, tile.format),
    header_font_size: 0.4,
    subheader_font_size: 0.15,
  };
}

/** All dimensions and the one measure; the newest day first, and then the most. */
function tableParams(plan: Plan, report: ReportPlan, tile: TileOf<'table'>): JsonObject {
  const date = plan.stream.businessDate.name;
  return {
    query_mode: 'aggregate',
    groupby: report.dimensions.map((field) => field.name),
    metrics: [tile.measure],
    adhoc_filters: [anyDay(plan)],
    temporal_columns_lookup: { [date]: true },
    time_grain_sqla: 'P1D',
    timeseries_limit_metric: newestThenMost(date, report, tile.measure),
    order_desc: true,
    server_pagination: true,
    server_page_length: PAGE_ROWS,
    row_limit: ROWS_MAX,
    include_search: true,
    show_cell_bars: true,
    allow_rearrange_columns: true,
    table_timestamp_format: '%Y-%m-%d',
    column_config: {
      [tile.measure]: {
        d3NumberFormat: numberFormat(tile.format),
        ...(tile.format === 'money' && { currencyFormat: currencyFormat(plan, tile.format) }),
        showCellBars: true,
        columnWidth: VALUE_WIDTH,
      },
    },
  };
}

/** The measure along a dimension, in as many lines or parts as the series has values; bars of texts the largest first. */
function axisParams(plan: Plan, report: ReportPlan, tile: TileOf<'line' | 'bar'>): JsonObject {
  const isText = report.dimensions.some(({ name, kind }) => name === tile.x && kind === 'text');
  const isLargestFirst = tile.kind === 'bar' && isText;
  return {
    x_axis: tile.x,
    time_grain_sqla: 'P1D',
    metrics: [tile.measure],
    groupby: tile.series === null ? [] : [tile.series],
    adhoc_filters: [anyDay(plan)],
    x_axis_sort: isLargestFirst ? tile.measure : null,
    x_axis_sort_asc: !isLargestFirst,
    x_axis_sort_series: isLargestFirst ? 'sum' : 'name',
    x_axis_sort_series_ascending: !isLargestFirst,
    x_axis_time_format: '%Y-%m-%d',
    tooltipTimeFormat: '%a, %d %b %Y',
    y_axis_format: numberFormat(tile.format),
    currency_format: currencyFormat(plan, tile.format),
    row_limit: ROWS_MAX,
    show_legend: tile.series !== null,
    rich_tooltip: true,
  };
}

/** A dot a place, its area by the measure. */
function mapParams(plan: Plan, tile: TileOf<'map'>): JsonObject {
  return {
    spatial: { type: 'latlong', latCol: tile.latitude, lonCol: tile.longitude },
    filter_nulls: true,
    adhoc_filters: [anyDay(plan)],
    row_limit: PLACES_MAX,
    mapbox_style: MAP_TILES,
    autozoom: true,
    viewport: { longitude: -96, latitude: 38, zoom: 3, bearing: 0, pitch: 0 },
    point_radius_fixed: { type: 'metric', value: tile.measure },
    point_unit: 'square_m',
    min_radius: DOT_RADIUS_MIN,
    max_radius: DOT_RADIUS_MAX,
    multiplier: DOT_METRES,
    color_picker: DOT_COLOUR,
    color_scheme_type: 'fixed_color',
    legend_position: null,
  };
}

/** Any time, until the dashboard's date filter says otherwise: it reaches a chart by this filter. */
function anyDay(plan: Plan): JsonObject {
  return {
    expressionType: 'SIMPLE',
    clause: 'WHERE',
    subject: plan.stream.businessDate.name,
    operator: 'TEMPORAL_RANGE',
    comparator: 'No filter',
  };
}

/** Superset puts DESC behind what rows are sorted by, which then is the second of the two. */
function newestThenMost(date: string, report: ReportPlan, measure: string): JsonObject {
  const column = quotedName(measure);
  return {
    expressionType: 'SQL',
    label: `newest ${report.name} first, then the most ${measure}`,
    sqlExpression: `MAX(${quotedName(date)}) DESC, MAX(${column})`,
    hasCustomLabel: true,
  };
}

function numberFormat(format: 'count' | 'money'): string {
  return format === 'money' ? ',.2f' : ',.6~f';
}

function currencyFormat(plan: Plan, format: 'count' | 'money'): JsonObject {
  return format === 'money' ? { symbol: plan.stream.currency, symbolPosition: 'prefix' } : {};
}
