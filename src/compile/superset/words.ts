import type { ColumnPlan, Plan } from '../../plan/plan.ts';

export type Tile = Plan['dashboard']['tiles'][number];

/** `sub_category` is `Sub category`. */
function heading(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a column is called: as on the built-in dashboard, a measure as the number tile that shows it, if there is one. */
export function columnLabel(plan: Plan, { name, role }: ColumnPlan): string {
  if (role === 'dimension') return name === plan.stream.businessDate.name ? 'Date' : heading(name);
  const shown = plan.dashboard.tiles.find((tile) => tile.kind === 'number' && tile.measure === name);
  return shown?.title ?? heading(name.replace(/^daily_/, ''));
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
