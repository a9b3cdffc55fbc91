import { isUtf8 } from 'node:buffer';
import type { Zone } from '../base/calendar.ts';
import { businessDayAt, FIRST_DAY, formatDay, LAST_DAY, parseDay, parseTimestamp } from '../base/calendar.ts';
import { parseMicros, parseWhole } from '../base/decimal.ts';
import { keepNumberText, NumberText } from '../base/number-text.ts';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import { columnText } from '../plan/ranges.ts';
import type { Refusal } from '../ports/runtime.ts';
import type { JsonFault } from './json-fault.ts';
import { jsonFault } from './json-fault.ts';

/** A record's line may be so long; Kafka's brokers take no longer messages by default. */
export const RECORD_BYTES_MAX = 1_048_576;
/** A limit of our own, so that what is a record does not depend on how much of the stack is left. */
const NESTING_MAX = 100;
const SPACE = 32;
/** So many different refusals are kept to be used again. */
const SHARED_MAX = 1_000;

/** A record's values, by field index: texts as strings, numbers as the scanner keeps them, dates and the event time as days. */
export interface CarefulRecord {
  readonly values: readonly (string | number | null)[];
  readonly businessDay: number;
}

type Read = { readonly value: string | number | null } | { readonly refusal: Refusal };

/**
 * Reads a line as the definition of what is a record says: `JSON.parse`, then field by field. Slow and obvious; the
 * scanner gives the same answers fast, and leaves to this every line that is in any way unusual.
 */
export function readCarefully(line: Uint8Array, stream: StreamPlan, local: Zone): CarefulRecord | Refusal {
  const read = readLine(line, stream, local);
  return 'reason' in read ? shared(read) : read;
}

const sharedRefusals = new Map<string, Refusal>();

/** The same object for refusals that say the same, as they may come by the million. */
function shared(refusal: Refusal): Refusal {
  const known = sharedRefusals.get(refusal.reason);
  if (known !== undefined && known.code === refusal.code && known.field === refusal.field) return known;
  if (sharedRefusals.size === SHARED_MAX) sharedRefusals.clear();
  sharedRefusals.set(refusal.reason, refusal);
  return refusal;
}

function readLine(line: Uint8Array, stream: StreamPlan, local: Zone): CarefulRecord | Refusal {
  if (line.length > RECORD_BYTES_MAX) {
    return refuse('TOO_LONG', undefined, `the record has ${line.length} bytes; at most ${RECORD_BYTES_MAX} are taken`);
  }
  const json = parseJson(line);
  if ('reason' in json) return json;
  const values: (string | number | null)[] = [];
  const faults: Refusal[] = [];
  for (const field of stream.fields) {
    const read = readField(json.members, field, local);
    if ('refusal' in read) faults.push(read.refusal);
    else values[field.index] = read.value;
  }
  const [first] = faults;
  if (first !== undefined) return { ...first, reason: `${reasonOf(faults)}${envelopeHint(json.members, stream)}` };
  const eventDay = businessDayOf(json.members[stream.eventTime.name] as string, stream, local);
  const given = values[stream.businessDate.index] as number | null;
  if (given !== null && Math.abs(given - eventDay) > 1) {
    return refuse(
      'DATE_APART_FROM_TIME',
      stream.businessDate.name,
      `field '${stream.businessDate.name}' is ${formatDay(given)}, more than a day from '${stream.eventTime.name}', ` +
        `whose business day is ${formatDay(eventDay)}`,
    );
  }
  const businessDay = given ?? eventDay;
  if (businessDay < FIRST_DAY || businessDay > LAST_DAY) {
    const { name } = stream.eventTime;
    return refuse('IMPOSSIBLE_DATE', name, `field '${name}' is of a business day outside the years 0001 to 9999`);
  }
  values[stream.businessDate.index] = businessDay;
  return { values, businessDay };
}

