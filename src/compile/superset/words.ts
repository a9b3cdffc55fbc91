import { present } from '../../base/assert.ts';
import { conditionText, measureOf, measureText } from '../../plan/computations.ts';
import type { ColumnPlan, Plan, ReportPlan } from '../../plan/plan.ts';

export type Tile = Plan['dashboard']['tiles'][number];

/** `sub_category` is `Sub category`. */
function heading(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What a column is called: as on the built-in dashboard, a measure as the number tile of its report that shows it, or else
 * as that of one that computes the same of the same records.
 */
export function columnLabel(plan: Plan, report: ReportPlan, { name, role }: ColumnPlan): string {
  if (role === 'dimension') return name === plan.stream.businessDate.name ? 'Date' : heading(name);
  const numbers = plan.dashboard.tiles.filter(({ kind }) => kind === 'number');
  const wanted = computed(plan, report.name, name);
  const shown =
    numbers.find((tile) => tile.report === report.name && tile.measure === name) ??
    numbers.find((tile) => computed(plan, tile.report, tile.measure) === wanted);
  return shown?.title ?? heading(name.replace(/^daily_/, ''));
}

/** Equal for measures that are the same. */
function computed({ reports }: Plan, reportName: string, measureName: string): string {
  const report = present(
    reports.find(({ name }) => name === reportName),
    'a tile is of a report',
  );
  return JSON.stringify([measureText(measureOf(report, measureName), report), conditionText(report)]);
}

/** A name for addresses: `Daily report` is `daily-report`. */
export function slugOf(title: string): string {
  const slug = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'daybook' : slug;
}
