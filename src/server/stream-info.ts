import { columnText, exactRange } from '../plan/ranges.ts';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import type { FieldInfo, StreamInfo } from './protocol.ts';

/** What the API says of a stream. */
export function streamInfo(stream: StreamPlan): StreamInfo {
  return {
    name: stream.name,
    timeZone: stream.timeZone,
    currency: stream.currency,
    businessDate: stream.businessDate.name,
    businessDayEndsAtHour: stream.businessDayEndsAtHour,
    latenessDays: stream.latenessDays,
    primaryKey: stream.primaryKey.name,
    eventTime: stream.eventTime.name,
    fields: stream.fields.map(({ name }) => name),
    schema: stream.fields.map(fieldInfo),
  };
}

function fieldInfo(field: FieldPlan): FieldInfo {
  const { name, kind, nullable, quoted, min, max, maxLength } = field;
  const { low, high } = exactRange(field);
  const bound = (value: number, own: number): number | null =>
    value === own ? null : Number(columnText(field, value));
  return { name, kind, nullable, quoted, min: bound(min, low), max: bound(max, high), maxLength };
}
