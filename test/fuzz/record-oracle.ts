/**
 * What of a line is a record, and which values it has, in the plainest way that there is: `JSON.parse`, then field by
 * field with regular expressions and big integers. It shares no code with `src/`, so that an agreement of the two means
 * something.
 */

/** A field as the oracle is told of it; bounds are in the field's own unit. */
export interface OracleField {
  readonly name: string;
  readonly kind: 'uuid' | 'text' | 'timestamp' | 'date' | 'integer' | 'decimal' | 'number';
  readonly nullable?: boolean;
  readonly quoted?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
}

export interface OracleStream {
  readonly fields: readonly OracleField[];
  readonly primaryKey: string;
  readonly eventTime: string;
  readonly businessDate: string;
  readonly timeZone: string;
  readonly businessDayEndsAtHour: number;
}

/** Texts and dates as texts, UUIDs in lower case, integers as they are, decimals in millionths, floats; null. */
export type OracleValue = string | bigint | number | null;

/** A record's values by field name, the business date among them. */
export interface OracleRecord {
  readonly values: ReadonlyMap<string, OracleValue>;
  readonly businessDate: string;
}

const LINE_BYTES_MAX = 1_048_576;
const LEVELS_MAX = 100;
const TEXT_LENGTH_MAX = 1000;
const EXACT_MAX = 2n ** 53n - 1n;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;

/** The record that a line holds; the reason why it is none, in a word or two. */
export function judge(line: Uint8Array, stream: OracleStream): OracleRecord | string {
  if (line.length > LINE_BYTES_MAX) return 'line too long';
  const members = membersOf(line);
  if (typeof members === 'string') return members;
  const values = new Map<string, OracleValue>();
  for (const field of stream.fields) {
    const value = members[`s${field.name}`];
    if (value === undefined && field.name === stream.businessDate) continue;
    if (value === null && field.name === stream.businessDate) continue;
    const read = valueOf(value, field, stream.timeZone);
    if (read === undefined) return `wrong ${field.name}`;
    values.set(field.name, read);
  }
  const eventDay = eventDayOf(String(values.get(stream.eventTime)), stream);
  if (eventDay === undefined) return `wrong ${stream.eventTime}`;
  const given = values.get(stream.businessDate);
  if (typeof given === 'string') {
    if (Math.abs(Date.parse(given) / MS_PER_DAY - eventDay) > 1) return 'date apart from time';
    return { values, businessDate: given };
  }
  const businessDate = dayText(eventDay);
  if (businessDate === undefined) return 'business date out of the calendar';
  return { values: values.set(stream.businessDate, businessDate), businessDate };
}

/** A day as `YYYY-MM-DD`; undefined when its year has not four digits, or is 0. */
function dayText(day: number): string | undefined {
  const text = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !text.startsWith('0000') ? text : undefined;
}

/**
 * An object's members as texts that begin with what they are: `s` a string (and each member's name), `n` a number as it
 * stands in the JSON, so that none goes through a float. The rest is as `JSON.parse` has it.
 */
function membersOf(line: Uint8Array): Readonly<Record<string, unknown>> | string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return 'not UTF-8';
  }
  try {
    JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (levelsOf(text) > LEVELS_MAX) return 'nested too deep';
  const tagged = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  const parsed = JSON.parse(tagged) as unknown;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not an object';
  return parsed as Readonly<Record<string, unknown>>;
}

/** How deep a JSON text is nested. */
function levelsOf(text: string): number {
  let level = 0;
  let deepest = 0;
  for (const token of text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g) ?? []) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++level);
    if (token === ']' || token === '}') level--;
  }
  return deepest;
}

/** A field's value; undefined when it is none. */
function valueOf(value: unknown, field: OracleField, timeZone: string): OracleValue | undefined {
  if (value === null) return field.nullable ? null : undefined;
  if (typeof value !== 'string') return undefined;
  const isNumber = value.startsWith('n');
  const text = value.slice(1);
  switch (field.kind) {
    case 'uuid':
      return !isNumber && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
    case 'text': {
      // A lone surrogate cannot be written as UTF-8 and read again.
      const kept = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
      return !isNumber && kept === text && Array.from(text).length <= (field.maxLength ?? TEXT_LENGTH_MAX)
        ? text
        : undefined;
    }
    case 'timestamp':
      return !isNumber && localMs(text, timeZone) !== undefined ? text : undefined;
    case 'date':
      return !isNumber && /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? text : undefined;
    case 'integer':
    case 'decimal':
    case 'number':
      return isNumber || (field.quoted && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text))
        ? numberOf(text, field)
        : undefined;
  }
}

