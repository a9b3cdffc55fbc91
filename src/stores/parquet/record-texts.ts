import type { Zone } from '../../base/calendar.ts';
import { businessDayAt, formatDay, formatLocalTime, parseDay, parseTimestamp } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import { keepNumberText, NumberText } from '../../base/number-text.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';

/** An accepted record's values by field index, as text: numbers with their own digits, moments in the store's time zone. */
export type RecordTexts = readonly (string | null)[];

/**
 * Reads an accepted record.
 * @throws DaybookError `EXPORT_UNREADABLE_RECORD`: the line is no record of this stream, so the log or the plan is wrong
 */
export function readTexts(line: string, stream: StreamPlan, local: Zone): RecordTexts {
  const members = parse(line, stream, keepNumberText);
  return stream.fields.map((field) => {
    const value = members[field.name] ?? null;
    if (field.index === stream.businessDate.index) return formatDay(businessDay(members, stream, local));
    if (value === null) return null;
    if (value instanceof NumberText) return value.text;
    if (typeof value !== 'string') throw unreadable(line, field, 'is neither text nor number');
    return field.kind === 'timestamp' ? localText(value, field, line, local) : value;
  });
}

/** The business day of an accepted record. @throws DaybookError `EXPORT_UNREADABLE_RECORD` */
export function readBusinessDay(line: string, stream: StreamPlan, local: Zone): string {
  return formatDay(businessDay(parse(line, stream), stream, local));
}

type Members = Readonly<Record<string, unknown>>;

function parse(line: string, stream: StreamPlan, reviver?: typeof keepNumberText): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line, reviver);
  } catch (error) {
    throw unreadable(line, stream.primaryKey, 'is in a line that is no JSON', error);
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed as Members;
  throw unreadable(line, stream.primaryKey, 'is in a line that is no object');
}

/** As given; else the day of the event time, less the hour at which a business day ends. */
function businessDay(members: Members, stream: StreamPlan, local: Zone): number {
  const given = members[stream.businessDate.name] ?? null;
  if (given !== null) {
    const day = typeof given === 'string' ? parseDay(given) : undefined;
    if (day === undefined) throw unreadable(JSON.stringify(members), stream.businessDate, 'is no day');
    return day;
  }
  const moment = members[stream.eventTime.name];
  const time = typeof moment === 'string' ? parseTimestamp(moment, local) : undefined;
  if (time === undefined) throw unreadable(JSON.stringify(members), stream.eventTime, 'is no moment');
  return businessDayAt(time, stream.businessDayEndsAtHour);
}

function localText(value: string, field: FieldPlan, line: string, local: Zone): string {
  const time = parseTimestamp(value, local);
  if (time === undefined) throw unreadable(line, field, 'is no moment');
  const ms = time.msOfDay % 1000;
  return ms === 0 ? formatLocalTime(time) : `${formatLocalTime(time)}.${String(ms).padStart(3, '0')}`;
}

const LINE_SHOWN_MAX = 200;

function unreadable(line: string, field: FieldPlan, fault: string, cause?: unknown): DaybookError {
  const shown = line.length > LINE_SHOWN_MAX ? `${line.slice(0, LINE_SHOWN_MAX)}…` : line;
  return new DaybookError(
    'EXPORT_UNREADABLE_RECORD',
    `Field '${field.name}' ${fault}: ${shown}. The record was accepted under another definition of the stream; ` +
      'export with that one.',
    { details: { field: field.name }, cause },
  );
}
