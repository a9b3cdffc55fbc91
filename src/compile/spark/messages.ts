import type { FieldPlan, Plan } from '../../plan/plan.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { Aggregates, ReportScope } from './measures.ts';
import { measureText, numberText, recordCount } from './measures.ts';
import { AT } from './records.ts';
import { pattern, quotedName, quotedText } from './sql.ts';

export const FRAME = quotedName('#frame');
/** The business day once more, as a column without a watermark: groups by it are kept for ever. */
export const DAY = quotedName('#day');

/** Part of a JSON text: SQL, or text as it stands. */
type Part = { readonly sql: string } | string;

/**
 * A report's row as a message, null when no record of the group counts in the report.
 * @param frame  the row's frame in JSON; undefined: the row's text ends before it, and with it
 */
export function rowMessage(
  scope: ReportScope,
  texts: DimensionTexts,
  aggregates: Aggregates,
  frame: string | undefined,
): string {
  const { report, counts } = scope;
  const dimensions = report.dimensions.map((field) => member(field.name, texts.of(field)));
  const measures = report.measures.map((measure) => member(measure.name, measureText(measure, scope, aggregates)));
  const row = [...dimensions, ...measures, frame === undefined ? [`"frame":`] : member('frame', frame)];
  const value = frame === undefined ? joined(membersOf(row)) : object(row);
  const message = messageSql(report.name, object(dimensions), value);
  if (counts === undefined) return message;
  return `CASE WHEN ${aggregates.column(recordCount(scope))} > 0 THEN ${message} END`;
}

/** What is counted of a group of records: of a day those that came (`seen`) or that its rows have (`kept`), or all. */
export function countMessage(plan: Plan, of: 'seen' | 'kept' | 'all', records: string): string {
  const day = of === 'all' ? [] : [member(plan.stream.businessDate.name, DAY_TEXT)];
  const key = [...day, member('of', `'"${of}"'`)];
  const value = [
    ...key,
    member('records', `CAST(${records} AS STRING)`),
    member('query', quotedText(`"${plan.fingerprint}"`)),
    member('frame', FRAME),
  ];
  return messageSql(daysTopic(plan), object(key), object(value), of === 'all' ? records : undefined);
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

/** The columns of the dimensions' texts in JSON by kind, in which a column has a place. */
const TEXTS = { text: quotedName('#texts'), number: quotedName('#floats') } as const;
const DAY_TEXT = quotedName('#day#text');

/** How a group's row has its dimensions in JSON, which keys and values both need. */
export class DimensionTexts {
  readonly #byKind: Readonly<Record<keyof typeof TEXTS, readonly FieldPlan[]>>;
  readonly #others: readonly FieldPlan[];
  readonly #day: FieldPlan;

  /** @param fields  that any report groups by, besides the business day */
  constructor(fields: readonly FieldPlan[], { stream }: Plan) {
    this.#byKind = {
      text: fields.filter(({ kind }) => kind === 'text'),
      number: fields.filter(({ kind }) => kind === 'number'),
    };
    this.#others = fields.filter(({ kind }) => kind !== 'text' && kind !== 'number');
    this.#day = stream.businessDate;
  }

  /** The text of a dimension, as SQL over the columns of `selected`; `null` for a null. */
  of(field: FieldPlan): string {
    if (field === this.#day) return DAY_TEXT;
    const { kind } = field;
    if (kind !== 'text' && kind !== 'number') return textColumn(field);
    return `${TEXTS[kind]}[${this.#byKind[kind].indexOf(field)}]`;
  }

  /** As a query of groups selects them. What is long to say is said once for all columns of a kind. */
  selected(): readonly string[] {
    const list = (kind: keyof typeof TEXTS, text: string): readonly string[] => {
      const columns = this.#byKind[kind].map(({ name }) => quotedName(name));
      if (columns.length === 0) return [];
      const texts = `transform(array(${columns.join(', ')}), value -> ${orNull('value', text)})`;
      return [`${texts} AS ${TEXTS[kind]}`];
    };
    return [
      `${dayText(`coalesce(${AT}, ${DAY})`)} AS ${DAY_TEXT}`,
      ...list('text', stringText('value')),
      ...list('number', numberText('value', { kind: 'number' })),
      ...this.#others.map((field) => {
        const value = quotedName(field.name);
        const text = field.kind === 'date' ? dayText(value) : numberText(value, field);
        return `${orNull(value, text)} AS ${textColumn(field)}`;
      }),
    ];
  }
}

function textColumn({ name }: FieldPlan): string {
  return quotedName(`#${name}#text`);
}

function orNull(value: string, text: string): string {
  return `CASE WHEN ${value} IS NULL THEN 'null' ELSE ${text} END`;
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