function numberOf(text: string, field: OracleField): OracleValue | undefined {
  if (field.kind === 'number') {
    const number = Number(text);
    const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = field;
    return number >= min && number <= max ? number + 0 : undefined;
  }
  const unit = field.kind === 'decimal' ? 6 : 0;
  const scaled = scaledOf(text, unit, field.kind === 'integer');
  if (scaled === undefined) return undefined;
  const min = field.min === undefined ? -EXACT_MAX : BigInt(field.min) * 10n ** BigInt(unit);
  const max = field.max === undefined ? EXACT_MAX : BigInt(field.max) * 10n ** BigInt(unit);
  return scaled >= min && scaled <= max ? scaled : undefined;
}

/** A number times 10^places, rounded half-even; undefined when it must be whole and is not, or is beyond all bounds. */
function scaledOf(text: string, places: number, mustBeWhole: boolean): bigint | undefined {
  const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  // Without zeros at either end the digits say by themselves how large the number is, and whether it is whole.
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return 0n;
  const exponent = Number(exponentText) - fraction.length + (significant.length - digits.length) + places;
  if (digits.length + exponent > 30) return undefined;
  if (mustBeWhole && exponent < 0) return undefined;
  let value = 0n;
  if (exponent >= 0) value = BigInt(digits) * 10n ** BigInt(exponent);
  else if (digits.length + exponent >= 0) {
    const divisor = 10n ** BigInt(-exponent);
    const twice = BigInt(digits) * 2n;
    value = twice / divisor / 2n;
    const rest = twice - value * 2n * divisor;
    if (rest > divisor || (rest === divisor && value % 2n === 1n)) value += 1n;
  }
  return negative ? -value : value;
}

function isDay(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  return !text.startsWith('0000') && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}

/** A moment's wall time as if it were UTC, and its offset in ms where it has one. */
function wallTime(text: string): { readonly wallMs: number; readonly offsetMs: number | undefined } | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?(.*)$/s.exec(text);
  if (match === null || !isDay(match[1] ?? '')) return undefined;
  const wallMs = Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`);
  const zoneText = match[5] ?? '';
  if (zoneText === '') return { wallMs, offsetMs: undefined };
  if (zoneText === 'Z' || zoneText === 'z') return { wallMs, offsetMs: 0 };
  const offset = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/.exec(zoneText);
  if (offset === null) return undefined;
  const minutes = Number(offset[2]) * 60 + Number(offset[3]);
  return { wallMs, offsetMs: (offset[1] === '-' ? -minutes : minutes) * 60_000 };
}

/** What the clock on the wall shows at a moment, as if it were UTC; undefined when that is no year of the calendar. */
function localMs(text: string, timeZone: string): number | undefined {
  const time = wallTime(text);
  if (time?.offsetMs === undefined) return time?.wallMs;
  const epochMs = time.wallMs - time.offsetMs;
  const wallMs = epochMs + zoneOffsetMs(epochMs, timeZone);
  return dayText(Math.floor(wallMs / MS_PER_DAY)) === undefined ? undefined : wallMs;
}

/** The business day of a moment, in days since 1970. */
function eventDayOf(text: string, { timeZone, businessDayEndsAtHour }: OracleStream): number | undefined {
  const wallMs = localMs(text, timeZone);
  return wallMs === undefined ? undefined : Math.floor((wallMs - businessDayEndsAtHour * MS_PER_HOUR) / MS_PER_DAY);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clock is ahead of UTC at an instant, as its long name says: `GMT-05:00`, `GMT-04:56:02`, `GMT`. */
function zoneOffsetMs(epochMs: number, timeZone: string): number {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const name = format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
  if (match === null) throw new Error(`${timeZone} has the offset ${name}`);
  const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -seconds : seconds) * 1000;
}
