import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../../daybook.config.ts';
import { randomReports } from '../../../test/sales/random-reports.ts';
import { present } from '../../base/assert.ts';
import type { Tile } from '../../definition/dashboard.ts';
import type { Definition } from '../../definition/daybook.ts';
import { sum } from '../../definition/measures.ts';
import type { Report } from '../../definition/report.ts';
import { defineReport } from '../../definition/report.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { SupersetFile } from './superset.ts';
import { DATABASE_UUID, supersetBundle } from './superset.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Any function of the name will do here. */
const uuidOf = (name: string): string =>
  hash('sha1', name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

function bundleOf(definition: Definition): readonly SupersetFile[] {
  const databaseUri = 'postgresql+psycopg2://superset@postgres:5432/daybook';
  return supersetBundle(makePlan(definition), { databaseUri, schema: 'daily_report', uuidOf });
}

function filesIn(files: readonly SupersetFile[], folder: string): readonly SupersetFile[] {
  return files.filter(({ path }) => path.startsWith(`${folder}/`));
}

function uuidsOf(files: readonly SupersetFile[]): readonly string[] {
  return files.map(({ content }) => content['uuid']).filter((uuid) => typeof uuid === 'string');
}

function dashboardOf(files: readonly SupersetFile[]): SupersetFile['content'] {
  return present(filesIn(files, 'dashboards')[0], 'a bundle has a dashboard').content;
}

/** Reports with a tile of each kind and measure that they allow. */
function definitions(): fc.Arbitrary<Definition> {
  return randomReports(dailyRecords).map((reports) => ({
    ...daybook,
    reports,
    dashboard: { title: 'Tiles of any kind: ½', tiles: reports.flatMap(tilesOf) },
  }));
}

function tilesOf(report: Report): readonly Tile[] {
  return Object.entries(report.measures).flatMap(([measure, { kind }]): readonly Tile[] => {
    const isSum = kind === 'sum' || kind === 'count';
    const shown = { title: measure, report: report.name, measure };
    return [
      ...(isSum || report.dimensions.length === 1 ? [{ kind: 'number', ...shown, format: 'money' } as const] : []),
      ...(isSum ? axisTiles(report, measure) : []),
      { kind: 'table', ...shown, format: 'count' },
      { kind: 'table', ...shown, format: 'money' },
    ];
  });
}

function axisTiles({ name, dimensions }: Report, measure: string): readonly Tile[] {
  const [x = '', series] = dimensions;
  const axes = { title: measure, report: name, measure, format: 'count', x, series: series ?? null } as const;
  return [
    { kind: 'line', ...axes },
    { kind: 'bar', ...axes },
    { kind: 'bar', ...axes, series: null },
  ];
}

describe('the bundle for Superset', () => {
  it('is the furniture store’s, as it was looked over', async () => {
    await expect(`${JSON.stringify(bundleOf(daybook), null, 2)}\n`).toMatchFileSnapshot(
      './furniture-store.golden.json',
    );
  });

  it('gives each part a UUID of its own, and each reference one that is there', () => {
    fc.assert(
      fc.property(definitions(), (definition) => {
        const files = bundleOf(definition);
        const uuids = uuidsOf(files);
        expect(new Set(uuids).size).toBe(uuids.length);
        for (const uuid of uuids) expect(uuid).toMatch(UUID);
        const datasets = uuidsOf(filesIn(files, 'datasets'));
        for (const { content } of filesIn(files, 'datasets')) expect(content['database_uuid']).toBe(DATABASE_UUID);
        for (const { content } of filesIn(files, 'charts')) expect(datasets).toContain(content['dataset_uuid']);
        const dashboard = JSON.stringify(dashboardOf(files));
        for (const uuid of uuidsOf(filesIn(files, 'charts'))) expect(dashboard).toContain(`"uuid":"${uuid}"`);
        const paths = files.map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });

  it('keeps the UUIDs when titles and the order of tiles change, so that an import changes what is there', () => {
    const { title, tiles } = daybook.dashboard;
    const changed = {
      ...daybook,
      dashboard: {
        title: `New ${title}`,
        tiles: tiles.map((tile) => ({ ...tile, title: `New ${tile.title}` })).toReversed(),
      },
    };
    expect(new Set(uuidsOf(bundleOf(changed)))).toEqual(new Set(uuidsOf(bundleOf(daybook))));
  });

  it('fills each row of the dashboard', () => {
    fc.assert(
      fc.property(definitions(), (definition) => {
        const { position } = dashboardOf(bundleOf(definition)) as unknown as {
          position: Record<string, { type?: string; children?: readonly string[]; meta?: { width?: number } }>;
        };
        for (const row of Object.values(position).filter(({ type }) => type === 'ROW')) {
          const widths = row.children?.map((id) => position[id]?.meta?.width ?? 0) ?? [];
          expect(widths.reduce((sum, width) => sum + width, 0)).toBe(12);
          for (const width of widths) expect(Number.isInteger(width)).toBe(true);
        }
      }),
    );
  });

  it('calls a measure by the number tile of its own report, or of one that computes the same, and by no other', () => {
    const dimensions = ['ts_date'] as const;
    const total = (name: string, field: 'revenue' | 'profit', where?: { readonly category: string }): Report =>
      defineReport(dailyRecords, { name, dimensions, measures: { total: sum(field) }, ...(where && { where }) });
    const gross = total('gross', 'revenue');
    const net = total('net', 'profit');
    const alike = defineReport(dailyRecords, {
      name: 'net_by_shop',
      dimensions: ['ts_date', 'category'],
      measures: { takings: sum('profit') },
    });
    const reports = [gross, net, alike, total('net_of_chairs', 'profit', { category: 'Chairs' })];
    const tiles: readonly Tile[] = [
      { kind: 'number', report: 'gross', measure: 'total', title: 'Revenue', format: 'money' },
      { kind: 'number', report: 'net', measure: 'total', title: 'Net revenue', format: 'money' },
    ];
    const files = bundleOf({ ...daybook, reports, dashboard: { title: 'Sales', tiles } });
    const labels = filesIn(files, 'datasets').map(({ content }) => {
      const { metrics } = content as unknown as { readonly metrics: readonly { readonly verbose_name: string }[] };
      return metrics.map((metric) => metric.verbose_name);
    });
    expect(labels).toEqual([['Revenue'], ['Net revenue'], ['Net revenue'], ['Total']]);
  });

  it('holds no password', () => {
    expect(JSON.stringify(bundleOf(daybook))).not.toMatch(/password/i);
  });
});
