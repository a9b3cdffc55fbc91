import type { FieldPlan, Plan } from '../../plan/plan.ts';
import type { Aggregates, ReportScope } from './measures.ts';
import { measureText, numberText, recordCount } from './measures.ts';
import { AT } from './records.ts';
import { pattern, quotedName, quotedText } from './sql.ts';

export const FRAME = quotedName('#frame');
/** The business day once more, as a column without a watermark: groups by it are kept for ever. */
export const DAY = quotedName('#day');

/** Part of a JSON text: SQL, or text as it stands. */
type Part = { readonly sql: string } | string;

/** The topic of the counts by which one knows which days must be computed again. */
export function countsTopic({ stream }: Plan): string {
  return `${stream.name}_days`;
}

/**
 * A report's row as a message, null when no record of the group counts in the report.
 * @param frame  the row's frame in JSON; undefined: the row's text ends before it, and with it
 */
export function rowMessage(scope: ReportScope, plan: Plan, aggregates: Aggregates, frame: string | undefined): string {
  const { report, counts } = scope;
  const dimensions = report.dimensions.map((field) => member(field.name, dimensionText(field, plan)));
  const measures = report.measures.map((measure) => member(measure.name, measureText(measure, scope, aggregates)));
  const row = [...dimensions, ...measures, frame === undefined ? [`"frame":`] : member('frame', frame)];
  const value = frame === undefined ? joined(membersOf(row)) : object(row);
  const message = messageSql(report.name, object(dimensions), value);
  if (counts === undefined) return message;
  return `CASE WHEN ${aggregates.column(recordCount(scope))} > 0 THEN ${message} END`;
}

/** What is counted of a group of records: of a day those that came (`seen`) or that its rows have (`kept`), or all. */
export function countMessage(plan: Plan, of: 'seen' | 'kept' | 'all', records: string): string {
  const day = of === 'all' ? [] : [member(plan.stream.businessDate.name, dayText(of === 'seen' ? DAY : AT))];
  const key = [...day, member('of', `'"${of}"'`)];
  const value = [
    ...key,
    member('records', `CAST(${records} AS STRING)`),
    member('query', quotedText(`"${plan.fingerprint}"`)),
    member('frame', FRAME),
  ];
  return messageSql(countsTopic(plan), object(key), object(value), of === 'all' ? records : undefined);
}

/** @param accepted  how many records there are; only the message that counts all says so */
function messageSql(topic: string, key: string, value: string, accepted = 'CAST(NULL AS BIGINT)'): string {
  return `struct(${quotedText(topic)} AS topic, ${key} AS key, ${value} AS value, ${accepted} AS accepted)`;
}

function member(name: string, sql: string): readonly Part[] {
  return [`${JSON.stringify(name)}:`, { sql }];
}

function object(members: readonly (readonly Part[])[]): string {
  return joined([...membersOf(members), '}']);
}

function membersOf(members: readonly (readonly Part[])[]): readonly Part[] {
  return members.flatMap((each, index): readonly Part[] => [index === 0 ? '{' : ',', ...each]);
}

function joined(parts: readonly Part[]): string {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (typeof part === 'string' && typeof last === 'string') merged.splice(-1, 1, last + part);
    else merged.push(part);
  }
  return `concat(${merged.map((part) => (typeof part === 'string' ? quotedText(part) : part.sql)).join(', ')})`;
}

function dimensionText(field: FieldPlan, plan: Plan): string {
  if (field === plan.stream.businessDate) return dayText(AT);
  const value = quotedName(field.name);
  const text =
    field.kind === 'text' ? stringText(value) : field.kind === 'date' ? dayText(value) : numberText(value, field);
  return field.nullable ? `coalesce(${text}, 'null')` : text;
}

function dayText(day: string): string {
  return `concat('"', CAST(CAST(${day} AS DATE) AS STRING), '"')`;
}

/** A text in JSON, as `JSON.stringify` writes it. */
function stringText(value: string): string {
  const quoted = `replace(replace(${value}, '\\\\', '\\\\\\\\'), '"', '\\\\"')`;
  const escaped = `aggregate(
          sequence(0, 31),
          ${quoted},
          (text, unit) -> replace(text, chr(unit), CASE unit
            WHEN 8 THEN '\\\\b' WHEN 9 THEN '\\\\t' WHEN 10 THEN '\\\\n' WHEN 12 THEN '\\\\f' WHEN 13 THEN '\\\\r'
            ELSE concat('\\\\u00', lower(lpad(hex(unit), 2, '0')))
          END)
        )`;
  return `concat('"', CASE WHEN ${value} RLIKE ${pattern('[\\x00-\\x1F]')} THEN ${escaped} ELSE ${quoted} END, '"')`;
}
