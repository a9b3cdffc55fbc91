import type { Plan } from '../../plan/plan.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Tile } from './words.ts';
import { slugOf } from './words.ts';

/** Superset's grid is 12 columns wide; heights are in units of 8 px. */
const GRID_COLUMNS = 12;
const NUMBERS_IN_ROW = 4;
const WIDE_IN_ROW = 2;
const NUMBER_HEIGHT = 30;
const WIDE_HEIGHT = 66;
/** How often an open page asks again, in seconds. */
const REFRESH_SECONDS = 30;

/** A tile with the UUID of its chart. */
export interface PlacedTile {
  readonly tile: Tile;
  readonly chartUuid: string;
}

/**
 * The dashboard: tiles in reading order, a date filter that reaches all of them, and cross filters, by which a click on a
 * value in one chart filters the others.
 */
export function dashboardFile(
  dashboard: Plan['dashboard'],
  tiles: readonly PlacedTile[],
  ids: { readonly uuid: string; readonly filterId: string },
): JsonObject {
  return {
    version: '1.0.0',
    uuid: ids.uuid,
    dashboard_title: dashboard.title,
    slug: slugOf(dashboard.title),
    published: true,
    position: positionOf(dashboard.title, tiles),
    metadata: {
      native_filter_configuration: [dateFilter(ids.filterId)],
      // Above the tiles, which leaves them the whole width.
      filter_bar_orientation: 'HORIZONTAL',
      cross_filters_enabled: true,
      global_chart_configuration: { scope: { rootPath: ['ROOT_ID'], excluded: [] } },
      chart_configuration: {},
      refresh_frequency: REFRESH_SECONDS,
      timed_refresh_immune_slices: [],
      expanded_slices: {},
      default_filters: '{}',
      color_scheme: '',
      label_colors: {},
      shared_label_colors: [],
    },
  };
}

function dateFilter(id: string): JsonObject {
  return {
    id,
    name: 'Date',
    type: 'NATIVE_FILTER',
    filterType: 'filter_time',
    description: 'The days that all tiles are of.',
    targets: [{}],
    controlValues: { enableEmptyFilter: false },
    defaultDataMask: { extraFormData: {}, filterState: {}, ownState: {} },
    cascadeParentIds: [],
    scope: { rootPath: ['ROOT_ID'], excluded: [] },
  };
}

function positionOf(title: string, tiles: readonly PlacedTile[]): JsonObject {
  const rows = rowsOf(tiles);
  const rowIds = rows.map((_, index) => `ROW-${index + 1}`);
  const parts: Record<string, Json> = {
    DASHBOARD_VERSION_KEY: 'v2',
    ROOT_ID: { id: 'ROOT_ID', type: 'ROOT', children: ['GRID_ID'] },
    HEADER_ID: { id: 'HEADER_ID', type: 'HEADER', meta: { text: title } },
    GRID_ID: { id: 'GRID_ID', type: 'GRID', parents: ['ROOT_ID'], children: rowIds },
  };
  let chartId = 0;
  for (const [index, row] of rows.entries()) {
    const rowId = `ROW-${index + 1}`;
    const charts = row.map((placed) => chartPart(placed, ++chartId, row.length, rowId));
    for (const part of charts) parts[part.id] = part;
    parts[rowId] = {
      id: rowId,
      type: 'ROW',
      parents: ['ROOT_ID', 'GRID_ID'],
      children: charts.map((part) => part.id),
      meta: { background: 'BACKGROUND_TRANSPARENT' },
    };
  }
  return parts;
}

/** @param chartId  any number that is no other chart's: the import puts Superset's own in its place */
function chartPart(
  { tile, chartUuid }: PlacedTile,
  chartId: number,
  inRow: number,
  rowId: string,
): JsonObject & { readonly id: string } {
  return {
    id: `CHART-${chartId}`,
    type: 'CHART',
    parents: ['ROOT_ID', 'GRID_ID', rowId],
    children: [],
    meta: {
      uuid: chartUuid,
      chartId,
      sliceName: tile.title,
      width: GRID_COLUMNS / inRow,
      height: tile.kind === 'number' ? NUMBER_HEIGHT : WIDE_HEIGHT,
    },
  };
}

/** Neighbours of a kind beside each other: up to four numbers, or two of any other; each row is filled. */
function rowsOf(tiles: readonly PlacedTile[]): readonly (readonly PlacedTile[])[] {
  const rows: PlacedTile[][] = [];
  for (const placed of tiles) {
    const row = rows.at(-1);
    const isNumber = placed.tile.kind === 'number';
    const fits = isNumber ? NUMBERS_IN_ROW : WIDE_IN_ROW;
    if (row !== undefined && row.length < fits && (row[0]?.tile.kind === 'number') === isNumber) row.push(placed);
    else rows.push([placed]);
  }
  return rows;
}
