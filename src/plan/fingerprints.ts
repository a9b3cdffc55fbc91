import type { Plan, ReportPlan, StreamPlan } from './plan.ts';

/** Of what the state depends on; titles and the dashboard do not count. */
export function stateFingerprint({ stream, reports }: Pick<Plan, 'stream' | 'reports'>): string {
  return hashOf([stream, reports.map(({ title: _, ...rest }) => rest)]);
}

/**
 * Of what decides which rows a report has of the same records, whatever stands in them. Where it stays the same, a report that is
 * computed anew has each row that was there before.
 */
export function rowsFingerprint(stream: StreamPlan, { dimensions, where }: ReportPlan): string {
  const { timeZone, businessDayEndsAtHour, fields, primaryKey, eventTime, businessDate } = stream;
  return hashOf([
    [timeZone, businessDayEndsAtHour, primaryKey.name, eventTime.name, businessDate.name],
    fields.map(({ index: _, ...rest }) => rest),
    dimensions.map(({ name }) => name),
    where.map(({ field, test, values }) => [field.name, test, values]),
  ]);
}

/** FNV-1a over the text. */
function hashOf(what: readonly unknown[]): string {
  const text = JSON.stringify(what);
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
