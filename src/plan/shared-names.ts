import type { Plan } from './plan.ts';

/** The schema of PostgreSQL that has the reports' tables: what dashboards and other readers are shown. */
export const REPORTS_SCHEMA = 'daily_report';

/** The topic that says how many records each day has, by which one knows which days must be computed again. */
export function daysTopic({ stream }: Plan): string {
  return `${stream.name}_days`;
}
