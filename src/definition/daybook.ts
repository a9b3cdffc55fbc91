import type { Dashboard } from './dashboard.ts';
import type { Report } from './report.ts';
import type { Schedule } from './schedules.ts';
import type { Stream } from './stream.ts';

/** All that drives a Daybook: a stream, its reports, and the page that shows them. */
export interface Definition {
  readonly stream: Stream;
  readonly reports: readonly Report[];
  readonly dashboard: Dashboard;
  /** What `daybook start` does by itself, day by day; nothing unless told. */
  readonly schedules?: readonly Schedule[];
}

/** Puts a stream, its reports and their dashboard together: what `daybook.config.ts` exports as `daybook`. */
export function defineDaybook(definition: Definition): Definition {
  return definition;
}
