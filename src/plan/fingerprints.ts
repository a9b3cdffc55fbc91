import type { Plan, ReportPlan, StreamPlan } from './plan.ts';

/** Of what the state depends on; titles and the dashboard do not count. */
export function stateFingerprint({ stream, reports }: Pick<Plan, 'stream' | 'reports'>): string {
  return hashOf([stream, reports.map(({ title: _, ...rest }) => rest)]);
}

/**
 * Of what decides which rows a report has of the same records, whatever stands in them. Where it stays the same, a report that is
 * computed anew has each row that was there before. The order in which fields and conditions are written decides nothing; that of
 * dimensions is the order in a row's key.
 */
export function rowsFingerprint(stream: StreamPlan, { dimensions, where }: ReportPlan): string {
  const conditions = where.map(({ field, test, values }) => {
    const texts = new Set(values.map((value) => JSON.stringify(value)));
    return [field.name, test, ...[...texts].sort()].join('\n');
  });
  return hashOf([
    Object.entries(recordsFacts(stream))
      .map((fact) => fact.join('\n'))
      .sort(),
    dimensions.map(({ name }) => name),
    conditions.sort(),
  ]);
}

/** What decides which records of the same ones a stream takes, and into which day: each by the words that people have for it. */
export function recordsFacts(stream: StreamPlan): Readonly<Record<string, string>> {
  const { timeZone, businessDayEndsAtHour, fields, primaryKey, eventTime, businessDate } = stream;
  return {
    'the time zone': timeZone,
    'the hour at which the business day ends': String(businessDayEndsAtHour),
    'the primary key': primaryKey.name,
    'the event time': eventTime.name,
    'the business date': businessDate.name,
    ...Object.fromEntries(fields.map(({ name, index: _, ...rest }) => [`field '${name}'`, hashOf([rest])])),
  };
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
