import { present } from '../../base/assert.ts';
import type { Plan, ReportPlan } from '../../plan/plan.ts';
import { chart } from './charts.ts';
import type { PlacedTile } from './dashboard.ts';
import { dashboardFile } from './dashboard.ts';
import { dataset } from './dataset.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Tile } from './words.ts';
import { slugOf } from './words.ts';

/**
 * The database's UUID is the one that dashboards exported from the old pipeline refer to, so that they find it here.
 */
export const DATABASE_UUID = 'fa8eec12-c4df-4027-bef8-1ae64ac47c6e';
/** The namespace of all other UUIDs. Never to be changed: what was imported before would be there twice. */
export const SUPERSET_NAMESPACE = '0d7c4f1e-92b5-4a53-8a6e-3b1f7c9d2e60';

/** A file of the bundle; its content is JSON, and so YAML. */
export interface SupersetFile {
  /** With slashes, below the bundle's one folder. */
  readonly path: string;
  readonly content: JsonObject;
}

export interface SupersetOptions {
  /** Where Superset finds the reports' tables; no password in it. */
  readonly databaseUri: string;
  /** The schema of the reports' tables. */
  readonly schema: string;
  /** A name's UUID, the same for the same name: version 5 in `SUPERSET_NAMESPACE`. */
  readonly uuidOf: (name: string) => string;
}

/** The file that names the connection, for which an import is given its password. */
export const DATABASE_FILE = 'databases/daybook.yaml';

/**
 * Compiles a plan to the files of an assets bundle for Superset 6.1: the database, a dataset a report, a chart a tile, and
 * the dashboard. UUIDs are made from what a part is, not from its title, so another import changes parts and adds none.
 * Source: superset/commands/importers/v1/assets.py.
 */
export function supersetBundle(plan: Plan, options: SupersetOptions): readonly SupersetFile[] {
  const { databaseUri, schema, uuidOf } = options;
  const datasetUuid = (report: ReportPlan): string => uuidOf(`dataset ${report.name}`);
  const tiles = placed(plan.dashboard.tiles, uuidOf);
  return [
    // Its time must be some; the bundle's bytes are the same each time.
    { path: 'metadata.yaml', content: { version: '1.0.0', type: 'assets', timestamp: '2026-01-01T00:00:00+00:00' } },
    { path: DATABASE_FILE, content: databaseFile(databaseUri) },
    ...plan.reports.map((report) => ({
      path: `datasets/daybook/${report.name}.yaml`,
      content: dataset(plan, report, { uuid: datasetUuid(report), databaseUuid: DATABASE_UUID, schema }),
    })),
    ...tiles.map(({ tile, chartUuid }, index) => {
      const report = present(
        plan.reports.find((each) => each.name === tile.report),
        'a tile is of a report',
      );
      return {
        path: `charts/${index + 1}-${slugOf(tile.title)}.yaml`,
        content: chart(plan, report, tile, { uuid: chartUuid, datasetUuid: datasetUuid(report) }),
      };
    }),
    {
      path: `dashboards/${slugOf(plan.dashboard.title)}.yaml`,
      content: dashboardFile(plan.dashboard, tiles, {
        uuid: uuidOf('dashboard'),
        filterId: `NATIVE_FILTER-${uuidOf('date filter')}`,
      }),
    },
  ];
}

function databaseFile(uri: string): JsonObject {
  return {
    version: '1.0.0',
    uuid: DATABASE_UUID,
    database_name: 'Daybook',
    sqlalchemy_uri: uri,
    expose_in_sqllab: true,
    allow_run_async: false,
    allow_ctas: false,
    allow_cvas: false,
    allow_dml: false,
    allow_csv_upload: false,
    extra: {},
  };
}

/** Tiles with the UUIDs of their charts; the second tile of one measure and kind is another chart. */
function placed(tiles: readonly Tile[], uuidOf: (name: string) => string): readonly PlacedTile[] {
  const counts = new Map<string, number>();
  return tiles.map((tile) => {
    const axis = 'x' in tile ? ` ${tile.x} ${tile.series ?? ''}` : '';
    const name = `chart ${tile.kind} ${tile.report} ${tile.measure}${axis}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return { tile, chartUuid: uuidOf(count === 1 ? name : `${name} ${count}`) };
  });
}