/** All that is wrong in one reason, so that nobody has to send a record once for each field to find out. */
function reasonOf(faults: readonly Refusal[]): string {
  const missing = faults.filter(({ code }) => code === 'MISSING_FIELD');
  const reasons = faults
    .filter((fault) => fault.code !== 'MISSING_FIELD' || fault === missing[0])
    .map((fault) => (fault === missing[0] && missing.length > 1 ? missingReason(missing) : fault.reason));
  return reasons.join('; and ');
}

/** What to send instead, where records may be inside of something else: `{"data":[…]}` is one record to us, and none. */
function envelopeHint(members: Readonly<Record<string, unknown>>, { fields }: StreamPlan): string {
  if (fields.some(({ name }) => Object.hasOwn(members, name))) return '';
  const [around] = Object.entries(members).find(([, value]) => isNest(value)) ?? [];
  if (around === undefined) return '';
  const how = 'as a JSON array, as a record a line (NDJSON), or as one record';
  return `; if '${shortened(around)}' holds the records, send those alone: ${how}`;
}

function isNest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof NumberText);
}

function missingReason(missing: readonly Refusal[]): string {
  return `fields ${missing.map(({ field }) => `'${field}'`).join(', ')} are missing`;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson(line: Uint8Array): { readonly members: Readonly<Record<string, unknown>> } | Refusal {
  if (!isUtf8(line)) return refuse('NOT_UNICODE', undefined, 'the line is not UTF-8');
  const text = UTF8.decode(line);
  const fault = jsonFault(text, NESTING_MAX);
  if (fault === 'nested') {
    return refuse('NOT_JSON', undefined, `the record is nested more than ${NESTING_MAX} levels deep`);
  }
  if (fault !== undefined) return refuse('NOT_JSON', undefined, `the line is not JSON: ${faultText(text, fault)}`);
  const parsed = JSON.parse(text, keepNumberText) as unknown;
  if (Array.isArray(parsed)) {
    const reason =
      'a record must be a JSON object, and this is an array; a line holds one record, not an array of them';
    return refuse('NOT_AN_OBJECT', undefined, reason);
  }
  if (!isNest(parsed)) return refuse('NOT_AN_OBJECT', undefined, 'a record must be a JSON object');
  return { members: parsed as Readonly<Record<string, unknown>> };
}

function faultText(text: string, { at, wanted }: JsonFault): string {
  const found = text.codePointAt(at);
  if (found === undefined) return `it ends where ${wanted} should stand`;
  const shownFound = found < SPACE ? `U+${found.toString(16).padStart(4, '0')}` : `'${String.fromCodePoint(found)}'`;
  return `${shownFound} stands at character ${at + 1}, where ${wanted} should`;
}

function readField(members: Readonly<Record<string, unknown>>, field: FieldPlan, local: Zone): Read {
  const value = Object.hasOwn(members, field.name) ? members[field.name] : undefined;
  if (value === undefined || (value === null && field.optional)) {
    return field.optional ? { value: null } : refused('MISSING_FIELD', field, 'is missing');
  }
  if (value === null && field.nullable) return { value: null };
  switch (field.kind) {
    case 'uuid':
      return readUuid(value, field);
    case 'text':
      return readText(value, field);
    case 'timestamp':
      return readMoment(value, field, local);
    case 'date':
      return readDate(value, field);
    case 'integer':
    case 'decimal':
    case 'number':
      return readNumber(value, field);
  }
}

/** Of a value in a reason, in UTF-16 units. */
const SHOWN_MAX = 60;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readUuid(value: unknown, field: FieldPlan): Read {
  if (typeof value !== 'string') return wrongType(value, field, 'a UUID in a string');
  if (UUID.test(value)) return { value: value.toLowerCase() };
  return refused(
    'NOT_A_UUID',
    field,
    `is ${shown(value)}; it must be a UUID such as 0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5`,
  );
}

function readText(value: unknown, field: FieldPlan): Read {
  if (typeof value !== 'string') return wrongType(value, field, 'a string');
  if (!value.isWellFormed())
    return refused('NOT_UNICODE', field, 'holds half a surrogate pair, which is no Unicode text');
  // A code point has one or two UTF-16 units, so most texts need not be counted.
  if (value.length > field.maxLength) {
    const length = Array.from(value).length;
    if (length > field.maxLength) {
      return refused('TOO_LONG', field, `has ${length} characters; at most ${field.maxLength} are taken`);
    }
  }
  return { value };
}

function readMoment(value: unknown, field: FieldPlan, local: Zone): Read {
  if (typeof value !== 'string') return wrongType(value, field, 'a string');
  const moment = parseTimestamp(value, local);
  if (moment !== undefined) return { value: moment.day };
  const wanted = `YYYY-MM-DD HH:MM:SS in ${local.name}, or ISO 8601 with an offset`;
  return refused('IMPOSSIBLE_DATE', field, `is ${shown(value)}; it must be a moment that exists, as ${wanted}`);
}

function readDate(value: unknown, field: FieldPlan): Read {
  if (typeof value !== 'string') return wrongType(value, field, 'a string');
  const day = parseDay(value);
  if (day !== undefined) return { value: day };
  return refused('IMPOSSIBLE_DATE', field, `is ${shown(value)}; it must be a day that exists, as YYYY-MM-DD`);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function readNumber(value: unknown, field: FieldPlan): Read {
  const quoted = field.quoted && typeof value === 'string' && NUMBER.test(value);
  if (!(value instanceof NumberText) && !quoted) return wrongType(value, field, wantedNumber(value, field));
  const text = value instanceof NumberText ? value.text : value;
  const known = readNumberText(text, field);
  if (known !== undefined) return { value: known };
  if (numberOf(text, field) === undefined) {
    return refused('WRONG_TYPE', field, `is ${shown(value)}; it must be a whole number`);
  }
  return refused(
    'NUMBER_OUT_OF_RANGE',
    field,
    `is ${shown(value)}; it must be from ${columnText(field, field.min)} to ${columnText(field, field.max)}`,
  );
}

/** What a number must be, for who wrote one in another way, as in `$1,200.50`. */
function wantedNumber(value: unknown, { kind, quoted }: FieldPlan): string {
  const orQuoted = quoted ? ', or a string holding one' : '';
  if (typeof value !== 'string' || !/\d/.test(value)) return `a number${orQuoted}`;
  if (NUMBER.test(value)) return 'a number, without quotes';
  return `a number such as ${kind === 'integer' ? '12' : '12.5'}, without '$' or thousands' commas${orQuoted}`;
}

/** A number in JSON's own words, as the columns keep it; undefined when the text is none that the field takes. */
export function readNumberText(text: string, field: FieldPlan): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = numberOf(text, field);
  if (number === undefined || !(number >= field.min && number <= field.max)) return undefined;
  return number === 0 ? 0 : number;
}

/** A number as the columns keep it; beyond what is exact it is infinite; undefined: no whole number where one must be. */
function numberOf(text: string, field: FieldPlan): number | undefined {
  if (field.kind === 'number') return Number(text);
  const scaled = field.kind === 'integer' ? parseWhole(text) : parseMicros(text);
  if (scaled === undefined) return undefined;
  const number = Number(scaled);
  return Number.isSafeInteger(number) ? number : Math.sign(number) * Infinity;
}

function businessDayOf(moment: string, stream: StreamPlan, local: Zone): number {
  const time = parseTimestamp(moment, local);
  return time === undefined ? NaN : businessDayAt(time, stream.businessDayEndsAtHour);
}

function wrongType(value: unknown, field: FieldPlan, wanted: string): Read {
  return refused('WRONG_TYPE', field, `is ${shown(value)}; it must be ${wanted}`);
}

/** A value as a reason shows it: JSON, short however long it is. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  return shortened(value instanceof NumberText ? value.text : JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 3)}…`.toWellFormed() : text;
}

function refused(code: Refusal['code'], field: FieldPlan, rest: string): Read {
  return { refusal: refuse(code, field.name, `field '${field.name}' ${rest}`) };
}

function refuse(code: Refusal['code'], field: string | undefined, reason: string): Refusal {
  return field === undefined ? { code, reason } : { code, field, reason };
}
