import type { Plan } from './plan.ts';

/** What the API's questions about a report take besides its dimensions, whose names must be others: all go by one address. */
export const ROWS_PARAMETERS = [
  'from',
  'to',
  'search',
  'sort',
  'limit',
  'offset',
  'format',
  'extent',
  'frame',
] as const;
export const TOTALS_PARAMETERS = [
  'from',
  'to',
  'search',
  'sort',
  'limit',
  'offset',
  'format',
  'by',
  'measure',
  'trend',
] as const;
export const RECORDS_PARAMETERS = ['limit', 'offset'] as const;

/** The schema of PostgreSQL that has the reports' tables: what dashboards and other readers are shown. */
export const REPORTS_SCHEMA = 'daily_report';

/** The topics that Daybook has for itself, beside those of the stream and of the reports. */
export const OWN_TOPICS = ['quarantine', 'frames', 'days'] as const;

export function ownTopic({ name }: { readonly name: string }, topic: (typeof OWN_TOPICS)[number]): string {
  return `${name}_${topic}`;
}

/** The topic that says how many records each day has, by which one knows which days must be computed again. */
export function daysTopic({ stream }: Plan): string {
  return ownTopic(stream, 'days');
}
